//! The ledger of printed editions (人手一册): what was ordered, what has come, who has it. Moves are only added; what they add up
//! to is kept beside them, an edition and an organisation, and is never below zero. product.md, system 1.
mod coverage;
mod forms;
mod issue;
pub mod pages;
mod steps;
mod store;

use crate::access::Permission::KeepCopies;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CopyMoveId, OrgId, PersonId, PrintEditionId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::organization::{self, Level, Org};
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use coverage::{Child, Coverage, Share, coverage};
pub use issue::{Issue, Need, issue, needs};
pub use steps::{Step, What, step};
pub use store::{Edition, HandedOut, Own, about_hand_out, balances, edition, editions_of, own, titles_of};

text_enum! {
    /// Whom a copy of an edition is for.
    pub enum Rule {
        Member = "member",
        Branch = "branch",
    }
}

impl Rule {
    pub fn words(self) -> Message {
        match self {
            Rule::Member => msg!("每名党员一册"),
            Rule::Branch => msg!("每个支部一本"),
        }
    }
}

text_enum! {
    /// What happened to copies.
    pub enum Kind {
        Ordered = "ordered",
        Arrived = "arrived",
        Issued = "issued",
        Received = "received",
        HandedOut = "handed_out",
        Returned = "returned",
        Lost = "lost",
        Corrected = "corrected",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Ordered => msg!("征订"),
            Kind::Arrived => msg!("到货"),
            Kind::Issued => msg!("下发"),
            Kind::Received => msg!("收到"),
            Kind::HandedOut => msg!("发给党员"),
            Kind::Returned => msg!("退回"),
            Kind::Lost => msg!("遗失"),
            Kind::Corrected => msg!("更正"),
        }
    }
}

text_enum! {
    /// Which copies of an organisation are meant: those that lie there, or those on their way there.
    pub enum Pile {
        Stock = "stock",
        Coming = "coming",
    }
}

/// What the moves of an edition add up to at an organisation; also a change of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Ordered or issued to it, and not there yet.
    pub coming: i32,
    pub stock: i32,
    /// Handed out by it, and still with those members.
    pub held: i32,
    pub lost: i32,
}

impl std::ops::Add for Balance {
    type Output = Balance;
    fn add(self, other: Balance) -> Balance {
        Balance {
            coming: self.coming + other.coming,
            stock: self.stock + other.stock,
            held: self.held + other.held,
            lost: self.lost + other.lost,
        }
    }
}

/// A move to be recorded.
#[derive(Clone, Debug)]
pub struct NewMove {
    pub edition: PrintEditionId,
    pub kind: Kind,
    pub from: Option<OrgId>,
    pub to: Option<OrgId>,
    pub pile: Pile,
    pub count: i32,
    /// The member who gets or had the copy.
    pub person: Option<PersonId>,
    /// Who signed for it.
    pub proxy: Option<PersonId>,
    /// The hand-out that this takes back.
    pub reverses: Option<CopyMoveId>,
    pub by: AccountId,
    pub acted_by: Option<AccountId>,
    pub day: NaiveDate,
    /// Why; empty where that needs no words.
    pub reason: String,
    /// Names the post.
    pub key: String,
}

/// What a move changes, and where: the only rule from which balances follow.
pub fn effects(
    kind: Kind,
    pile: Pile,
    (from, to): (Option<OrgId>, Option<OrgId>),
    is_of_member: bool,
    count: i32,
) -> Vec<(OrgId, Balance)> {
    let none = Balance::default();
    let stock = |n| Balance { stock: n, ..none };
    let coming = |n| Balance { coming: n, ..none };
    let (less, more) = match (kind, is_of_member) {
        (Kind::Ordered, _) => (none, coming(count)),
        (Kind::Arrived | Kind::Received, _) => (none, Balance { coming: -count, stock: count, ..none }),
        (Kind::HandedOut, _) => (Balance { stock: -count, held: count, ..none }, none),
        // What a member had goes back into the stock.
        (Kind::Returned | Kind::Corrected, true) => (Balance { held: -count, ..none }, stock(count)),
        (Kind::Issued | Kind::Returned, _) => (stock(-count), coming(count)),
        (Kind::Lost, true) => (Balance { held: -count, lost: count, ..none }, none),
        (Kind::Lost, false) if pile == Pile::Coming => {
            (Balance { coming: -count, lost: count, ..none }, none)
        }
        (Kind::Lost, false) => (Balance { stock: -count, lost: count, ..none }, none),
        // They never left whoever sent them.
        (Kind::Corrected, false) if pile == Pile::Coming => (coming(-count), stock(count)),
        (Kind::Corrected, false) => (stock(-count), stock(count)),
    };
    // Who receives from somebody changes alone: the sender's copies became fewer when they were sent.
    let is_receipt = matches!(kind, Kind::Arrived | Kind::Received);
    let less = from.filter(|_| !is_receipt).map(|org| (org, less));
    less.into_iter().chain(to.map(|org| (org, more))).collect()
}

/// Why something about copies is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There are not so many, there or on their way.
    NotEnough,
    /// Whoever issued them does not say that they came.
    OwnIssue,
    KeyUsed,
    /// Somebody else recorded the same copy meanwhile.
    Overtaken,
    NotMember,
    HasNone,
    /// A copy cannot be lost before it was handed out.
    TooEarly,
    /// The edition is one a branch: nobody is handed one.
    NotForMembers,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::NotEnough => msg!("账上没有这么多册，请先核对数量"),
            Refusal::OwnIssue => msg!("这一批是您登记下发的，请由收到的支部或另一位登记收到"),
            Refusal::KeyUsed => msg!("这张表单不完整，请重新打开这一页再填"),
            Refusal::Overtaken => msg!("别人刚刚登记过其中的人，请重新打开这一页核对"),
            Refusal::NotMember => msg!("名单里有人已不在这个支部，请重新打开这一页"),
            Refusal::HasNone => msg!("这位党员现在没有这一种读本"),
            Refusal::TooEarly => msg!("日期早于领到的那一天，请核对"),
            Refusal::NotForMembers => msg!("这一种按支部配发，不发给个人"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// An edition to be distributed.
#[derive(Clone, Debug)]
pub struct NewEdition {
    pub title: String,
    pub imprint: String,
    pub booklet: Option<crate::ids::BookletId>,
    pub rule: Rule,
    pub started_on: NaiveDate,
    pub key: String,
}

/// Names an edition; the same post sent twice is one.
///
/// # Errors
/// Those of the database.
pub fn make_edition(
    conn: &mut Conn,
    new: &NewEdition,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<PrintEditionId> {
    let (id, is_new) = store::insert_edition(conn, new, by, now)?;
    if is_new {
        doer.did(conn, Action::EditionMade, ("print_edition", id.0), now)?;
    }
    Ok(id)
}

/// An organisation at which the viewer keeps copies.
///
/// # Errors
/// Not found outside the viewer's scope.
pub fn desk(conn: &mut Conn, viewer: &Viewer, org: OrgId) -> Result<Org> {
    let org = organization::find(conn, org)?;
    let is_within = viewer.paths(KeepCopies).iter().any(|path| org.path.starts_with(path.as_str()));
    if is_within && org.level != Level::Group { Ok(org) } else { Err(Error::NotFound) }
}

/// From whom an organisation gets its copies: its committee, and a committee from the city; the city from outside.
///
/// # Errors
/// Those of the database.
pub fn supplier(conn: &mut Conn, org: &Org) -> Result<Option<Org>> {
    let wanted = match org.level {
        Level::City => return Ok(None),
        Level::Committee => Level::City,
        _ => Level::Committee,
    };
    store::ancestor(conn, org, wanted)
}

/// Records a move; `None` if this very post was recorded before.
///
/// # Errors
/// Refused where there are not so many, and where the key names another post.
pub fn record(conn: &mut Conn, new: &NewMove, now: Timestamp) -> Result<Option<CopyMoveId>> {
    let ends = (new.from, new.to);
    let mut changes = effects(new.kind, new.pile, ends, new.person.is_some(), new.count);
    // One order for everybody: two that move copies between the same two wait for each other.
    changes.sort_by_key(|(org, _)| *org);
    for (org, _) in &changes {
        store::lock(conn, new.edition, *org)?;
    }
    let Some(id) = store::insert_move(conn, new, now)? else {
        return match store::is_same_post(conn, new)? {
            true => Ok(None),
            false => Err(Refusal::KeyUsed.into()),
        };
    };
    for (org, change) in &changes {
        if !store::shift(conn, new.edition, *org, *change)? {
            return Err(Refusal::NotEnough.into());
        }
    }
    if !new.reason.is_empty() {
        store::give_reason(conn, id, &new.reason)?;
    }
    match new.person {
        Some(person) if new.kind == Kind::HandedOut => {
            let org = new.from.ok_or(Error::NotFound)?;
            if !store::hold(conn, new.edition, Some(person), (org, id), new.day)? {
                return Err(Refusal::Overtaken.into());
            }
        }
        Some(person) => {
            if !store::release(conn, new.edition, Some(person), None, new.day)? {
                return Err(Refusal::HasNone.into());
            }
        }
        None => keep_branches(conn, new, id, &changes)?,
    }
    Ok(Some(id))
}

/// Of an edition that is one a branch: a branch where one lies has its copy from this day on, one without has none.
fn keep_branches(conn: &mut Conn, new: &NewMove, id: CopyMoveId, changes: &[(OrgId, Balance)]) -> Result<()> {
    if store::edition(conn, new.edition)?.rule != Rule::Branch {
        return Ok(());
    }
    for (org, _) in changes {
        if organization::find(conn, *org)?.level != Level::Branch {
            continue;
        }
        let has_one = store::balance(conn, new.edition, *org)?.stock > 0;
        if has_one {
            store::hold(conn, new.edition, None, (*org, id), new.day)?;
        } else {
            store::release(conn, new.edition, None, Some(*org), new.day)?;
        }
    }
    Ok(())
}

/// Hands a copy to each of these members of a branch who has none; how many got one. Those who have one are left out, so the
/// same list sent twice changes nothing.
///
/// # Errors
/// Refused for somebody who is no member of the branch, and where there are not enough copies.
pub fn hand_out(conn: &mut Conn, out: &HandOut, doer: &Doer, now: Timestamp) -> Result<usize> {
    if store::edition(conn, out.edition)?.rule != Rule::Member {
        return Err(Refusal::NotForMembers.into());
    }
    // Whoever hands out of this stock at the same time waits here.
    store::lock(conn, out.edition, out.org)?;
    let members = store::members(conn, out.edition, out.org)?;
    let mut told = vec![];
    let mut count = 0;
    for person in &out.persons {
        let member = members.iter().find(|one| one.person == *person).ok_or(Refusal::NotMember)?;
        if member.since.is_some() {
            continue;
        }
        let proxy = out.proxy.filter(|proxy| proxy != person);
        if proxy.is_some_and(|proxy| !members.iter().any(|one| one.person == proxy)) {
            return Err(Refusal::NotMember.into());
        }
        let new = NewMove {
            edition: out.edition,
            kind: Kind::HandedOut,
            from: Some(out.org),
            to: None,
            pile: Pile::Stock,
            count: 1,
            person: Some(*person),
            proxy,
            reverses: None,
            by: out.by,
            acted_by: None,
            day: out.day,
            reason: String::new(),
            key: format!("{}-{person}", out.key),
        };
        if let Some(id) = record(conn, &new, now)? {
            count += 1;
            told.extend(proxy.map(|_| signed_for(*person, id)));
        }
    }
    inbox::tell(conn, &told, now)?;
    if count > 0 {
        doer.did(conn, Action::CopiesHandedOut, ("print_edition", out.edition.0), now)?;
    }
    Ok(count)
}

/// Somebody else signed: the member is told.
fn signed_for(person: PersonId, id: CopyMoveId) -> NewNotice {
    NewNotice {
        person,
        kind: inbox::Kind::Record,
        title: msg!("别人代您签收了一册纸质读本"),
        body: String::new(),
        link: "/me/copies".to_owned(),
        sent_by: None,
        key: format!("copy-{id}"),
    }
}

/// A list of members who get their copies.
#[derive(Clone, Debug)]
pub struct HandOut {
    pub edition: PrintEditionId,
    /// The branch.
    pub org: OrgId,
    pub persons: Vec<PersonId>,
    /// A member of the branch who signed for the others.
    pub proxy: Option<PersonId>,
    pub by: AccountId,
    pub day: NaiveDate,
    pub key: String,
}

/// What happened to a member's copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Returned,
    Lost,
    /// It was never handed out.
    TakenBack,
}

/// Records what happened to the copy of a member; `org` is the branch that records it.
///
/// # Errors
/// Refused where the member has none, and before the day on which they got it.
pub fn take_from(
    conn: &mut Conn,
    (edition, org, person): (PrintEditionId, OrgId, PersonId),
    after: After,
    (day, reason, key): (NaiveDate, &str, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let Some((held_by, hand_out, since)) = store::held(conn, edition, person)? else {
        // The same post sent twice is one: what it did stands.
        return if store::is_key_used(conn, key)? { Ok(()) } else { Err(Refusal::HasNone.into()) };
    };
    if day < since {
        return Err(Refusal::TooEarly.into());
    }
    let (kind, to, reverses) = match after {
        After::Returned => (Kind::Returned, Some(org), None),
        After::Lost => (Kind::Lost, None, None),
        After::TakenBack => (Kind::Corrected, Some(held_by), Some(hand_out)),
    };
    let new = NewMove {
        edition,
        kind,
        from: Some(held_by),
        to,
        pile: Pile::Stock,
        count: 1,
        person: Some(person),
        proxy: None,
        reverses,
        by,
        acted_by: None,
        day,
        reason: reason.to_owned(),
        key: key.to_owned(),
    };
    record(conn, &new, now).map(|_| ())
}

/// Takes back a hand-out that a case found wrong. What was returned, lost or taken back before stays as it is.
///
/// # Errors
/// Those of the database.
pub fn reverse(
    conn: &mut Conn,
    id: CopyMoveId,
    case: crate::ids::CaseId,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let about = store::about_hand_out(conn, id)?;
    if !about.holds {
        return Ok(());
    }
    let day = clock::day(now).max(about.day);
    let key = format!("case-{case}");
    take_from(conn, (about.edition, about.org, about.person), After::TakenBack, (day, "", &key), by, now)
}
