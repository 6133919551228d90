//! My study: what is due, what goes on, what waits, what is finished, and what is still missing.
use super::hours;
use super::syllabus::{icon, lack, link, span};
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::courses::{self, Course, Task};
use crate::db::{Conn, Db};
use crate::enrolments::State;
use crate::error::Result;
use crate::ids::{CourseId, PersonId};
use crate::study::store::{self, Half, Record, Seat, Things};
use crate::study::{Hours, Lock, Progress, Step, hours as counted, judge};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::{msg, people};
use actix_web::web::Data;
use askama::Template;
use chrono::NaiveDate;

/// Places that are looked at: more at once has nobody.
const SEATS: i64 = 60;
/// Records and half-watched lectures on the page.
const RECORDS: i64 = 6;
const HALVES: i64 = 6;

/// Something with a day or an hour.
struct Due {
    icon: &'static str,
    title: String,
    href: String,
    about: String,
    tag: &'static str,
    left: String,
    at: Timestamp,
}

/// A course that goes on.
struct Going {
    title: String,
    href: String,
    all: usize,
    done: usize,
    next: Option<(String, String, &'static str)>,
}

/// A place that is waited for.
struct Waiting {
    title: String,
    href: String,
    words: String,
}

/// A step that is still missing.
struct Missing {
    course: String,
    title: String,
    href: String,
    icon: &'static str,
    why: String,
    is_locked: bool,
}

#[derive(Template)]
#[template(path = "study/me.html")]
struct Me {
    page: Page,
    name: String,
    branch: String,
    dues: Vec<Due>,
    going: Vec<Going>,
    waiting: Vec<Waiting>,
    missing: Vec<Missing>,
    records: Vec<Record>,
    has_more_records: bool,
    halves: Vec<Half>,
    year: Hours,
}

impl Me {
    fn total(&self) -> String {
        hours(Hours::quarters(self.year.total()))
    }
    fn online(&self) -> String {
        hours(Hours::quarters(self.year.counted_online()))
    }
    fn on_site(&self) -> String {
        hours(Hours::quarters(self.year.on_site))
    }
    fn quarters(&self, quarters: &i32) -> String {
        hours(*quarters)
    }
    fn share(&self, half: &Half) -> i32 {
        (i64::from(half.seconds) * 100 / i64::from(half.length_s.max(1))) as i32
    }
    fn is_capped(&self) -> bool {
        self.year.online > self.year.counted_online()
    }
    fn cap(&self) -> i32 {
        crate::study::ONLINE_CAP / 60
    }
    /// The first thing to do has the red button.
    fn is_first(&self, n: &usize) -> bool {
        *n == 0
    }
    fn is_empty(&self) -> bool {
        self.dues.is_empty()
            && self.going.is_empty()
            && self.waiting.is_empty()
            && self.records.is_empty()
            && self.halves.is_empty()
    }
}

/// How long is left until a day, in words, and how it is tinted.
fn left(page: &Page, day: NaiveDate, today: NaiveDate) -> (String, &'static str) {
    match (day - today).num_days() {
        n if n < 0 => (page.t("已过期限").to_owned(), "tag--wait"),
        0 => (page.t("今天").to_owned(), "tag--wait"),
        1 => (page.t("明天").to_owned(), "tag--wait"),
        n if n <= 7 => (page.say(&msg!("{} 天内", n)), "tag--info"),
        n => (page.say(&msg!("还有 {} 天", n)), ""),
    }
}

/// What the page knows of the courses of its reader.
struct Studied {
    course: Course,
    progress: Progress,
}

impl Me {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, now: Timestamp) -> Result<Me> {
        let (person, today) = (viewer.person, clock::day(now));
        let seats = store::seats(conn, person, now, SEATS)?;
        let ids: Vec<CourseId> = seats.iter().filter_map(|seat| seat.course).collect();
        let known = if ids.is_empty() { vec![] } else { courses::all(conn, &ids)? };
        let (studied, things) = studied(conn, person, (&seats, &known), today)?;
        let mut records = store::records_of(conn, person, 0, RECORDS + 1)?;
        let has_more_records = records.len() as i64 > RECORDS;
        records.truncate(RECORDS as usize);
        Ok(Me {
            dues: dues(conn, &page, (person, &seats, &studied), now)?,
            going: studied.iter().map(|one| going(&page, one, &things)).collect(),
            waiting: waiting(conn, &page, &seats, &known)?,
            missing: studied.iter().flat_map(|one| missing(&page, one, &things)).collect(),
            records,
            has_more_records,
            halves: store::half_watched(conn, person, HALVES)?,
            year: counted::of(conn, person, today)?,
            branch: people::card(conn, person)?.map(|card| card.1).unwrap_or_default(),
            name: viewer.name.clone(),
            page,
        })
    }
}

/// Where the person stands in each course with a place, the one that is due first before the others.
fn studied(
    conn: &mut Conn,
    person: PersonId,
    (seats, known): (&[Seat], &[Course]),
    today: NaiveDate,
) -> Result<(Vec<Studied>, Things)> {
    let versions: Vec<(CourseId, i32)> = seats
        .iter()
        .filter(|seat| seat.enrolment.state.is_seated())
        .filter_map(|seat| Some((seat.course?, seat.enrolment.version)))
        .collect();
    let items = courses::items_of(conn, &versions)?;
    let things = store::things(conn, items.iter().flat_map(|(_, items)| items))?;
    let borrowed: Vec<(CourseId, &[courses::Item])> =
        items.iter().map(|(id, items)| (*id, items.as_slice())).collect();
    let (facts, _) = store::facts(conn, person, &borrowed)?;
    let mut studied = vec![];
    for (id, items) in items {
        if let Some(course) = known.iter().find(|course| course.id == id) {
            studied.push(Studied { course: course.clone(), progress: judge(id, items, &facts, today) });
        }
    }
    studied.sort_by_key(|one| (one.course.about.due_on.is_none(), one.course.about.due_on));
    Ok((studied, things))
}

fn dues(
    conn: &mut Conn,
    page: &Page,
    (person, seats, studied): (PersonId, &[Seat], &[Studied]),
    now: Timestamp,
) -> Result<Vec<Due>> {
    let today = clock::day(now);
    let mut dues = vec![];
    for (id, title, ends_at) in store::running(conn, person, now)? {
        let minutes = (ends_at - now).num_minutes().max(1);
        dues.push(Due {
            icon: "list-checks",
            title,
            href: format!("/attempts/{id}"),
            about: page.t("正在进行的自测").to_owned(),
            tag: "tag--wait",
            left: page.say(&msg!("还剩 {} 分钟", minutes)),
            at: ends_at,
        });
    }
    for seat in seats {
        if let Some(event) = seat.event.as_ref().filter(|_| seat.enrolment.state == State::Confirmed) {
            let (left, tag) = left(page, clock::day(event.starts_at), today);
            let when = span(page, &event.starts_at, &event.ends_at);
            dues.push(Due {
                icon: "calendar",
                title: event.title.clone(),
                href: format!("/events/{}", event.id),
                about: if event.place.is_empty() { when } else { format!("{when} · {}", event.place) },
                tag,
                left,
                at: event.starts_at,
            });
        }
    }
    for one in studied.iter().filter(|one| !one.progress.is_finished()) {
        if let Some(day) = one.course.about.due_on {
            let (left, tag) = left(page, day, today);
            dues.push(Due {
                icon: "list-video",
                title: one.course.about.title.clone(),
                href: format!("/courses/{}", one.course.slug),
                about: page.say(&msg!("{} 前学完", page.day(&day))),
                tag,
                left,
                at: day.and_hms_opt(15, 59, 59).unwrap_or(now),
            });
        }
    }
    dues.sort_by_key(|due| due.at);
    Ok(dues)
}

fn going(page: &Page, one: &Studied, things: &Things) -> Going {
    let (all, done) = one.progress.required();
    let href = format!("/courses/{}", one.course.slug);
    let next = one.progress.next().map(|step| {
        let place = step_href(&href, step, things);
        (step.item.what.title.clone(), place, icon(step.item.what.task.kind()))
    });
    let next = next.or_else(|| {
        one.progress
            .is_finished()
            .then(|| (page.t("全部完成，去生成结业记录").to_owned(), href.clone(), "check"))
    });
    Going { title: one.course.about.title.clone(), href, all, done, next }
}

fn step_href(course: &str, step: &Step, things: &Things) -> String {
    match step.item.what.task {
        Task::Session => format!("{course}#step-{}", step.item.id),
        // A chapter is said to be read on the course's page, a lecture counts by itself.
        task => link(things, task).unwrap_or_else(|| format!("{course}#step-{}", step.item.id)),
    }
}

fn missing(page: &Page, one: &Studied, things: &Things) -> Vec<Missing> {
    let href = format!("/courses/{}", one.course.slug);
    one.progress
        .missing()
        .map(|step| Missing {
            course: one.course.about.title.clone(),
            title: step.item.what.title.clone(),
            href: match step.lock() {
                Some(_) => format!("{href}#step-{}", step.item.id),
                None => step_href(&href, step, things),
            },
            icon: icon(step.item.what.task.kind()),
            why: match (step.lock(), step.lack()) {
                (Some(Lock::Before(title)), _) => page.say(&msg!("先完成“{}”", title)),
                (Some(Lock::Until(day)), _) => page.say(&msg!("{} 开放", page.day(day))),
                (None, Some(what)) => lack(page, what),
                (None, None) => String::new(),
            },
            is_locked: step.lock().is_some(),
        })
        .collect()
}

fn waiting(conn: &mut Conn, page: &Page, seats: &[Seat], known: &[Course]) -> Result<Vec<Waiting>> {
    let waits = |seat: &&Seat| matches!(seat.enrolment.state, State::Waitlisted | State::Requested);
    let ids: Vec<_> = seats.iter().filter(waits).map(|seat| seat.enrolment.id).collect();
    let places = store::places(conn, &ids)?;
    let mut rows = vec![];
    for seat in seats.iter().filter(waits) {
        let course = known.iter().find(|course| Some(course.id) == seat.course);
        let (title, href) = match (course, &seat.event) {
            (Some(course), _) => (course.about.title.clone(), format!("/courses/{}", course.slug)),
            (None, Some(event)) => (event.title.clone(), format!("/events/{}", event.id)),
            (None, None) => continue,
        };
        let words = match places.get(&seat.enrolment.id) {
            Some(place) => page.say(&msg!("候补第 {} 位", place)),
            None => page.say(&seat.enrolment.state.words()),
        };
        rows.push(Waiting { title, href, words });
    }
    Ok(rows)
}

pub(super) async fn me(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let now = clock::now();
    let view = db.read(move |conn| Me::load(conn, page, &viewer, now)).await?;
    reply::page(&view)
}
