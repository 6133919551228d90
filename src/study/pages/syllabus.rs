//! The steps of a course as a page shows them: by units, each with its kind, its length and where the reader stands.
use crate::clock::{self, Timestamp};
use crate::courses::{self, Course, Item, Kind, Task};
use crate::db::Conn;
use crate::enrolments::{Offering, State};
use crate::error::Result;
use crate::ids::{BookletId, EnrolmentId, EventId, ItemId, LectureId, TestId};
use crate::lectures::{self, By};
use crate::msg;
use crate::study::store::{self, Date, OwnDate, Things};
use crate::study::{Lack, Lock, Progress, Standing, Step, counts};
use crate::web::page::Page;
use std::collections::HashMap;

/// The steps of one version, the same for everybody.
pub(super) struct Syllabus {
    pub items: Vec<Item>,
    pub things: Things,
    /// Who gives the lectures, with the numbers of their steps.
    pub by: Vec<(By, Vec<i32>)>,
}

impl Syllabus {
    pub fn load(conn: &mut Conn, course: &Course, version: i32) -> Result<Syllabus> {
        let items = courses::items(conn, course.id, version)?;
        let things = store::things(conn, items.iter())?;
        let lecture_of = |item: &Item| match item.what.task {
            Task::Lecture(id, _) => Some(id),
            _ => None,
        };
        let ids: Vec<LectureId> = items.iter().filter_map(lecture_of).collect();
        let mut by: Vec<(By, Vec<i32>)> = vec![];
        let cards = lectures::cards_of(conn, &ids)?;
        for item in &items {
            let card = lecture_of(item).and_then(|id| cards.iter().find(|card| card.id == id));
            for one in card.iter().flat_map(|card| &card.by) {
                match by.iter_mut().find(|(known, _)| known.id == one.id) {
                    Some((_, numbers)) => numbers.push(item.position),
                    None => by.push((one.clone(), vec![item.position])),
                }
            }
        }
        Ok(Syllabus { items, things, by })
    }
    /// Lectures and their length in milliseconds.
    pub fn lectures(&self) -> (usize, i32) {
        let lengths = self.items.iter().filter_map(|item| match item.what.task {
            Task::Lecture(id, _) => Some(self.things.lectures.get(&id).map_or(0, |lecture| lecture.0)),
            _ => None,
        });
        lengths.fold((0, 0), |(n, ms), length| (n + 1, ms + length))
    }
    pub fn count(&self, kind: Kind) -> usize {
        self.items.iter().filter(|item| item.what.task.kind() == kind).count()
    }
}

/// The address of what a step refers to, where it can be studied now.
pub(super) fn link(things: &Things, task: Task) -> Option<String> {
    match task {
        Task::Lecture(id, _) => lecture_link(things, id),
        Task::Chapter(id, chapter) => booklet_link(things, id, chapter),
        Task::Test(id) => test_link(things, id),
        Task::Session => None,
    }
}

fn lecture_link(things: &Things, id: LectureId) -> Option<String> {
    things.lectures.get(&id).filter(|lecture| lecture.1).map(|_| format!("/lectures/{id}"))
}

fn booklet_link(things: &Things, id: BookletId, chapter: i32) -> Option<String> {
    things
        .booklets
        .get(&id)
        .filter(|booklet| booklet.1)
        .map(|booklet| format!("/booklets/{}/{chapter}", booklet.0))
}

fn test_link(things: &Things, id: TestId) -> Option<String> {
    things.tests.get(&id).filter(|test| test.2).map(|_| format!("/tests/{id}"))
}

/// What is missing, in the reader's words.
pub(super) fn lack(page: &Page, lack: &Lack) -> String {
    match lack {
        Lack::Attend(Some(day)) => page.say(&msg!("{} 到场", page.day(day))),
        other => page.say(&other.words()),
    }
}

/// The icon of a kind of step.
pub(super) fn icon(kind: Kind) -> &'static str {
    match kind {
        Kind::Lecture => "play",
        Kind::Chapter => "book-open",
        Kind::Test => "list-checks",
        Kind::Session => "map-pin",
    }
}

/// A heading with the steps below it.
pub(super) struct Unit {
    pub title: String,
    pub rows: Vec<Row>,
}

impl Unit {
    pub fn done(&self) -> usize {
        self.rows.iter().filter(|row| row.is_done).count()
    }
}

/// A step on the page.
pub(super) struct Row {
    pub id: ItemId,
    pub number: i32,
    pub title: String,
    pub icon: &'static str,
    pub kind: String,
    /// Its length.
    pub size: String,
    /// Where the reader stands, in words; empty for whoever has no place in the course.
    pub words: String,
    pub link: Option<String>,
    pub is_required: bool,
    pub is_done: bool,
    pub is_next: bool,
    pub is_locked: bool,
    /// The reader may say that it is read.
    pub may_state: bool,
    pub dates: Vec<Sitting>,
}

/// A date of a step on the page.
pub(super) struct Sitting {
    pub event: EventId,
    pub when: String,
    pub place: String,
    pub lecturer: String,
    pub seats: String,
    /// Why it does not take place.
    pub off: Option<String>,
    pub is_over: bool,
    /// The own seat, with its state in words.
    pub own: Option<(EnrolmentId, String)>,
    pub may_cancel: bool,
    pub may_book: bool,
    pub is_full: bool,
    pub key: String,
}

/// What the rows of one reader are made of.
pub(super) struct Reader<'a> {
    pub progress: &'a Progress,
    pub dates: &'a [OwnDate],
}

/// The units of the page, for a reader who has a place in the course or for anybody else.
pub(super) fn units(
    page: &Page,
    syllabus: &Syllabus,
    (dates, seats): (&[Date], &HashMap<EventId, Offering>),
    reader: Option<&Reader<'_>>,
    now: Timestamp,
) -> Vec<Unit> {
    let next = reader.and_then(|reader| reader.progress.next()).map(|step| step.item.id);
    let mut units: Vec<Unit> = vec![];
    for item in &syllabus.items {
        let step =
            reader.and_then(|reader| reader.progress.steps.iter().find(|step| step.item.id == item.id));
        let is_locked = step.is_some_and(|step| step.lock().is_some());
        let own = reader.map_or(&[][..], |reader| reader.dates);
        let may_book = step.is_some_and(|step| step.is_open());
        let row = Row {
            id: item.id,
            number: item.position,
            title: item.what.title.clone(),
            icon: icon(item.what.task.kind()),
            kind: page.say(&item.what.task.kind().words()),
            size: size(page, &syllabus.things, item.what.task),
            words: step.map(|step| standing(page, step)).unwrap_or_default(),
            link: link(&syllabus.things, item.what.task).filter(|_| !is_locked),
            is_required: item.what.is_required,
            is_done: step.is_some_and(Step::is_done),
            is_next: next == Some(item.id),
            is_locked,
            may_state: step.is_some_and(Step::is_open) && item.what.task.kind() == Kind::Chapter,
            dates: dates
                .iter()
                .filter(|date| date.step == item.step)
                .map(|date| sitting(page, date, seats.get(&date.event), (own, may_book), now))
                .collect(),
        };
        match units.last_mut() {
            Some(unit) if item.what.unit.is_empty() => unit.rows.push(row),
            _ => units.push(Unit { title: item.what.unit.clone(), rows: vec![row] }),
        }
    }
    units
}

/// How long a step is.
fn size(page: &Page, things: &Things, task: Task) -> String {
    match task {
        Task::Lecture(id, share) => match things.lectures.get(&id) {
            Some((ms, true)) if share < 100 => page.say(&msg!("{}，看满 {}%", page.length(ms), share)),
            Some((ms, true)) => page.length(ms),
            _ => page.t("这堂课已下架").to_owned(),
        },
        Task::Chapter(id, chapter) => match things.booklets.get(&id) {
            Some((_, true)) => page.say(&msg!("第 {} 章", chapter)),
            _ => page.t("这本读本已下架").to_owned(),
        },
        Task::Test(id) => match things.tests.get(&id) {
            Some((n, Some(minutes), true)) => page.say(&msg!("{} 题，{} 分钟", n, minutes)),
            Some((n, None, true)) => page.say(&msg!("{} 题，不限时", n)),
            _ => page.t("这个自测已关闭").to_owned(),
        },
        Task::Session => page.t("选一个时间到场").to_owned(),
    }
}

/// Where the reader stands in a step, in words.
fn standing(page: &Page, step: &Step) -> String {
    match &step.standing {
        Standing::Done => match step.item.what.task.kind() {
            Kind::Chapter => page.t("已读完（本人声明）").to_owned(),
            Kind::Session => page.t("已到场").to_owned(),
            Kind::Test => page.t("已通过").to_owned(),
            Kind::Lecture => page.t("已看完").to_owned(),
        },
        Standing::Open(missing) => lack(page, missing),
        Standing::Locked(Lock::Before(title), _) => page.say(&msg!("先完成“{}”", title)),
        Standing::Locked(Lock::Until(day), _) => page.say(&msg!("{} 开放", page.day(day))),
    }
}

/// From when to when, on one line.
pub(super) fn span(page: &Page, from: &Timestamp, to: &Timestamp) -> String {
    let end = clock::local(*to);
    if clock::day(*from) == end.date() {
        format!("{}–{}", page.moment(from), end.format("%H:%M"))
    } else {
        format!("{} – {}", page.moment(from), page.moment(to))
    }
}

fn sitting(
    page: &Page,
    date: &Date,
    offering: Option<&Offering>,
    (own, may_book): (&[OwnDate], bool),
    now: Timestamp,
) -> Sitting {
    let mine = own.iter().find(|one| one.event == date.event);
    let seat = mine.and_then(|one| one.enrolment);
    let is_off = date.state == "cancelled";
    let is_over = !is_off && date.starts_at <= now;
    let was_there = mine.and_then(|one| one.status.as_deref()).map(counts);
    let free = offering.and_then(Offering::free);
    let off = is_off.then(|| match date.reason.as_str() {
        "" => page.t("已取消").to_owned(),
        reason => page.say(&msg!("已取消：{}", reason)),
    });
    let own = seat.map(|(id, state)| {
        let words = match (was_there, state) {
            (Some(true), _) => State::Attended.words(),
            (Some(false), State::Confirmed) => State::NoShow.words(),
            _ => state.words(),
        };
        (id, page.say(&words))
    });
    let house = match (&date.school, &date.base) {
        (Some((_, name)), _) => name.clone(),
        (_, Some((.., name))) => name.clone(),
        _ => String::new(),
    };
    let online = if date.online_url.is_empty() { "" } else { page.t("线上") };
    let place: Vec<&str> =
        [house.as_str(), date.place.as_str(), online].into_iter().filter(|text| !text.is_empty()).collect();
    let is_future = !is_off && date.starts_at > now;
    let may_cancel = is_future
        && seat.is_some_and(|(_, state)| {
            matches!(state, State::Requested | State::Confirmed | State::Waitlisted)
        });
    Sitting {
        event: date.event,
        when: span(page, &date.starts_at, &date.ends_at),
        place: place.join(" · "),
        lecturer: date.lecturer.clone(),
        seats: match (offering, free) {
            _ if !is_future => String::new(),
            (None, _) => String::new(),
            (Some(_), None) => page.t("名额不限").to_owned(),
            (Some(one), Some(0)) => page.say(&msg!("已满，候补 {} 人", one.waiting)),
            (Some(_), Some(n)) => page.say(&msg!("余 {} 席", n)),
        },
        off,
        is_over,
        may_cancel,
        may_book: may_book && is_future && seat.is_none() && offering.is_some(),
        is_full: free == Some(0),
        own,
        key: if may_book { crate::ids::random_hex(16) } else { String::new() },
    }
}
