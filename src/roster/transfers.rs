//! Transfers of members: the branch that sends proposes, the branch that receives accepts or refuses, and never the same account.
//! They take effect on the day of the acceptance.
use super::members::{leave, shed};
use super::store::{self, Transfer};
use super::{Change, EndReason, Hand, Kind, Refusal, note, tell};
use crate::audit::Action;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{OrgId, PersonId, TransferId};
use crate::lang::Message;
use crate::organization;
use crate::people::{self, Category, NewPerson, Spell, Stage};
use crate::{msg, text_enum};
use chrono::NaiveDate;

text_enum! {
    /// How far a transfer is.
    pub enum State {
        Proposed = "proposed",
        Accepted = "accepted",
        Refused = "refused",
        Withdrawn = "withdrawn",
        /// From outside the city: nobody here sent the member.
        Arrived = "arrived",
    }
}

impl State {
    /// The state in words.
    pub fn words(self) -> Message {
        match self {
            State::Proposed => msg!("等对方接收"),
            State::Accepted => msg!("已接收"),
            State::Refused => msg!("没有接收"),
            State::Withdrawn => msg!("已撤回"),
            State::Arrived => msg!("市外转入"),
        }
    }
}

/// Where a member goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Goal {
    Branch(OrgId),
    /// A place outside the city, as somebody wrote it.
    Outside(String),
}

/// Somebody who comes from outside the city.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrival {
    pub branch: OrgId,
    pub place: String,
    pub name: String,
    pub phone: Option<String>,
    pub birth_year: Option<i32>,
    pub member_no: String,
    pub stage: Stage,
    pub category: Option<Category>,
    pub day: NaiveDate,
}

/// Proposes that a member goes to another branch, or leaves the city. The same form sent again is the same transfer.
///
/// # Errors
/// Refused for the own person, without a membership, to the own branch, and while another transfer is open.
pub(super) fn propose(conn: &mut Conn, person: PersonId, goal: &Goal, hand: &Hand) -> Result<TransferId> {
    if person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    if let Goal::Branch(to) = goal {
        organization::lock(conn, *to)?;
    }
    people::lock(conn, person)?;
    if let Some(id) = store::transfer_of_key(conn, &hand.key)? {
        return Ok(id);
    }
    let open = people::memberships_of(conn, person)?.into_iter().find(Spell::is_open);
    let from = open.ok_or(Refusal::NotMember)?.what.0;
    if *goal == Goal::Branch(from) {
        return Err(Refusal::OwnBranch.into());
    }
    let id = store::insert_transfer(conn, person, from, goal, hand)?.ok_or(Refusal::HasTransfer)?;
    hand.doer.did_to(conn, Action::TransferStep, person, hand.now)?;
    tell(
        conn,
        person,
        (msg!("您的组织关系已提出转接"), "/account"),
        format!("transfer-{id}-proposed"),
        hand,
    )?;
    let receivers = match goal {
        Goal::Branch(to) => organization::find(conn, *to)?.path,
        // Leaving the city is confirmed by the committee over the branch.
        Goal::Outside(_) => above(&organization::find(conn, from)?.path),
    };
    let title = msg!("有一名党员的组织关系等您办理");
    tell_holders(conn, &receivers, title, (id, "waits"), hand)?;
    Ok(id)
}

/// The path of the node above.
pub(super) fn above(path: &str) -> String {
    let inner = path.trim_end_matches('/');
    inner.rsplit_once('/').map_or_else(|| "/".to_owned(), |(above, _)| format!("{above}/"))
}

/// Tells those who keep the roster of the organisation at this path; where nobody does, those of the one above it, and so on.
fn tell_holders(
    conn: &mut Conn,
    path: &str,
    title: Message,
    (id, what): (TransferId, &str),
    hand: &Hand,
) -> Result<()> {
    let mut path = path.to_owned();
    while path != "/" {
        let holders = store::holders_at(conn, &path)?;
        for person in &holders {
            let key = format!("transfer-{id}-{what}-{person}");
            tell(conn, *person, (title.clone(), &format!("/roster/transfers/{id}")), key, hand)?;
        }
        if !holders.is_empty() {
            break;
        }
        path = above(&path);
    }
    Ok(())
}

/// Takes a member in, from today on; or confirms that a member leaves the city.
///
/// # Errors
/// Refused for whoever proposed it or is concerned, and once it is decided.
pub(super) fn accept(conn: &mut Conn, id: TransferId, hand: &Hand) -> Result<()> {
    let transfer = check(conn, id, hand)?;
    if let Some(to) = transfer.to {
        organization::lock(conn, to)?;
    }
    people::lock(conn, transfer.person)?;
    if !store::decide(conn, id, State::Accepted, hand)? {
        return Err(Refusal::NotNow.into());
    }
    let today = hand.today();
    let open = people::memberships_of(conn, transfer.person)?.into_iter().find(Spell::is_open);
    let old = open.filter(|it| Some(it.what.0) == transfer.from).ok_or(Refusal::NotNow)?;
    match transfer.to {
        Some(to) => {
            let offices = [vec![old.what.0], ids_below(conn, old.what.0)?].concat();
            people::transfer(conn, transfer.person, to, &old.what.2, hand.now)?;
            let begun = people::memberships_of(conn, transfer.person)?.into_iter().find(Spell::is_open);
            let change = Change {
                old: Some(old.what.0.to_string()),
                new: Some(to.to_string()),
                ended: Some(old.id),
                begun: begun.map(|row| row.id),
                ..Change::of(Kind::Moved, transfer.person, today)
            };
            note(conn, &change, 0, hand)?;
            shed(conn, transfer.person, (&offices, to), (today, 1), hand)?;
        }
        None => {
            leave(conn, transfer.person, (EndReason::MovedAway, today), hand)?;
        }
    }
    answered(conn, &transfer, msg!("您提出的组织关系转接已经接收"), hand)
}

/// The groups below a branch.
pub(super) fn ids_below(conn: &mut Conn, org: OrgId) -> Result<Vec<OrgId>> {
    Ok(organization::children(conn, org, 0, 1_000)?.into_iter().map(|org| org.id).collect())
}

/// Does not take a member in, with a reason that both sides read.
///
/// # Errors
/// As [`accept`].
pub(super) fn refuse(conn: &mut Conn, id: TransferId, reason: &str, hand: &Hand) -> Result<()> {
    let transfer = check(conn, id, hand)?;
    if !store::decide(conn, id, State::Refused, hand)? {
        return Err(Refusal::NotNow.into());
    }
    store::write_reason(conn, id, reason)?;
    let key = format!("transfer-{id}-refused");
    tell(conn, transfer.person, (msg!("您的组织关系没有转成，还在原来的支部"), "/account"), key, hand)?;
    answered(conn, &transfer, msg!("您提出的组织关系转接没有接收，请看原因"), hand)
}

/// Takes a proposal back.
///
/// # Errors
/// Refused for anybody but the proposer, and once it is decided.
pub(super) fn withdraw(conn: &mut Conn, id: TransferId, hand: &Hand) -> Result<()> {
    let transfer = store::transfer(conn, id)?;
    if transfer.proposed_by != hand.account {
        return Err(Refusal::NotProposer.into());
    }
    if !store::decide(conn, id, State::Withdrawn, hand)? {
        return Err(Refusal::NotNow.into());
    }
    hand.doer.did_to(conn, Action::TransferStep, transfer.person, hand.now)?;
    let key = format!("transfer-{id}-withdrawn");
    tell(conn, transfer.person, (msg!("您的组织关系转接已撤回"), "/account"), key, hand)
}

/// Somebody other than the proposer and the member.
fn check(conn: &mut Conn, id: TransferId, hand: &Hand) -> Result<Transfer> {
    let transfer = store::transfer(conn, id)?;
    if transfer.proposed_by == hand.account {
        return Err(Refusal::SamePerson.into());
    }
    if transfer.person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    Ok(transfer)
}

fn answered(conn: &mut Conn, transfer: &Transfer, title: Message, hand: &Hand) -> Result<()> {
    hand.doer.did_to(conn, Action::TransferStep, transfer.person, hand.now)?;
    let proposer = store::person_of(conn, transfer.proposed_by)?;
    let id = transfer.id;
    tell(conn, proposer, (title, &format!("/roster/transfers/{id}")), format!("transfer-{id}-answer"), hand)
}

/// Takes in somebody who comes from outside the city: a new person at the branch. The same form sent again is the same person.
///
/// # Errors
/// Refused for a day in the future and where somebody else has the member number.
pub(super) fn arrive(conn: &mut Conn, new: &Arrival, hand: &Hand) -> Result<PersonId> {
    hand.check_day(new.day)?;
    organization::lock(conn, new.branch)?;
    if let Some(id) = store::transfer_of_key(conn, &hand.key)? {
        return Ok(store::transfer(conn, id)?.person);
    }
    let since = organization::validity(conn, new.branch)?.0;
    if new.day < since {
        return Err(crate::error::Error::Refused(organization::before(since)));
    }
    let person =
        people::add(conn, &NewPerson { name: &new.name, phone: new.phone.as_deref(), now: hand.now })?;
    people::set_birth_year(conn, person, new.birth_year)?;
    let begun = people::begin_membership(conn, person, new.branch, &new.member_no, new.day)?;
    let begun = begun.ok_or(Refusal::NumberTaken)?;
    let stage = people::begin_stage_row(conn, person, new.stage, new.day)?;
    let change = Change {
        new: Some(new.branch.to_string()),
        begun: Some(begun),
        ..Change::of(Kind::Joined, person, new.day)
    };
    note(conn, &change, 0, hand)?;
    let new_stage = Some(new.stage.as_str().to_owned());
    store::record(
        conn,
        &Change { new: new_stage, begun: stage, ..Change::of(Kind::Stage, person, new.day) },
        1,
        hand,
    )?;
    if let Some(category) = new.category {
        let begun = people::begin_category_row(conn, person, category, new.day)?;
        let new_key = Some(category.as_str().to_owned());
        store::record(
            conn,
            &Change { new: new_key, begun, ..Change::of(Kind::CategoryBegun, person, new.day) },
            2,
            hand,
        )?;
    }
    store::insert_arrival(conn, person, new, hand)?;
    Ok(person)
}
