//! Persons and their membership: home branch, stage, categories, offices, host stays, titles, each valid in time.
//! domain.md §4.1.
mod store;

use crate::db::{Conn, Timestamp};
use crate::error::Result;
use crate::ids::{OrgId, PersonId};
use crate::lang::Message;
use crate::{clock, msg, text_enum};
use chrono::NaiveDate;
pub use store::{Card, NewPerson, Person, add, card, find, find_within, join_branch, listed_within};

text_enum! {
    pub enum Stage {
        Applicant = "applicant",
        Activist = "activist",
        Candidate = "candidate",
        Probationary = "probationary",
        Full = "full",
    }
}

impl Stage {
    pub fn words(self) -> Message {
        match self {
            Stage::Applicant => msg!("入党申请人"),
            Stage::Activist => msg!("入党积极分子"),
            Stage::Candidate => msg!("发展对象"),
            Stage::Probationary => msg!("预备党员"),
            Stage::Full => msg!("正式党员"),
        }
    }
}

text_enum! {
    /// Audience classes; a person may be in several.
    pub enum Category {
        KeyFew = "key_few",
        InService = "in_service",
        RuralCommunity = "rural_community",
        Retired = "retired",
        Mobile = "mobile",
        TwoNew = "two_new",
        Student = "student",
    }
}

impl Category {
    pub fn words(self) -> Message {
        match self {
            Category::KeyFew => msg!("关键少数"),
            Category::InService => msg!("在职"),
            Category::RuralCommunity => msg!("农村社区"),
            Category::Retired => msg!("离退休"),
            Category::Mobile => msg!("流动"),
            Category::TwoNew => msg!("“两新”"),
            Category::Student => msg!("学生"),
        }
    }
}

text_enum! {
    pub enum Office {
        Secretary = "secretary",
        Deputy = "deputy",
        OrgMember = "org_member",
        PublicityMember = "publicity_member",
        DisciplineMember = "discipline_member",
        GroupLeader = "group_leader",
        UnitHead = "unit_head",
    }
}

/// Moves a member's relation to another branch from today: the old membership ends, a new one begins (INV-O4).
pub fn transfer(
    conn: &mut Conn,
    person: PersonId,
    branch: OrgId,
    member_no: &str,
    now: Timestamp,
) -> Result<()> {
    let today = clock::day(now);
    store::end_membership(conn, person, today)?;
    store::join_branch(conn, person, branch, member_no, today)
}

/// Sets the stage from `day` on; the voting right comes with full membership (INV-O5).
pub fn enter_stage(conn: &mut Conn, person: PersonId, stage: Stage, day: NaiveDate) -> Result<()> {
    store::end_stage(conn, person, day)?;
    store::begin_stage(conn, person, stage, stage == Stage::Full, day)
}

/// Puts the person into a category from `day` on; never edits an earlier row (INV-O6).
pub fn enter_category(conn: &mut Conn, person: PersonId, category: Category, day: NaiveDate) -> Result<()> {
    store::begin_category(conn, person, category, day)
}
