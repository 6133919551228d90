//! What becomes of a finding: the branch promises a day and mends it; a member of the group who did not say so sees whether it is
//! mended. Whether it is overdue is computed from the promise and the working days: a promise for a day off holds until the next
//! working day is over.
use super::store::{self, findings as rows};
use super::{Finding, Hand, Refusal, State};
use crate::audit::Action;
use crate::calendar::{self, Table};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::PersonId;
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::msg;
use chrono::{Datelike, Duration, NaiveDate};

/// What somebody does about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub state: State,
    /// Of a promise; of a finding that is opened again, where the group sets another day.
    pub promised_for: Option<NaiveDate>,
    pub text: String,
    /// How many steps the page knew.
    pub seen: i32,
    pub key: String,
}

/// The table of a year; where nobody has given one, the week.
fn table(conn: &mut Conn, year: i32) -> Result<Table> {
    Ok(calendar::in_force(conn, year)?.map(|(_, table)| table).unwrap_or_default())
}

/// The next working day from `day` on, in steps of so many days.
fn working(conn: &mut Conn, mut day: NaiveDate, step: i64) -> Result<NaiveDate> {
    let mut known = (day.year(), table(conn, day.year())?);
    while !known.1.is_working(day) {
        day += Duration::days(step);
        if day.year() != known.0 {
            known = (day.year(), table(conn, day.year())?);
        }
    }
    Ok(day)
}

/// The last day of a promise: itself, or the next working day.
///
/// # Errors
/// Those of the database.
pub fn due_of(conn: &mut Conn, promised: NaiveDate) -> Result<NaiveDate> {
    working(conn, promised, 1)
}

/// Promises for this day and for earlier ones are late today: the last working day before today.
///
/// # Errors
/// Those of the database.
pub fn overdue_until(conn: &mut Conn, today: NaiveDate) -> Result<NaiveDate> {
    working(conn, today - Duration::days(1), -1)
}

/// Does a step. The same key is the same step.
///
/// # Errors
/// Refused when the finding has gone on, for a promise in the past or in a year without a calendar, and for whoever said that it is
/// mended or belongs there, where a step has to be somebody else's.
pub fn step(conn: &mut Conn, finding: &Finding, step: &Step, hand: &Hand) -> Result<()> {
    if rows::has_step(conn, finding.id, &step.key)? {
        return Ok(());
    }
    let is_in_order = match step.state {
        State::Promised | State::Fixed => finding.state.waits_for_branch(),
        State::Verified | State::Reopened => finding.state == State::Fixed,
        State::Open => false,
    };
    if !is_in_order || finding.steps != step.seen {
        return Err(Refusal::NotNow.into());
    }
    if let Some(day) = step.promised_for {
        if day < clock::day(hand.now) {
            return Err(Refusal::PromiseBefore.into());
        }
        calendar::is_working(conn, day)?;
    }
    if matches!(step.state, State::Verified | State::Reopened) {
        if rows::fixed_by(conn, finding.id)? == Some(hand.person) {
            return Err(Refusal::OwnFix.into());
        }
        if store::home(conn, hand.person)?.is_some_and(|(_, path)| path.starts_with(&finding.org_path)) {
            return Err(Refusal::OwnBranch.into());
        }
    }
    if !rows::advance(conn, finding, step)? {
        return Err(Refusal::NotNow.into());
    }
    rows::insert_step(conn, (finding.id, step.seen + 1), step, hand)?;
    hand.doer.did(conn, Action::FindingStep, ("finding", finding.id.0), hand.now)?;
    let (persons, title) = match step.state {
        State::Promised => (members(conn, finding, hand.now)?, msg!("{}定了整改日期", finding.org_name)),
        State::Fixed => (members(conn, finding, hand.now)?, msg!("{}说已经改好，请核实", finding.org_name)),
        State::Verified => (rows::answerers(conn, finding.org)?, msg!("指导组核实了一条整改")),
        _ => (rows::answerers(conn, finding.org)?, msg!("指导组认为一条整改没有改好，请看原因")),
    };
    let link = match step.state {
        State::Promised | State::Fixed => format!("/guidance/findings/{}", finding.id),
        _ => format!("/branch/findings/{}", finding.id),
    };
    tell(
        conn,
        (persons, inbox::Kind::Message),
        &title,
        &link,
        &format!("finding-{}-{}", finding.id, step.seen + 1),
        hand.now,
    )
}

fn members(conn: &mut Conn, finding: &Finding, now: Timestamp) -> Result<Vec<PersonId>> {
    let members = store::groups::members(conn, finding.group, clock::day(now))?;
    Ok(members.into_iter().map(|one| one.person).collect())
}

fn tell(
    conn: &mut Conn,
    (persons, kind): (Vec<PersonId>, inbox::Kind),
    title: &Message,
    link: &str,
    key: &str,
    now: Timestamp,
) -> Result<()> {
    let notices = persons.into_iter().map(|person| NewNotice {
        person,
        kind,
        title: title.clone(),
        body: String::new(),
        link: link.to_owned(),
        sent_by: None,
        key: format!("{key}-{person}"),
    });
    inbox::tell(conn, &notices.collect::<Vec<_>>(), now)?;
    Ok(())
}

/// Findings of which one run reminds.
const AT_ONCE: i64 = 200;

/// Reminds the branch when its promise is due within two working days, and the branch and the group when it has passed; each once.
///
/// # Errors
/// Those of the database.
pub fn remind(db: &Db, now: Timestamp) -> Result<()> {
    let today = clock::day(now);
    let (soon, late) = db.read_now(|conn| {
        let next = working(conn, today + Duration::days(1), 1)?;
        let second = working(conn, next + Duration::days(1), 1)?;
        let until = overdue_until(conn, today)?;
        Ok((rows::soon(conn, (until, second), AT_ONCE)?, rows::late(conn, until, AT_ONCE)?))
    })?;
    if soon.is_empty() && late.is_empty() {
        return Ok(());
    }
    db.write_now(|conn| {
        for (id, day) in soon {
            let finding = rows::find(conn, id)?;
            let title = msg!("一条整改要在 {} 前改好", day);
            let persons = rows::answerers(conn, finding.org)?;
            let link = format!("/branch/findings/{id}");
            tell(
                conn,
                (persons, inbox::Kind::Due),
                &title,
                &link,
                &format!("finding-{id}-before-{day}"),
                now,
            )?;
            rows::told_before(conn, id, day)?;
        }
        for (id, day) in late {
            let finding = rows::find(conn, id)?;
            let key = format!("finding-{id}-after-{day}");
            let title = msg!("一条整改过了约定的日期 {}", day);
            let persons = rows::answerers(conn, finding.org)?;
            let link = format!("/branch/findings/{id}");
            tell(conn, (persons.clone(), inbox::Kind::Due), &title, &link, &key, now)?;
            let title = msg!("{}的一条整改过了约定的日期 {}", finding.org_name, day);
            let mut others = members(conn, &finding, now)?;
            others.retain(|person| !persons.contains(person));
            tell(conn, (others, inbox::Kind::Due), &title, &format!("/guidance/findings/{id}"), &key, now)?;
            rows::told_after(conn, id, day)?;
        }
        Ok(())
    })
}
