//! What is due soon is told once: a course seven days and one day before it is to be finished, a seat the day before. The
//! lists are walked round and round, a bounded piece in each call; a notice that was told is never told again.
use super::store;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{OfferingId, PersonId};
use crate::inbox::{self, Kind, NewNotice};
use crate::lang::Message;
use crate::msg;
use chrono::Duration;

const CURSOR: &str = "study.remind";
/// Persons that are looked at in one call.
const LOOKED_AT: i64 = 500;
/// A cursor holds the offering above the number of the queue.
const SHIFT: u32 = 32;

/// Something that is due, for all who have a seat in this offering.
struct Due {
    offering: OfferingId,
    title: Message,
    link: String,
    /// Names the fact; the person is added.
    key: String,
}

/// Tells what is due soon; how many notices were new.
///
/// # Errors
/// Those of the database.
pub fn remind(db: &Db, now: Timestamp) -> Result<usize> {
    let (notices, before, reached) = db.read_now(|conn| look(conn, now))?;
    if notices.is_empty() && before == reached {
        return Ok(0);
    }
    db.write_now(|conn| {
        store::set_cursor(conn, CURSOR, reached)?;
        inbox::tell(conn, &notices, now)
    })
}

fn dues(conn: &mut Conn, now: Timestamp) -> Result<Vec<Due>> {
    let today = clock::day(now);
    let mut dues = vec![];
    for one in store::due_courses(conn, today, today + Duration::days(7))? {
        let days = (one.due_on - today).num_days();
        let span = if days <= 1 { 1 } else { 7 };
        dues.push(Due {
            offering: one.offering,
            title: msg!("“{}”要在 {} 前学完。", one.title, one.due_on),
            link: format!("/courses/{}", one.slug),
            key: format!("due:{}:{}:{span}", one.course, one.due_on),
        });
    }
    for one in store::soon_events(conn, now, now + Duration::hours(24))? {
        let at = clock::local(one.starts_at).format("%m-%d %H:%M");
        dues.push(Due {
            offering: one.offering,
            title: msg!("“{}”{} 开始，请留出时间。", one.title, at),
            link: format!("/events/{}", one.event),
            key: format!("soon:{}:{}", one.event, one.starts_at.and_utc().timestamp()),
        });
    }
    dues.sort_by_key(|due| due.offering);
    Ok(dues)
}

/// The notices of the next piece, where it began, and where it ends.
fn look(conn: &mut Conn, now: Timestamp) -> Result<(Vec<NewNotice>, i64, i64)> {
    let before = store::cursor(conn, CURSOR)?;
    let (at, seq) = (before >> SHIFT, i32::try_from(before & 0x7fff_ffff).unwrap_or(0));
    let mut left = LOOKED_AT;
    let mut notices: Vec<NewNotice> = vec![];
    let mut reached = 0;
    for due in dues(conn, now)?.into_iter().filter(|due| due.offering.0 >= at) {
        if left == 0 {
            break;
        }
        let from = if due.offering.0 == at { seq } else { 0 };
        let them = store::seated_after(conn, due.offering, from, left)?;
        left -= i64::try_from(them.len()).unwrap_or(left);
        reached = (due.offering.0 << SHIFT) + i64::from(them.last().map_or(from, |one| one.0));
        notices.extend(them.into_iter().map(|(_, person)| notice(&due, person)));
    }
    // Nobody was left out: round again from the beginning.
    if left > 0 {
        reached = 0;
    }
    let keys: Vec<String> = notices.iter().map(|one| one.key.clone()).collect();
    let told: std::collections::HashSet<String> = store::told(conn, &keys)?.into_iter().collect();
    notices.retain(|one| !told.contains(&one.key));
    Ok((notices, before, reached))
}

fn notice(due: &Due, person: PersonId) -> NewNotice {
    NewNotice {
        person,
        kind: Kind::Due,
        title: due.title.clone(),
        body: String::new(),
        link: due.link.clone(),
        sent_by: None,
        key: format!("{}:{person}", due.key),
    }
}
