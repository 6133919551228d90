//! One course: its syllabus, how to get a place, where the reader stands; reading a chapter, and the end.
use super::hours;
use super::syllabus::{self, Reader, Syllabus, Unit};
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::courses::{self, Course, Kind, Task, Visibility};
use crate::db::{Conn, Db};
use crate::enrolments::{self, Enrolment, Mode, Offering, Refusal, State};
use crate::error::Result;
use crate::ids::{CourseId, EventId, ItemId, OrgId, RecordId, random_hex};
use crate::lang::Message;
use crate::study::progress::judge;
use crate::study::store::{self, Date, OwnDate};
use crate::study::{Progress, finish as rules};
use crate::web::kept::Kept;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::slug::Slug;
use crate::{msg, organization};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use std::collections::HashMap;
use std::sync::Arc;

/// What a course is, the same for everybody who may see it.
struct About {
    course: Course,
    /// Name in addresses, Chinese, English.
    topic: (String, String, String),
    offering: Offering,
    /// The only unit whose members it is for.
    within: Option<String>,
    prerequisites: Vec<(CourseId, String, String)>,
    dates: Vec<Date>,
    seats: HashMap<EventId, Offering>,
}

impl About {
    fn load(conn: &mut Conn, slug: &str, is_signed_in: bool) -> Result<About> {
        let course = courses::open(conn, slug, is_signed_in)?;
        let dates = store::dates(conn, course.id)?;
        let events: Vec<EventId> = dates.iter().map(|date| date.event).collect();
        let mut seats = HashMap::new();
        for offering in enrolments::of_events(conn, &events)? {
            if let enrolments::What::Event(event) = offering.what {
                seats.insert(event, offering);
            }
        }
        let offering = enrolments::of_course(conn, course.id)?;
        let node =
            offering.terms.path.trim_end_matches('/').rsplit('/').next().and_then(|id| id.parse().ok());
        let within = match node {
            Some(id) => Some(organization::find(conn, OrgId(id))?.name),
            None => None,
        };
        Ok(About {
            topic: store::topic(conn, course.about.topic)?,
            prerequisites: courses::prerequisites(conn, course.id)?,
            within,
            offering,
            dates,
            seats,
            course,
        })
    }
}

/// Where a member stands with the course.
#[derive(Default)]
struct Own {
    enrolment: Option<Enrolment>,
    /// In the queue.
    place: Option<i64>,
    progress: Option<Progress>,
    dates: Vec<OwnDate>,
    /// Courses that have to be finished before, and are.
    finished: Vec<CourseId>,
    hindrance: Option<Refusal>,
    declined: Option<(Timestamp, Option<String>)>,
    /// The record, and whether it was taken back.
    record: Option<(RecordId, bool)>,
}

impl Own {
    fn enrolled(conn: &mut Conn, viewer: &Viewer, about: &About) -> Result<Option<Enrolment>> {
        enrolments::active(conn, about.offering.id, viewer.person)
    }
    fn load(
        conn: &mut Conn,
        viewer: &Viewer,
        (about, syllabus): (&About, &Syllabus),
        enrolment: Option<Enrolment>,
        now: Timestamp,
    ) -> Result<Own> {
        let (person, course) = (viewer.person, &about.course);
        let mut own = Own::default();
        match &enrolment {
            Some(one) if one.state.is_seated() => {
                let (facts, dates) = store::facts(conn, person, &[(course.id, &syllabus.items)])?;
                own.progress = Some(judge(course.id, syllabus.items.clone(), &facts, clock::day(now)));
                own.dates = dates;
                let last = store::last_record(conn, person, course.id, one.version)?;
                own.record = last.map(|(id, _, is_back)| (id, is_back));
            }
            Some(one) if one.state == State::Waitlisted => {
                own.place = store::places(conn, &[one.id])?.get(&one.id).copied();
            }
            Some(_) => {}
            None => {
                let before: Vec<CourseId> = about.prerequisites.iter().map(|one| one.0).collect();
                own.finished = store::finished_among(conn, person, &before)?;
                own.hindrance = enrolments::hindrance(conn, &about.offering, person, now)?;
                own.declined = store::declined(conn, about.offering.id, person)?;
            }
        }
        own.enrolment = enrolment;
        Ok(own)
    }
}

#[derive(Template)]
#[template(path = "study/course.html")]
struct Show {
    page: Page,
    about: Arc<About>,
    syllabus: Arc<Syllabus>,
    /// `None` for a visitor.
    own: Option<Own>,
    units: Vec<Unit>,
    key: String,
}

/// What the one red button leads to.
struct Next {
    icon: &'static str,
    words: String,
    title: String,
    href: String,
}

impl Show {
    fn new(page: Page, about: Arc<About>, syllabus: Arc<Syllabus>, own: Option<Own>, now: Timestamp) -> Show {
        let reader = own
            .as_ref()
            .and_then(|own| own.progress.as_ref().map(|progress| Reader { progress, dates: &own.dates }));
        let units = syllabus::units(&page, &syllabus, (&about.dates, &about.seats), reader.as_ref(), now);
        let key = if own.is_some() { random_hex(16) } else { String::new() };
        Show { page, about, syllabus, own, units, key }
    }
    fn course(&self) -> &Course {
        &self.about.course
    }
    fn topic(&self) -> &str {
        if self.page.is_en() { &self.about.topic.2 } else { &self.about.topic.1 }
    }
    fn hours(&self) -> String {
        hours(self.course().about.quarters)
    }
    fn is_for_members(&self) -> bool {
        self.course().about.visibility == Visibility::Members
    }
    fn minutes(&self) -> i32 {
        (self.syllabus.lectures().1 + 59_999) / 60_000
    }
    fn sessions(&self) -> usize {
        self.syllabus.count(Kind::Session)
    }
    fn enrolment(&self) -> Option<&Enrolment> {
        self.own.as_ref()?.enrolment.as_ref()
    }
    fn is_seated(&self) -> bool {
        self.enrolment().is_some_and(|one| one.state.is_seated())
    }
    fn may_cancel(&self) -> bool {
        self.enrolment().is_some_and(|one| {
            one.finished_at.is_none()
                && matches!(one.state, State::Requested | State::Confirmed | State::Waitlisted)
        })
    }
    /// Seats that are not reserved for somebody, where there is a limit.
    fn seats(&self) -> Option<(i32, i32)> {
        Some((self.about.offering.terms.capacity?, self.about.offering.free()?))
    }
    fn needs_code(&self) -> bool {
        self.about.offering.terms.mode == Mode::Code
    }
    fn is_finished_before(&self, id: &CourseId) -> bool {
        self.own.as_ref().is_some_and(|own| own.finished.contains(id))
    }
    /// Nobody's own state is asked for once there is a place.
    fn shows_before(&self) -> bool {
        self.enrolment().is_none()
    }
    /// Of a member who has no place: why none can be had now.
    fn hindrance(&self) -> Option<Message> {
        Some(self.own.as_ref()?.hindrance.as_ref()?.words())
    }
    fn audience(&self) -> String {
        let words: Vec<String> =
            self.about.offering.terms.audience.iter().map(|one| self.page.say(&one.words())).collect();
        words.join(if self.page.is_en() { ", " } else { "、" })
    }
    /// What finishing asks for.
    fn conditions(&self) -> Vec<String> {
        let count = |kind: Kind| {
            let of_kind = |item: &&courses::Item| item.what.is_required && item.what.task.kind() == kind;
            self.syllabus.items.iter().filter(of_kind).count()
        };
        [
            (count(Kind::Lecture), msg!("看完 {} 堂微党课", count(Kind::Lecture))),
            (count(Kind::Chapter), msg!("读完 {} 章读本", count(Kind::Chapter))),
            (count(Kind::Test), msg!("通过 {} 次自测", count(Kind::Test))),
            (count(Kind::Session), msg!("到场 {} 次", count(Kind::Session))),
        ]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(_, words)| self.page.say(&words))
        .collect()
    }
    fn numbers(&self, numbers: &[i32]) -> String {
        let list = numbers.iter().map(i32::to_string).collect::<Vec<_>>();
        self.page.say(&msg!("讲第 {} 项", list.join(if self.page.is_en() { ", " } else { "、" })))
    }
    /// The version of the reader's enrolment, where the course has gone on.
    fn older_version(&self) -> Option<i32> {
        self.enrolment().filter(|one| one.version != self.course().version).map(|one| one.version)
    }
    fn may_renew(&self) -> bool {
        self.course().is_published()
            && self.enrolment().is_some_and(|one| {
                one.finished_at.is_none() && one.state.is_seated() && one.version < self.course().version
            })
    }
    fn required(&self) -> Option<(usize, usize)> {
        Some(self.own.as_ref()?.progress.as_ref()?.required())
    }
    fn is_missing(&self) -> bool {
        self.required().is_some_and(|(all, done)| done < all)
    }
    fn is_full(&self) -> bool {
        self.seats().is_some_and(|(_, free)| free == 0)
    }
    fn may_finish(&self) -> bool {
        self.own.as_ref().is_some_and(|own| {
            own.record.is_none_or(|(_, is_back)| is_back)
                && own.progress.as_ref().is_some_and(Progress::is_finished)
        })
    }
    /// The last record was taken back: another one is made only for whoever asks.
    fn is_again(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.record.is_some_and(|(_, is_back)| is_back))
    }
    fn next(&self) -> Option<Next> {
        let own = self.own.as_ref()?;
        let step = own.progress.as_ref()?.next()?;
        let item = &step.item;
        let booked = own.dates.iter().find(|date| {
            date.step == item.step && date.enrolment.is_some_and(|(_, state)| state == State::Confirmed)
        });
        let href = match (item.what.task, booked) {
            (Task::Session, Some(date)) => format!("/events/{}", date.event),
            (task, _) => {
                syllabus::link(&self.syllabus.things, task).unwrap_or_else(|| format!("#step-{}", item.id))
            }
        };
        let words = match (item.what.task.kind(), booked) {
            (Kind::Lecture, _) => self.page.t("看下一课"),
            (Kind::Chapter, _) => self.page.t("读下一章"),
            (Kind::Test, _) => self.page.t("去自测"),
            (Kind::Session, None) => self.page.t("选现场课的时间"),
            (Kind::Session, Some(_)) => self.page.t("看现场课的时间地点"),
        };
        Some(Next {
            icon: syllabus::icon(item.what.task.kind()),
            words: words.to_owned(),
            title: item.what.title.clone(),
            href,
        })
    }
}

/// In the place of a course that is not public any more.
#[derive(Template)]
#[template(path = "study/gone.html")]
struct Gone {
    page: Page,
    course: Course,
}

async fn about(page: &Page, db: &Db, kept: &Kept, slug: &str) -> Result<Arc<About>> {
    let is_signed_in = page.viewer.is_some();
    let (name, slug) = (format!("course {slug} {is_signed_in}"), slug.to_owned());
    kept.part(db, name, move |conn| About::load(conn, &slug, is_signed_in)).await
}

pub(super) async fn show(page: Page, db: Data<Db>, kept: Data<Kept>, slug: Path<Slug>) -> Reply {
    let about = about(&page, &db, &kept, slug.as_str()).await?;
    let now = clock::now();
    // Whoever has a place stays with the version of that day.
    let (mut enrolment, mut version) = (None, about.course.version);
    if let Some(viewer) = page.viewer.clone() {
        let known = about.clone();
        enrolment = db.read(move |conn| Own::enrolled(conn, &viewer, &known)).await?;
        version = enrolment.as_ref().map_or(version, |one| one.version);
    }
    // Whoever has a place keeps the page, and what is left to do.
    if !about.course.is_published() && enrolment.is_none() {
        return reply::html(StatusCode::GONE, &Gone { page, course: about.course.clone() });
    }
    let name = format!("syllabus {} {version}", about.course.id);
    let course = about.course.clone();
    let syllabus = kept.part(&db, name, move |conn| Syllabus::load(conn, &course, version)).await?;
    let own = match page.viewer.clone() {
        None => None,
        Some(viewer) => {
            let (about, syllabus) = (about.clone(), syllabus.clone());
            let load = move |conn: &mut Conn| Own::load(conn, &viewer, (&about, &syllabus), enrolment, now);
            Some(db.read(load).await?)
        }
    };
    reply::page(&Show::new(page, about, syllabus, own, now))
}

/// The reader says that a chapter is read.
pub(super) async fn read(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(Slug, ItemId)>) -> Reply {
    let (slug, item) = path.into_inner();
    let (doer, name) = (page.doer(), slug.as_str().to_owned());
    let is_finished = db
        .write(move |conn| {
            let now = clock::now();
            let course = courses::open(conn, &name, true)?;
            let (enrolment, ..) =
                rules::state_read(conn, viewer.person, &course, item, viewer.acted_by(), now)?;
            let had = enrolment.finished_at.is_some();
            Ok(rules::finish(conn, &enrolment, &course, &doer, now)?.is_some() && !had)
        })
        .await?;
    let done = if is_finished { "record-made" } else { "chapter-read" };
    reply::see(format!("/courses/{}?done={done}#step-{item}", slug.as_str()))
}

/// Everything is done: the record, now.
pub(super) async fn finish(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let (doer, name) = (page.doer(), slug.as_str().to_owned());
    let record = db
        .write(move |conn| {
            let course = courses::open(conn, &name, true)?;
            rules::finish_now(conn, viewer.person, &course, &doer, clock::now())
        })
        .await?;
    reply::see(format!("/me/records/{record}?done=record-made"))
}

/// On with the newest version of the course.
pub(super) async fn renew(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let (doer, name) = (page.doer(), slug.as_str().to_owned());
    db.write(move |conn| {
        let course = courses::open(conn, &name, true)?;
        rules::renew(conn, viewer.person, &course, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/courses/{}?done=saved", slug.as_str()))
}
