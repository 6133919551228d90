//! The end of a course: the reader's own statement of a chapter, and the record that is made once everything required is done.
use super::progress;
use super::store::{self, NewRecord};
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::courses::{self, Course, Task};
use crate::db::Conn;
use crate::enrolments::{self, Enrolment};
use crate::error::{Error, Result};
use crate::ids::{AccountId, BookletId, ItemId, PersonId, RecordId, random_code};
use crate::inbox::{self, Kind, NewNotice};
use crate::{msg, people};

/// Characters of the code of a record: 31^16 of them, read from paper in four groups.
pub const CODE: usize = 16;

/// The enrolment of whoever has a place in the course.
///
/// # Errors
/// [`Error::Refused`] without one.
pub(super) fn studying(conn: &mut Conn, person: PersonId, course: &Course) -> Result<Enrolment> {
    let offering = enrolments::of_course(conn, course.id)?;
    enrolments::active(conn, offering.id, person)?
        .filter(|one| one.state.is_seated())
        .ok_or_else(|| Error::Refused(msg!("还没有报上这门系列课程。请先在课程页上报名，确认后再学。")))
}

/// Takes down that somebody has read the chapter of a step: the reader's own statement. The same statement twice is one.
///
/// # Errors
/// Not found for what is no chapter of the course as this person studies it; a refusal while the step is locked.
pub fn state_read(
    conn: &mut Conn,
    person: PersonId,
    course: &Course,
    item: ItemId,
    acted_by: Option<AccountId>,
    now: Timestamp,
) -> Result<(Enrolment, BookletId, i32)> {
    let enrolment = studying(conn, person, course)?;
    let steps = progress(conn, person, course, enrolment.version, now)?.steps;
    let step = steps.into_iter().find(|step| step.item.id == item).ok_or(Error::NotFound)?;
    let Task::Chapter(booklet, chapter) = step.item.what.task else { return Err(Error::NotFound) };
    if step.lock().is_some() {
        return Err(Error::Refused(msg!(
            "“{}”还没有开放。请先学前面的内容，或等到开放的那天。",
            step.item.what.title
        )));
    }
    store::insert_read(conn, person, (booklet, chapter), acted_by, now)?;
    Ok((enrolment, booklet, chapter))
}

/// Makes the record of having finished, if everything that is required is done: once, whoever asks and however often.
/// Nothing where something is missing.
///
/// # Errors
/// Those of the database.
pub fn finish(
    conn: &mut Conn,
    enrolment: &Enrolment,
    course: &Course,
    doer: &Doer,
    now: Timestamp,
) -> Result<Option<RecordId>> {
    if let Some((made, ..)) = store::last_record(conn, enrolment.person, course.id, enrolment.version)? {
        // An earlier enrolment of the same version was finished already; this one says so too.
        enrolments::finish(conn, enrolment.id, now)?;
        return Ok(Some(made));
    }
    if !progress(conn, enrolment.person, course, enrolment.version, now)?.is_finished() {
        return Ok(None);
    }
    // Of two at once the second one waits here, and finds the row finished.
    if !enrolments::finish(conn, enrolment.id, now)? {
        return last(conn, enrolment, course);
    }
    issue(conn, (enrolment, course), 1, doer, now)
}

fn last(conn: &mut Conn, enrolment: &Enrolment, course: &Course) -> Result<Option<RecordId>> {
    let last = store::last_record(conn, enrolment.person, course.id, enrolment.version)?;
    Ok(last.map(|(id, ..)| id))
}

/// Makes the record with this number and tells the person. Of two at once one makes it.
fn issue(
    conn: &mut Conn,
    (enrolment, course): (&Enrolment, &Course),
    number: i32,
    doer: &Doer,
    now: Timestamp,
) -> Result<Option<RecordId>> {
    let record = NewRecord {
        code: random_code(CODE),
        enrolment: enrolment.id,
        person: enrolment.person,
        course: course.id,
        version: enrolment.version,
        number,
        title: course.about.title.clone(),
        quarters: course.about.quarters,
        finished_on: clock::day(now),
        name: people::find(conn, enrolment.person)?.name,
        branch: people::card(conn, enrolment.person)?.map(|card| card.1).unwrap_or_default(),
    };
    let Some(id) = store::insert_record(conn, &record, now)? else {
        return last(conn, enrolment, course);
    };
    let notice = NewNotice {
        person: enrolment.person,
        kind: Kind::Record,
        title: msg!("您已学完“{}”，结业记录可以查看和打印。", record.title),
        body: String::new(),
        link: format!("/me/records/{id}"),
        sent_by: None,
        key: format!("record:{id}"),
    };
    inbox::tell(conn, &[notice], now)?;
    doer.did(conn, Action::RecordMade, ("record", id.0), now)?;
    Ok(Some(id))
}

/// Makes the record for whoever is impatient, or another one for whom the last one was taken back: only when the person asks
/// for it, and of what holds then.
///
/// # Errors
/// A refusal that names what is missing.
pub(super) fn finish_now(
    conn: &mut Conn,
    person: PersonId,
    course: &Course,
    doer: &Doer,
    now: Timestamp,
) -> Result<RecordId> {
    let enrolment = studying(conn, person, course)?;
    let progress = progress(conn, person, course, enrolment.version, now)?;
    let made = match store::last_record(conn, person, course.id, enrolment.version)? {
        Some((_, number, true)) => match progress.is_finished() {
            true => issue(conn, (&enrolment, course), number + 1, doer, now)?,
            false => None,
        },
        _ => finish(conn, &enrolment, course, doer, now)?,
    };
    if let Some(id) = made {
        return Ok(id);
    }
    Err(Error::Refused(match progress.missing().next() {
        Some(step) => match step.lack() {
            Some(lack) => msg!("还没有全部完成：“{}”{}。", step.item.what.title, lack.words()),
            None => msg!("还没有全部完成，请看课程页上各项的进度。"),
        },
        None => msg!("还没有全部完成，请看课程页上各项的进度。"),
    }))
}

/// Goes on with the newest version of the course: what was done of the same things counts there too. Nobody has to, and there
/// is no way back.
///
/// # Errors
/// A refusal where nothing is left to go on with.
pub(super) fn renew(
    conn: &mut Conn,
    person: PersonId,
    course: &Course,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let enrolment = studying(conn, person, course)?;
    if enrolment.finished_at.is_some() || !course.is_published() {
        return Err(Error::Refused(msg!("这门系列课程已经学完或不再公开，不能改学新的一版。")));
    }
    // Sent twice, it is done already.
    if enrolments::set_version(conn, enrolment.id, course.version)? {
        doer.did(conn, Action::Enrolled, ("enrolment", enrolment.id.0), now)?;
    }
    Ok(())
}

/// Tries to finish all courses of this person that may be finished now; how many records were made.
///
/// # Errors
/// Those of the database.
pub(super) fn finish_all(conn: &mut Conn, person: PersonId, now: Timestamp) -> Result<usize> {
    let mut made = 0;
    for (enrolment, course) in store::unfinished_of(conn, person)? {
        let course = courses::find(conn, course)?;
        let doer = Doer { account: None, for_person: Some(person), request: String::new() };
        made += usize::from(finish(conn, &enrolment, &course, &doer, now)?.is_some());
    }
    Ok(made)
}

/// Takes a record back, with the reason. Whoever checks it is told so; the row stays. Twice is once.
///
/// # Errors
/// Not found if there is none.
pub fn withdraw_record(
    conn: &mut Conn,
    id: RecordId,
    reason: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let record = store::record(conn, id)?;
    if !store::insert_withdrawal(conn, id, reason, by, now)? {
        return Ok(());
    }
    let notice = NewNotice {
        person: record.person,
        kind: Kind::Record,
        title: msg!("“{}”的结业记录已收回。原因写在记录页上，有不同意见可以申请核对。", record.title),
        body: String::new(),
        link: format!("/me/records/{id}"),
        sent_by: None,
        key: format!("record-withdrawn:{id}"),
    };
    inbox::tell(conn, &[notice], now)?;
    let doer = Doer { account: Some(by), for_person: Some(record.person), request: String::new() };
    doer.did(conn, Action::RecordWithdrawn, ("record", id.0), now)
}

/// A code as it is printed: four groups of four.
pub(super) fn grouped(code: &str) -> String {
    code.as_bytes()
        .chunks(4)
        .map(|some| String::from_utf8_lossy(some).into_owned())
        .collect::<Vec<_>>()
        .join("-")
}

/// A code as it was typed from paper: case, spaces and hyphens do not matter. Nothing that could be none reaches a query.
pub(super) fn plain_code(typed: &str) -> Option<String> {
    if typed.len() > 4 * CODE {
        return None;
    }
    let plain: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    (plain.len() == CODE && plain.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_typed_from_paper() {
        assert_eq!(grouped("ABCDEFGH23456789"), "ABCD-EFGH-2345-6789");
        for typed in ["ABCD-EFGH-2345-6789", "abcdefgh23456789", " abcd efgh 2345 6789 "] {
            assert_eq!(plain_code(typed).as_deref(), Some("ABCDEFGH23456789"), "{typed}");
        }
        for typed in
            ["", "ABCD", "ABCD-EFGH-2345-678", "ABCDEFGH2345678\u{884c}", &"A".repeat(17), &"-".repeat(99)]
        {
            assert_eq!(plain_code(typed), None, "{typed}");
        }
    }
}
