//! The broadcast of the gold lecturers' lectures: some weeks of it over, confirmed by most schools, and some of it still to come.
//! Made by the rules, at its own time.
use super::at;
use super::people::People;
use super::study::signed_in;
use crate::broadcast::{self, Channel, Confirmation, NewPlan, NewRecord, Pattern, Proof, Wanted, Which};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AllianceId, SchoolId, digest};
use chrono::{Duration, NaiveTime};

/// Alliances whose schools have it on their screens.
const ALLIANCES: i64 = 5;

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let (organizer, doer) = signed_in(conn, people, "organizer")?;
    let (today, began) = (clock::day(now), at(now, -30, 9));
    let new = NewPlan {
        title: "金牌讲师展播".into(),
        about: "十位金牌讲师，每位一课。各校按自己的开放时间放，没赶上的可以在网上看。".into(),
        from: today - Duration::days(28),
        to: today + Duration::days(30),
        key: digest("demo-broadcast"),
    };
    let plan = broadcast::make(conn, &new, organizer.account, &doer, began)?;
    broadcast::add_gold(conn, plan, Which::One, Channel::School, &doer, began)?;
    for alliance in 1..=ALLIANCES {
        let pattern = Pattern {
            from: today - Duration::days(26 - 2 * alliance),
            to: today + Duration::days(12),
            weekdays: [true, false, true, true, false, true, false],
            begins: NaiveTime::from_hms_opt(if alliance % 2 == 0 { 19 } else { 15 }, 0, 0)
                .unwrap_or_default(),
            a_day: 1,
        };
        let wanted = Wanted { alliance: Some(AllianceId(alliance)), ..Wanted::default() };
        let count = broadcast::spread_over(conn, plan, &wanted, &pattern, began)?.slots.len();
        if count > 0 {
            let what = (&wanted, &pattern, count);
            broadcast::schedule(conn, plan, what, organizer.account, &doer, began)?;
        }
    }
    // The member's own school shows something tomorrow, whatever its alliance does.
    let first = broadcast::items(conn, plan)?.first().map(|item| item.id);
    if let Some(item) = first {
        let tomorrow = (item, SchoolId(1), at(now, 1, 20));
        broadcast::screen(conn, plan, tomorrow, organizer.account, &doer, now)?;
    }
    broadcast::publish(conn, plan, &doer, began + Duration::hours(6))?;
    for (place, (id, over)) in broadcast::begun(conn, plan, now)?.into_iter().enumerate() {
        // Some schools are late with it.
        if place % 7 == 3 || over > now {
            continue;
        }
        let said = Confirmation {
            kind: if place % 31 == 5 { Proof::None } else { Proof::Count },
            event: None,
            present: 11 + (place as i32 * 7) % 29,
            note: "签到表在值班室".into(),
            seen: 0,
            key: digest(&format!("demo-screening-{id}")),
        };
        broadcast::confirm(conn, &organizer, id, &said, &doer, over + Duration::minutes(40))?;
    }
    article(conn, plan, (&organizer, &doer), now)
}

/// One of the lectures as an article too.
fn article(
    conn: &mut Conn,
    plan: crate::ids::BroadcastId,
    (organizer, doer): (&crate::access::Viewer, &crate::audit::Doer),
    now: Timestamp,
) -> Result<()> {
    let Some(lecture) = broadcast::items(conn, plan)?.first().map(|item| item.lecture) else {
        return Ok(());
    };
    broadcast::add_lectures(conn, plan, &[lecture], Channel::Wechat, doer, at(now, -21, 9))?;
    let items = broadcast::items(conn, plan)?;
    let Some(item) = items.iter().find(|item| item.channel == Channel::Wechat) else { return Ok(()) };
    let record = NewRecord {
        name: "2247483651".into(),
        address: String::new(),
        at: at(now, -20, 18),
        key: digest("demo-article"),
        by: organizer.account,
    };
    broadcast::note_channel(conn, (plan, item.id), &record, doer, at(now, -20, 19))
}
