//! Persons and their membership: home branch, stage, categories, offices, host stays, titles, each valid in time.
//! domain.md §4.1.
mod store;

use crate::db::{Conn, Timestamp};
use crate::error::Result;
use crate::ids::{OrgId, PersonId};
use crate::lang::Message;
use crate::{clock, msg, text_enum};
use chrono::NaiveDate;
pub use store::{
    Card, Member, NewPerson, Person, add, begin_category_row, begin_membership, begin_office,
    begin_stage_row, begin_stay, card, categories_of, categories_today, count_of_branch, counted_on,
    end_category_row, end_membership_row, end_office_row, end_stage_row, end_stay_row, file_within, find,
    find_within, guests_of, join_branch, listed_within, lock, members_on, memberships_of, names, of_branch,
    officers_below, offices_of, rostered, set_birth_year, set_name, set_phone, stages_of, stages_today,
    stays_of,
};

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

impl Office {
    /// The office in words.
    pub fn words(self) -> Message {
        match self {
            Office::Secretary => msg!("书记"),
            Office::Deputy => msg!("副书记"),
            Office::OrgMember => msg!("组织委员"),
            Office::PublicityMember => msg!("宣传委员"),
            Office::DisciplineMember => msg!("纪检委员"),
            Office::GroupLeader => msg!("党小组组长"),
            Office::UnitHead => msg!("单位负责人"),
        }
    }
}

/// Something that is or was valid of a person in `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell<T> {
    /// The key of its row.
    pub id: i64,
    pub what: T,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
}

impl<T> Spell<T> {
    fn of((id, what, from, to): (i64, T, NaiveDate, Option<NaiveDate>)) -> Spell<T> {
        Spell { id, what, from, to }
    }
    /// Whether it has no end yet.
    pub fn is_open(&self) -> bool {
        self.to.is_none()
    }
}

/// The head of a person's file.
#[derive(diesel::Queryable, Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub id: PersonId,
    pub name: String,
    pub phone: Option<String>,
    pub birth_year: Option<i32>,
    pub member_no: String,
    /// The present branch; the last one, where the membership has ended.
    pub branch: OrgId,
    pub branch_name: String,
    pub branch_path: String,
    /// The day on which the membership ended, where it has.
    pub until: Option<NaiveDate>,
}

/// Which members to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The beginning of a name, or a whole member number or telephone; empty is any.
    pub text: String,
    pub stage: Option<Stage>,
    pub category: Option<Category>,
    /// Those whose membership has ended, instead of members of today.
    pub is_former: bool,
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
