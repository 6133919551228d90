//! Micro party schools, the branches they serve, and the alliances they belong to. domain.md §4.1. Their pages are in
//! `directory`, which also knows the lectures.
mod store;

use crate::ids::{OrgId, SchoolId};
use crate::lang::Message;
use crate::{msg, text_enum};
pub use store::{
    Alliance, AllianceRow, School, SchoolRow, Shown, add_alliance, add_school, alliance, alliances,
    alliances_of, alliances_shown, ally, close_school, count_lecture, hosts_any, lock_school, of_name,
    places, primary_alliance, rehost, save_alliance, save_school, school, schools, schools_at, schools_near,
    schools_of, serve, serve_likewise, serve_no_more, served, shown, townships, unserve, used_by,
};

text_enum! {
    pub enum AllianceKind {
        Area = "area",
        Industry = "industry",
    }
}

impl AllianceKind {
    pub fn words(self) -> Message {
        match self {
            AllianceKind::Area => msg!("分区域"),
            AllianceKind::Industry => msg!("分行业"),
        }
    }
}

/// What a school is, as somebody enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchool {
    pub name: String,
    pub host: OrgId,
    pub address: String,
    pub seats: i32,
    pub has_screen: bool,
    pub opening_hours: String,
    pub contact: String,
}

/// What an alliance is, as somebody enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlliance {
    pub name: String,
    pub kind: AllianceKind,
    pub intro: String,
}

/// A school as one finds the way to it.
#[derive(diesel::Queryable, Debug, Clone)]
pub struct Place {
    pub id: SchoolId,
    pub name: String,
    /// Where its host stands in the tree: `/1/7/42/`.
    pub host_path: String,
    pub address: String,
    pub opening_hours: String,
    pub seats: i32,
    pub has_screen: bool,
    pub contact: String,
}

impl Place {
    /// The committee above the host: the township.
    pub fn township(&self) -> Option<OrgId> {
        self.host_path.split('/').nth(2)?.parse().map(OrgId).ok()
    }
}
