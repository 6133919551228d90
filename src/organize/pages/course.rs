//! One course at the desk: what is studied, what is said of it, what comes before it, and its next step.
use super::super::forms::{ActForm, CourseForm, LONGEST_TITLE};
use super::super::store::{self, Before};
use super::super::{Mark, compare, free_name};
use super::Choices;
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::audit::Doer;
use crate::clock::{self, Timestamp};
use crate::courses::{
    self, About, Course, Item, Judged, Kind, Mode, Opening, Refusal, Stage, Task, Verdict, Visibility,
};
use crate::db::{Conn, Db};
use crate::enrolments::Offering;
use crate::error::{Error, Result};
use crate::ids::{CourseId, digest, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, key, overtaken, text};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path};
use askama::Template;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/courses/{course}", MakeCourses, show),
        post("/organize/courses/{course}", MakeCourses, update),
        get("/organize/courses/{course}/preview", MakeCourses, preview),
        post("/organize/courses/{course}/prerequisites", MakeCourses, prerequisites),
        post("/organize/courses/{course}/begin", MakeCourses, begin),
        post("/organize/courses/{course}/drop", MakeCourses, drop_change),
        post("/organize/courses/{course}/submit", MakeCourses, submit),
        post("/organize/courses/{course}/take-back", MakeCourses, take_back),
        post("/organize/courses/{course}/withdraw", MakeCourses, withdraw),
        post("/organize/courses/{course}/reopen", MakeCourses, reopen),
        post("/organize/courses/{course}/archive", MakeCourses, archive),
        post("/organize/courses/{course}/duplicate", MakeCourses, duplicate),
    ]
}

/// A step as it is shown: where it leads, and what is different about it.
pub(super) struct Line {
    pub item: Item,
    pub link: String,
    pub mark: Mark,
}

/// The steps under one heading.
pub(super) struct Unit {
    pub title: String,
    pub lines: Vec<Line>,
}

/// The steps of a course as they are written, with what is different from the public ones.
pub(super) struct Steps {
    pub units: Vec<Unit>,
    pub count: usize,
    /// What the public version has and this one has not.
    pub gone: Vec<Item>,
}

impl Steps {
    /// The written steps; compared where the course is public already.
    pub fn load(conn: &mut Conn, course: &Course) -> Result<Steps> {
        let items = courses::items(conn, course.id, course.draft_version)?;
        let is_compared = course.version > 0 && course.draft_version > course.version;
        let public = match is_compared {
            true => courses::items(conn, course.id, course.version)?,
            false => vec![],
        };
        let (marks, gone) = compare(&public, &items);
        let gone: Vec<Item> = gone.into_iter().cloned().collect();
        let links = store::links(conn, &items)?;
        let count = items.len();
        let mut units: Vec<Unit> = vec![];
        for ((item, link), mark) in items.into_iter().zip(links).zip(marks) {
            let line = Line { link, mark: if is_compared { mark } else { Mark::Same }, item };
            match units.last_mut() {
                Some(unit) if line.item.what.unit.is_empty() => unit.lines.push(line),
                _ => units.push(Unit { title: line.item.what.unit.clone(), lines: vec![line] }),
            }
        }
        Ok(Steps { units, count, gone })
    }
}

/// The words and pictures of steps, which several pages show.
pub(super) fn step_icon(item: &Item) -> &'static str {
    match item.what.task.kind() {
        Kind::Lecture => "film",
        Kind::Chapter => "book-open",
        Kind::Test => "list-checks",
        Kind::Session => "map-pin",
    }
}

/// What a step asks for, in a few words each.
pub(super) fn step_facts(page: &Page, item: &Item) -> Vec<String> {
    let mut facts = vec![page.say(&item.what.task.kind().words())];
    if let Task::Lecture(_, share) = item.what.task {
        facts.push(page.say(&msg!("看满 {}%", share)));
    }
    match item.what.opening {
        Opening::AtOnce => {}
        Opening::InOrder => facts.push(page.say(&msg!("学完前面的必修项后开放"))),
        Opening::OnDay(day) => facts.push(page.say(&msg!("{} 起开放", page.day(&day)))),
    }
    facts
}

pub(super) fn mark_tag(page: &Page, mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Same => None,
        Mark::New => Some(page.t("新加的")),
        Mark::Changed => Some(page.t("改过")),
        Mark::Moved => Some(page.t("换了位置")),
    }
}

/// Names a text of a course: a form says by it what it was made from.
fn digest_of(about: &About) -> String {
    digest(&format!("{about:?}"))
}

#[derive(Template)]
#[template(path = "organize/course.html")]
struct Show {
    page: Page,
    course: Course,
    topic: String,
    steps: Steps,
    choices: Choices,
    offering: Option<Offering>,
    befores: Vec<Before>,
    others: Vec<(CourseId, String)>,
    problems: Vec<Refusal>,
    judged: Vec<Judged>,
    date_count: usize,
    form: CourseForm,
    /// What somebody else saved meanwhile.
    theirs: Option<About>,
    reason: String,
    errors: Errors,
    key: String,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CourseId) -> Result<Show> {
        let course = courses::editable(conn, viewer, id)?;
        let choices = Choices::load(conn)?;
        let befores = store::befores(conn, id)?;
        let mut others = store::published_courses(conn, id)?;
        others.retain(|(other, _)| befores.iter().all(|before| before.id != *other));
        let topic = choices.topics.iter().find(|topic| topic.id == course.about.topic);
        Ok(Show {
            topic: topic.map(|topic| topic.name_in(page.is_en()).to_owned()).unwrap_or_default(),
            steps: Steps::load(conn, &course)?,
            offering: super::offering(conn, &course)?,
            problems: if course.is_open() { courses::problems(conn, &course)? } else { vec![] },
            judged: courses::judged(conn, id)?,
            date_count: courses::sessions(conn, id)?.iter().filter(|date| date.state != "cancelled").count(),
            form: CourseForm { seen: digest_of(&course.about), ..CourseForm::of(&course.about) },
            theirs: None,
            reason: String::new(),
            errors: Errors::default(),
            key: random_hex(16),
            page,
            course,
            choices,
            befores,
            others,
        })
    }
    fn tags(&self) -> Vec<(&'static str, &'static str)> {
        super::state(&self.page, self.course.stage, self.course.has_change(), self.course.is_submitted)
    }
    fn is(&self, stage: Stage) -> bool {
        self.course.stage == stage
    }
    fn is_archived(&self) -> bool {
        self.course.archived_at.is_some()
    }
    /// Whether what is said of it may be changed.
    fn may_write(&self) -> bool {
        self.is(Stage::Draft) && !self.is_archived()
    }
    /// The last verdict, if it sent back what is open now.
    fn returned(&self) -> Option<&Judged> {
        let is_it = |one: &&Judged| {
            one.verdict == Verdict::Returned && one.round == self.course.round && self.course.is_open()
        };
        self.judged.first().filter(is_it)
    }
    fn has_dates(&self) -> bool {
        self.date_count > 0
    }
    fn has_session(&self) -> bool {
        let mut lines = self.steps.units.iter().flat_map(|unit| &unit.lines);
        lines.any(|line| line.item.what.task == Task::Session)
    }
    fn icon(&self, line: &Line) -> String {
        self.page.icon(step_icon(&line.item))
    }
    fn facts(&self, line: &Line) -> Vec<String> {
        step_facts(&self.page, &line.item)
    }
    fn mark(&self, line: &Line) -> Option<&'static str> {
        mark_tag(&self.page, line.mark)
    }
    fn say(&self, refusal: &Refusal) -> String {
        self.page.say(&refusal.words())
    }
    fn words(&self, verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Passed => self.page.t("通过"),
            Verdict::Returned => self.page.t("退回修改"),
        }
    }
    fn html(&self) -> String {
        self.page.markdown_below(&self.course.about.text, 3)
    }
    fn hours(&self) -> String {
        super::super::forms::hours(self.course.about.quarters)
    }
    fn mode(&self) -> String {
        self.page.say(&self.course.about.mode.words())
    }
}

async fn view(page: Page, viewer: Viewer, db: &Db, id: CourseId) -> Result<Show> {
    db.read(move |conn| Show::load(conn, page, &viewer, id)).await
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    reply::page(&view(page, viewer, &db, *id).await?)
}

/// What came of saving.
enum Saved {
    Yes,
    Wrong(Errors),
    /// Somebody saved another text since the form was made.
    Overtaken,
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<CourseForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let saved = db
        .write(move |conn| {
            let course = courses::editable(conn, &who, id)?;
            let about = match Choices::load(conn)?.check(conn, &sent)? {
                Ok(about) => about,
                Err(errors) => return Ok(Saved::Wrong(errors)),
            };
            // A form that was sent twice has nothing more to save.
            if about == course.about && course.is_open() {
                return Ok(Saved::Yes);
            }
            // Steps that were moved meanwhile do not matter here: only the text does.
            let is_seen = digest_of(&course.about) == sent.seen;
            let is_shut = course.stage != Stage::Draft || course.archived_at.is_some();
            if !is_seen && !is_shut {
                return Ok(Saved::Overtaken);
            }
            match courses::update(conn, id, course.revision, &about, &doer, clock::now())? {
                true => Ok(Saved::Yes),
                false => Ok(Saved::Overtaken),
            }
        })
        .await?;
    match saved {
        Saved::Yes => reply::see(format!("/organize/courses/{id}?done=saved")),
        Saved::Wrong(errors) => {
            let view = view(page, viewer, &db, id).await?;
            reply::invalid(&Show { form, errors, ..view })
        }
        Saved::Overtaken => {
            let view = view(page, viewer, &db, id).await?;
            // Whoever has seen the other text may save over it.
            let form = CourseForm { seen: digest_of(&view.course.about), ..form };
            let theirs = Some(view.course.about.clone());
            reply::invalid(&Show {
                form,
                theirs,
                errors: Errors::default().with("title", overtaken()),
                ..view
            })
        }
    }
}

#[derive(Template)]
#[template(path = "organize/preview.html")]
struct Preview {
    page: Page,
    course: Course,
    topic: String,
    steps: Steps,
    befores: Vec<Before>,
}

impl Preview {
    fn icon(&self, line: &Line) -> String {
        self.page.icon(step_icon(&line.item))
    }
    fn facts(&self, line: &Line) -> Vec<String> {
        step_facts(&self.page, &line.item)
    }
    fn html(&self) -> String {
        self.page.markdown_below(&self.course.about.text, 3)
    }
    fn hours(&self) -> String {
        super::super::forms::hours(self.course.about.quarters)
    }
    fn mode(&self) -> String {
        self.page.say(&self.course.about.mode.words())
    }
}

async fn preview(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    let id = *id;
    let view = db
        .read(move |conn| {
            let course = courses::editable(conn, &viewer, id)?;
            let topics = crate::lectures::topics(conn)?;
            let topic = topics.iter().find(|topic| topic.id == course.about.topic);
            Ok(Preview {
                topic: topic.map(|topic| topic.name_in(page.is_en()).to_owned()).unwrap_or_default(),
                steps: Steps::load(conn, &course)?,
                befores: store::befores(conn, id)?,
                page,
                course,
            })
        })
        .await?;
    reply::page(&view)
}

/// Adds a course that has to be finished before, or takes one out.
async fn prerequisites(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<ActForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let is_removal = !form.remove.is_empty();
    let done = db
        .write(move |conn| {
            courses::editable(conn, &who, id)?;
            let before: Vec<CourseId> = store::befores(conn, id)?.into_iter().map(|one| one.id).collect();
            let mut required = before.clone();
            if is_removal {
                required.retain(|one| one.to_string() != sent.remove);
            } else {
                let chosen = store::published_courses(conn, id)?
                    .into_iter()
                    .map(|one| one.0)
                    .find(|one| one.to_string() == sent.add);
                let Some(chosen) = chosen else {
                    return Ok(Err(msg!("请选一门已发布的系列课程")));
                };
                if !required.contains(&chosen) {
                    required.push(chosen);
                }
            }
            if required.len() > 20 {
                return Ok(Err(msg!("先修课程最多 20 门")));
            }
            if required != before {
                courses::set_prerequisites(conn, id, &required, &doer, clock::now())?;
            }
            Ok(Ok(()))
        })
        .await?;
    match done {
        Ok(()) => {
            let done = if is_removal { "removed" } else { "added" };
            reply::see(format!("/organize/courses/{id}?done={done}#h-before"))
        }
        Err(problem) => {
            let view = view(page, viewer, &db, id).await?;
            reply::invalid(&Show { errors: Errors::default().with("add", problem), ..view })
        }
    }
}

/// A step on the way that needs nothing but the course.
type Verb = fn(&mut Conn, CourseId, &Doer, Timestamp) -> Result<()>;

async fn go(page: &Page, viewer: Viewer, db: &Db, id: CourseId, verb: Verb, done: &str) -> Reply {
    let doer = page.doer();
    db.write(move |conn| {
        courses::editable(conn, &viewer, id)?;
        verb(conn, id, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done={done}"))
}

async fn begin(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    go(&page, viewer, &db, *id, courses::begin_change, "course-begun").await
}

async fn drop_change(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    go(&page, viewer, &db, *id, courses::drop_change, "course-dropped").await
}

async fn submit(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    go(&page, viewer, &db, *id, courses::submit, "course-submitted").await
}

async fn take_back(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    go(&page, viewer, &db, *id, courses::take_back, "course-taken-back").await
}

async fn reopen(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    go(&page, viewer, &db, *id, courses::reopen, "course-reopened").await
}

async fn archive(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    go(&page, viewer, &db, *id, courses::archive, "course-archived").await
}

async fn withdraw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<ActForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let mut errors = Errors::default();
    let Some(reason) = errors.take("reason", text(&form.reason, 200)) else {
        let view = view(page, viewer, &db, id).await?;
        return reply::invalid(&Show { errors, reason: form.into_inner().reason, ..view });
    };
    db.write(move |conn| {
        courses::editable(conn, &viewer, id)?;
        courses::withdraw(conn, id, &reason, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done=course-withdrawn"))
}

/// The title of a copy, as long as titles may be.
fn copied(title: &str) -> String {
    const SIGN: &str = "（副本）";
    let room = LONGEST_TITLE - SIGN.chars().count();
    let bare = title.trim_end_matches(SIGN);
    format!("{}{SIGN}", bare.chars().take(room).collect::<String>())
}

async fn duplicate(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<ActForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let key: Result<String, Message> = key(&form.key);
    let key = key.map_err(Error::Refused)?;
    let copy = db
        .write(move |conn| {
            let course = courses::editable(conn, &viewer, id)?;
            let slug = free_name(conn, &course.about.title)?;
            let title = copied(&course.about.title);
            let names = (slug.as_str(), title.as_str(), key.as_str());
            let copy = courses::duplicate(conn, id, names, viewer.account, &doer, clock::now())?;
            crate::enrolments::offer_course(conn, copy)?;
            Ok(copy)
        })
        .await?;
    reply::see(format!("/organize/courses/{copy}?done=course-copied"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_title_that_fits() {
        assert_eq!(copied("灌区值守"), "灌区值守（副本）");
        assert_eq!(copied("灌区值守（副本）"), "灌区值守（副本）");
        assert_eq!(copied(&"长".repeat(60)).chars().count(), LONGEST_TITLE);
    }
}
