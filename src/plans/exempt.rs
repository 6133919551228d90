//! Exemptions: who need not study for a time, proposed by one person of the branch's and decided by another. Until when and why
//! is for those who decide, and for who proposed it until then; the member sees that, until when, and who decided. domain.md §6
//! (Exemptions), product.md rules 4 and 6.
use super::store;
use super::{Hand, Refusal};
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, ExemptionId, PersonId, StudyPlanId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::msg;
use chrono::{Months, NaiveDate};

#[derive(Debug, Clone)]
pub struct Exemption {
    pub id: ExemptionId,
    pub person: PersonId,
    pub name: String,
    pub branch: String,
    /// The plan's title; none: of all plans.
    pub plan: Option<String>,
    pub from: NaiveDate,
    /// The first day on which it holds no more.
    pub to: NaiveDate,
    pub verdict: Option<String>,
    pub ended_on: Option<NaiveDate>,
    pub proposed_by: AccountId,
    pub proposed_at: Timestamp,
    pub decided_by: Option<AccountId>,
}

impl Exemption {
    pub fn is_open(&self) -> bool {
        self.verdict.is_none()
    }
    pub fn is_approved(&self) -> bool {
        self.verdict.as_deref() == Some("approved")
    }
    /// The last day on which it holds, or was to hold.
    pub fn last(&self) -> NaiveDate {
        let end = self.ended_on.unwrap_or(self.to);
        end.pred_opt().unwrap_or(end)
    }
    /// Whether this account, of this person, sees until when and why: whoever decides about others there, and who proposed it as
    /// long as nobody has decided.
    pub fn is_told(&self, (account, person): (AccountId, PersonId), decides: bool) -> bool {
        (decides && self.person != person) || (self.is_open() && self.proposed_by == account)
    }
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.is_approved() && self.from <= day && day <= self.last()
    }
    pub fn words(&self, today: NaiveDate) -> Message {
        match self.verdict.as_deref() {
            None => msg!("等审定"),
            Some("approved") if self.ended_on.is_some() => msg!("已提前结束"),
            Some("approved") if today > self.last() => msg!("已到期"),
            Some("approved") if today < self.from => msg!("尚未开始"),
            Some("approved") => msg!("免学中"),
            Some("refused") => msg!("未同意"),
            Some(_) => msg!("已收回"),
        }
    }
}

/// The last day until which an exemption from `from` may hold.
pub fn longest_until(from: NaiveDate) -> NaiveDate {
    from.checked_add_months(Months::new(12)).unwrap_or(from)
}

/// Proposes that a member need not study, from `from` to `last`.
///
/// # Errors
/// Refused for days in the past or more than a year, and while another one of the same waits.
pub fn propose(
    conn: &mut Conn,
    (person, plan): (PersonId, Option<StudyPlanId>),
    (from, last): (NaiveDate, NaiveDate),
    reason: &str,
    key: &str,
    by: &Hand,
) -> Result<ExemptionId> {
    let to = last.succ_opt().unwrap_or(last);
    if from < clock::day(by.now) || last < from || last > longest_until(from) {
        return Err(Refusal::ExemptDays.into());
    }
    let made = store::insert_exemption(conn, (person, plan), (from, to), reason, (by.account, by.now), key)?;
    let id = made.ok_or(Refusal::ExemptOpen)?;
    by.doer.did_to(conn, Action::ExemptionProposed, person, by.now)?;
    Ok(id)
}

/// Approves or refuses what somebody else proposed; the member is told.
///
/// # Errors
/// Refused to the proposer, and once it is decided.
pub fn decide(conn: &mut Conn, one: &Exemption, is_approved: bool, by: &Hand) -> Result<()> {
    if one.proposed_by == by.account {
        return Err(Refusal::ExemptOwn.into());
    }
    let verdict = if is_approved { "approved" } else { "refused" };
    if !store::settle_exemption(conn, one.id, verdict, by.account, by.now)? {
        return Err(Refusal::ExemptDecided.into());
    }
    by.doer.did_to(conn, Action::ExemptionDecided, one.person, by.now)?;
    if is_approved {
        let title = msg!("支部同意您 {} 至 {} 免学", one.from, one.last());
        tell(conn, one, title, "approved", by)?;
    }
    Ok(())
}

/// The proposer takes it back before it is decided.
///
/// # Errors
/// Refused once it is decided, and to anybody else.
pub fn withdraw(conn: &mut Conn, one: &Exemption, by: &Hand) -> Result<()> {
    if one.proposed_by != by.account
        || !store::settle_exemption(conn, one.id, "withdrawn", by.account, by.now)?
    {
        return Err(Refusal::ExemptDecided.into());
    }
    by.doer.did_to(conn, Action::ExemptionDecided, one.person, by.now)
}

/// Ends one early, from today; the member is told.
///
/// # Errors
/// Refused if it does not hold any more.
pub fn end(conn: &mut Conn, one: &Exemption, by: &Hand) -> Result<()> {
    if !store::end_exemption(conn, one.id, clock::day(by.now), by.account)? {
        return Err(Refusal::ExemptDecided.into());
    }
    by.doer.did_to(conn, Action::ExemptionDecided, one.person, by.now)?;
    tell(conn, one, msg!("您的免学今天起结束"), "ended", by)
}

fn tell(conn: &mut Conn, one: &Exemption, title: Message, what: &str, by: &Hand) -> Result<()> {
    let notice = NewNotice {
        person: one.person,
        kind: inbox::Kind::Record,
        title,
        body: String::new(),
        link: "/me/plans".into(),
        sent_by: Some(by.account),
        key: format!("exemption-{}-{what}", one.id),
    };
    inbox::tell(conn, &[notice], by.now)?;
    Ok(())
}
