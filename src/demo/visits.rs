//! Teaching at the door in the branch of those who sign in as members: visits in each state, all of them by the rules.
use super::at;
use super::people::People;
use super::store::away;
use super::study::signed_in;
use crate::access::Viewer;
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::courses::{self, Task};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{EventId, LectureId, PersonId, digest};
use crate::redress::{self, Subject};
use crate::visits::{self, NewVisit};
use chrono::Duration;

/// Somebody who does something, and what is written beside it.
type Hand = (Viewer, Doer);

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let secretary = signed_in(conn, people, "secretary")?;
    let member = signed_in(conn, people, "member")?;
    let clerk = signed_in(conn, people, "clerk")?;
    let elder = signed_in(conn, people, "elder")?;
    let course = courses::by_slug(conn, "guanqu-yi-nian")?;
    let lecture = courses::items(conn, course.id, 1)?
        .iter()
        .find_map(|item| if let Task::Lecture(id, _) = item.what.task { Some(id) } else { None });
    let (talk, somebody) = away(conn, &digest("demo-talk"))?.ok_or(Error::NotFound)?;
    let to_elder =
        |topic, days, place| Sketch { to: elder.0.person, topic, lecture: None, missed: None, days, place };
    let hands = (&secretary, &member);
    // Confirmed in the own account, with a lecture.
    let taught = Sketch { lecture, ..to_elder("没有闸门的古堰", -12, "院坝里") };
    let id = signed(conn, hands, &taught, now)?;
    visits::confirm(conn, &elder.0, id, &elder.1, at(now, -11, 20))?;
    // Confirmed before a witness; it makes up for the talk of the branch.
    let made_up =
        Sketch {
            to: somebody, missed: Some(talk), ..to_elder("水量不够的那几天怎样轮灌", -3, "二组，堂屋")
        };
    let id = signed(conn, hands, &made_up, now)?;
    visits::witness(conn, &clerk.0, (id, somebody), &clerk.1, at(now, -2, 19))?;
    // Disputed.
    let id = signed(conn, hands, &to_elder("斗渠看护的几件小事", -8, "家里"), now)?;
    let words = ("那天我去了女儿家，没有人来过。", digest("demo-visit-case"));
    redress::file(conn, Subject::Visit(id), (words.0, &words.1), &elder.0, &elder.1, at(now, -7, 20))?;
    // Signed by both: waits for the member.
    signed(conn, hands, &to_elder("进出水口怎样登记", -2, "家里"), now)?;
    // Waits for the second person.
    recorded(conn, hands, &to_elder("洪水前要做的准备", -1, "村头小卖部"), now)?;
    // A mistake that was taken back.
    let id = recorded(conn, hands, &to_elder("洪水前要做的准备（登记错了）", -4, "家里"), now)?;
    visits::void(conn, &secretary.0, id, &secretary.1, at(now, -4, 13))
}

/// What differs between the visits.
struct Sketch {
    to: PersonId,
    topic: &'static str,
    lecture: Option<LectureId>,
    missed: Option<EventId>,
    days: i64,
    place: &'static str,
}

fn recorded(
    conn: &mut Conn,
    (secretary, member): (&Hand, &Hand),
    sketch: &Sketch,
    now: Timestamp,
) -> Result<EventId> {
    let starts_at = at(now, sketch.days, 10);
    let new = NewVisit {
        members: vec![sketch.to],
        deliverer: secretary.0.person,
        second: member.0.person,
        topic: sketch.topic.into(),
        lecture: sketch.lecture,
        missed: sketch.missed,
        place: sketch.place.into(),
        starts_at,
        minutes: 40,
        agreed_photo: false,
        key: digest(&format!("demo-visit-{}", sketch.days))[..32].to_owned(),
    };
    visits::record(conn, &secretary.0, &new, &secretary.1, starts_at + Duration::hours(2))
}

fn signed(conn: &mut Conn, hands: (&Hand, &Hand), sketch: &Sketch, now: Timestamp) -> Result<EventId> {
    let id = recorded(conn, hands, sketch, now)?;
    let (second, doer) = hands.1;
    visits::second(conn, second, id, doer, at(now, sketch.days, 18))?;
    Ok(id)
}
