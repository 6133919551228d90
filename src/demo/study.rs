//! What those who sign in as members have done by themselves: watched together, talked, read, tested themselves, and what
//! they say of a record that is wrong. All of it by the rules, at its own time.
use super::at;
use super::people::People;
use super::store::attendance;
use crate::access::Viewer;
use crate::accounts;
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::courses::{self, Course, Task};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events::{self, Kind, Mark, Method, NewEvent, Plan, Roll, Status};
use crate::ids::{AccountId, EventId, OrgId, PersonId, SchoolId, TestId, digest};
use crate::lectures;
use crate::redress::{self, Subject};
use crate::selftests::{self, Asked, Given};
use crate::study;
use crate::viewings;
use chrono::Duration;

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let (secretary, by_secretary) = signed_in(conn, people, "secretary")?;
    let org = secretary.grants.iter().find_map(|grant| grant.scope_id).map(OrgId).ok_or(Error::NotFound)?;
    let (member, by_member) = signed_in(conn, people, "member")?;
    watch_together(conn, (&secretary, &by_secretary), org, member.person, now)?;
    let talk = talk(conn, (&secretary, &by_secretary), org, member.person, now)?;
    let subject = Subject::Attendance(attendance(conn, talk, member.person)?);
    let words = ("那天我七点前就到了，签到表上第三行是我。", digest("demo-case"));
    redress::file(conn, subject, (words.0, &words.1), &member, &by_member, now - Duration::days(2))?;
    for (slug, chapters) in [("guanqu-yi-nian", 1), ("huiyi-jilu", 2)] {
        let course = courses::by_slug(conn, slug)?;
        read(conn, member.person, &course, chapters, now - Duration::days(4))?;
    }
    take(conn, (&member, &by_member), TestId(1), 4, now - Duration::days(3))?;
    take(conn, (&member, &by_member), TestId(2), 7, now - Duration::days(1))
}

/// Who looks with this account, and what is written beside what they do.
pub fn signed_in(conn: &mut Conn, people: &People, name: &str) -> Result<(Viewer, Doer)> {
    let account = AccountId(people.account(name).0);
    let viewer = accounts::viewer_for(conn, account, None)?.ok_or(Error::NotFound)?;
    Ok((viewer, Doer { account: Some(account), for_person: None, request: "demo".into() }))
}

/// One screen of the branch, with a lecture of the course on irrigation, from its beginning to its end: for the host, `guest`
/// and some others.
fn watch_together(
    conn: &mut Conn,
    (host, doer): (&Viewer, &Doer),
    org: OrgId,
    guest: PersonId,
    now: Timestamp,
) -> Result<()> {
    let course = courses::by_slug(conn, "guanqu-yi-nian")?;
    let lecture = courses::items(conn, course.id, 1)?
        .iter()
        .find_map(|item| if let Task::Lecture(id, _) = item.what.task { Some(id) } else { None })
        .ok_or(Error::NotFound)?;
    let begins = at(now, -9, 19);
    let plan = Plan {
        title: "晚上一起看：没有闸门的古堰".into(),
        about: String::new(),
        lecture: Some(lecture),
        school: Some(SchoolId(1)),
        base: None,
        place: "一层大教室".into(),
        online_url: String::new(),
        lecturer: String::new(),
        starts_at: begins,
        ends_at: begins + Duration::hours(1),
    };
    let new = NewEvent { kind: Kind::GroupViewing, org, plan, key: digest("demo-viewing") };
    let id = events::arrange(conn, &new, host.account, doer, begins - Duration::days(5))?;
    viewings::open(conn, host, "demo", id, doer, begins)?;
    let event = events::find(conn, id)?;
    let some: Vec<PersonId> = events::on_roll(conn, &event)?.into_iter().step_by(2).collect();
    let mut there: Vec<PersonId> = some.into_iter().take(11).collect();
    there.extend([host.person, guest]);
    viewings::sign(conn, host, id, &there, doer, begins + Duration::minutes(4))?;
    let starts = begins + Duration::minutes(6);
    viewings::play(conn, host, id, ("demo", "demo"), true, starts)?;
    let (_, duration_ms) = lectures::watchable(conn, lecture)?;
    let ends = starts + Duration::milliseconds(duration_ms.into()) + Duration::seconds(20);
    viewings::finish(conn, host, id, "demo", ends)?;
    viewings::end(conn, host, id, doer, ends + Duration::minutes(2))
}

/// A talk of the branch, whose list says that `missed` was not there.
fn talk(
    conn: &mut Conn,
    (host, doer): (&Viewer, &Doer),
    org: OrgId,
    missed: PersonId,
    now: Timestamp,
) -> Result<EventId> {
    let begins = at(now, -5, 19);
    let plan = Plan {
        title: "研讨：水量不够的那几天怎样轮灌".into(),
        about: "各组先说自己这段渠的情况，再排先后。".into(),
        lecture: None,
        school: Some(SchoolId(1)),
        base: None,
        place: "院子里".into(),
        online_url: String::new(),
        lecturer: String::new(),
        starts_at: begins,
        ends_at: begins + Duration::minutes(90),
    };
    let new = NewEvent { kind: Kind::StudyDiscussion, org, plan, key: digest("demo-talk") };
    let id = events::arrange(conn, &new, host.account, doer, begins - Duration::days(6))?;
    let event = events::find(conn, id)?;
    let marks = (0..)
        .zip(events::on_roll(conn, &event)?)
        .map(|(place, person)| {
            let (status, minutes) = match place % 7 {
                _ if person == missed => (Status::Absent, 0),
                3 => (Status::Late, 70),
                5 => (Status::LeavePrivate, 0),
                _ => (Status::Present, 90),
            };
            Mark { person, status, minutes, via: None }
        })
        .collect();
    let roll = Roll { marks, method: Method::List, by: host.account, key: digest("demo-roll") };
    events::take(conn, &event, &roll, doer, begins + Duration::hours(2))?;
    Ok(id)
}

/// Reads the first chapters of a course.
fn read(conn: &mut Conn, person: PersonId, course: &Course, chapters: usize, at: Timestamp) -> Result<()> {
    let items = courses::items(conn, course.id, 1)?;
    let read = items.iter().filter(|item| matches!(item.what.task, Task::Chapter(..))).take(chapters);
    for (place, item) in (0_i64..).zip(read) {
        study::state_read(conn, person, course, item.id, None, at + Duration::minutes(25 * place))?;
    }
    Ok(())
}

/// Takes a test with so many right answers, a minute each.
fn take(
    conn: &mut Conn,
    (viewer, doer): (&Viewer, &Doer),
    test: TestId,
    right: usize,
    at: Timestamp,
) -> Result<()> {
    let id = selftests::start(conn, viewer, test, doer, at)?;
    for (place, asked) in selftests::asked(conn, id)?.into_iter().enumerate() {
        let at = at + Duration::minutes(1 + place as i64);
        selftests::answer(conn, viewer, id, &given(&asked, place < right), at)?;
    }
    selftests::submit(conn, viewer, id, at + Duration::minutes(12))
}

/// A right answer to a question, or a wrong one.
fn given(asked: &Asked, is_right: bool) -> Given {
    let choices = asked.paper.choices();
    if asked.paper.kind() == selftests::Kind::Fill {
        let written = choices.first().filter(|_| is_right).map_or("不清楚", |choice| choice.text.as_str());
        return Given { position: asked.position, written: written.to_owned(), ..Given::default() };
    }
    let fit = (0..).zip(choices).filter(|(_, choice)| choice.is_right == is_right);
    let chosen =
        fit.take(if is_right { choices.len() } else { 1 }).map(|(place, _): (usize, _)| place.to_string());
    Given { position: asked.position, chosen: chosen.collect(), ..Given::default() }
}
