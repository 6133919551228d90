//! Micro party schools, the branches they serve, and the alliances they belong to. domain.md §4.1. Their pages are in
//! `directory`, which also knows the lectures.
mod store;

use crate::lang::Message;
use crate::{msg, text_enum};
pub use store::{
    Alliance, AllianceRow, School, SchoolRow, alliance, alliances, alliances_of, count_lecture, of_name,
    primary_alliance, school, schools, schools_near, schools_of,
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
