//! What is studied in a course: lectures, chapters, self-tests and sessions are added, changed, moved and taken out.
use super::super::forms::{ChaptersForm, ItemForm, LONGEST_TITLE};
use super::super::store::{self, Hit};
use super::course::{step_facts, step_icon};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::courses::{self, Course, Item, Kind, NewItem, Opening, Task};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{BookletId, CourseId, ItemId, LectureId, TestId, random_hex};
use crate::msg;
use crate::selftests;
use crate::watching;
use crate::web::body;
use crate::web::form::{Errors, key, optional, overtaken};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/courses/{course}/add/lectures", MakeCourses, lectures),
        post("/organize/courses/{course}/add/lectures", MakeCourses, add_lecture),
        get("/organize/courses/{course}/add/chapters", MakeCourses, chapters),
        post("/organize/courses/{course}/add/chapters", MakeCourses, add_chapters),
        get("/organize/courses/{course}/add/tests", MakeCourses, tests),
        post("/organize/courses/{course}/add/tests", MakeCourses, add_test),
        get("/organize/courses/{course}/add/session", MakeCourses, session),
        post("/organize/courses/{course}/add/session", MakeCourses, add_session),
        get("/organize/courses/{course}/items/{item}", MakeCourses, edit),
        post("/organize/courses/{course}/items/{item}", MakeCourses, save),
        post("/organize/courses/{course}/items/{item}/up", MakeCourses, up),
        post("/organize/courses/{course}/items/{item}/down", MakeCourses, down),
        post("/organize/courses/{course}/items/{item}/remove", MakeCourses, remove),
    ]
}

/// The course, if this viewer may change its steps now; the reason why not is said before anything is typed.
fn open(conn: &mut Conn, viewer: &Viewer, id: CourseId) -> Result<(Course, Vec<Item>)> {
    let course = courses::editable(conn, viewer, id)?;
    if let Some(refusal) = courses::shut(&course) {
        return Err(refusal.into());
    }
    let items = courses::items(conn, id, course.draft_version)?;
    Ok((course, items))
}

/// A step as it is added with one click: required, at once, under the heading before it.
fn plain(title: &str, task: Task, unit: &str) -> NewItem {
    NewItem {
        unit: unit.to_owned(),
        title: title.chars().take(LONGEST_TITLE).collect(),
        task,
        is_required: true,
        opening: Opening::AtOnce,
    }
}

#[derive(Template)]
#[template(path = "organize/lectures.html")]
struct Lectures {
    page: Page,
    course: Course,
    q: String,
    hits: Vec<Hit>,
    /// Those that the course has already.
    present: Vec<LectureId>,
    key: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SearchQuery {
    q: String,
    booklet: String,
}

impl Lectures {
    fn topic<'a>(&self, hit: &'a Hit) -> &'a str {
        if self.page.is_en() { &hit.topic_en } else { &hit.topic }
    }
    fn has(&self, hit: &Hit) -> bool {
        self.present.contains(&hit.id)
    }
}

async fn lectures(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    query: Query<SearchQuery>,
) -> Reply {
    let id = *id;
    // What cannot be searched for finds nothing.
    let q = optional(&query.q, 100);
    let view = db
        .read(move |conn| {
            let (course, items) = open(conn, &viewer, id)?;
            let hits = match &q {
                Ok(q) => store::lectures_like(conn, q)?,
                Err(_) => vec![],
            };
            let lecture = |item: &Item| match item.what.task {
                Task::Lecture(id, _) => Some(id),
                _ => None,
            };
            let present = items.iter().filter_map(lecture).collect();
            Ok(Lectures { page, course, q: q.unwrap_or_default(), hits, present, key: random_hex(16) })
        })
        .await?;
    reply::page(&view)
}

async fn add_lecture(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<ItemForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let key = key(&form.key).map_err(Error::Refused)?;
    let lecture = LectureId(form.lecture.parse().map_err(|_| Error::NotFound)?);
    db.write(move |conn| {
        open(conn, &viewer, id)?;
        let title = store::lecture_title(conn, lecture)?;
        let item = plain(&title, Task::Lecture(lecture, watching::threshold(conn, clock::now())?), "");
        courses::add_items(conn, id, &[item], &key, &doer, clock::now())
    })
    .await?;
    let q = optional(&form.q, 100).unwrap_or_default();
    let q = serde_urlencoded::to_string([("q", q.as_str()), ("done", "added")]).map_err(Error::internal)?;
    reply::see(format!("/organize/courses/{id}/add/lectures?{q}"))
}

#[derive(Template)]
#[template(path = "organize/chapters.html")]
struct Chapters {
    page: Page,
    course: Course,
    booklets: Vec<(BookletId, String)>,
    booklet: Option<BookletId>,
    /// Number, title, and whether the course has it already.
    chapters: Vec<(i32, String, bool)>,
    form: ChaptersForm,
    errors: Errors,
}

impl Chapters {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: CourseId,
        booklet: Option<BookletId>,
    ) -> Result<Chapters> {
        let (course, items) = open(conn, viewer, id)?;
        let booklets = store::published_booklets(conn)?;
        let booklet = booklet.filter(|chosen| booklets.iter().any(|one| one.0 == *chosen));
        let chapters = booklet.map_or(Ok(vec![]), |booklet| store::chapters(conn, booklet))?;
        let chapters = chapters.into_iter().map(|(number, title)| {
            let is_there = booklet.is_some_and(|booklet| {
                items.iter().any(|item| item.what.task == Task::Chapter(booklet, number))
            });
            (number, title, is_there)
        });
        Ok(Chapters {
            chapters: chapters.collect(),
            form: ChaptersForm { key: random_hex(16), ..ChaptersForm::default() },
            errors: Errors::default(),
            page,
            course,
            booklets,
            booklet,
        })
    }
    fn is_booklet(&self, id: &BookletId) -> bool {
        self.booklet == Some(*id)
    }
    fn is_chosen(&self, number: &i32) -> bool {
        self.form.chapters.contains(number)
    }
}

async fn chapters(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    query: Query<SearchQuery>,
) -> Reply {
    let id = *id;
    let booklet = query.booklet.parse().ok().map(BookletId);
    let view = db.read(move |conn| Chapters::load(conn, page, &viewer, id, booklet)).await?;
    reply::page(&view)
}

async fn add_chapters(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>, sent: Payload) -> Reply {
    let id = *id;
    let form = ChaptersForm::of(&body::pairs(sent, LARGEST_FORM).await?);
    if form.chapters.len() > courses::MOST_ITEMS {
        return Err(courses::Refusal::TooManyItems.into());
    }
    let key = key(&form.key).map_err(Error::Refused)?;
    let unit = match form.check() {
        Ok(unit) => unit,
        Err(errors) => {
            let booklet = form.booklet;
            let view = db.read(move |conn| Chapters::load(conn, page, &viewer, id, booklet)).await?;
            return reply::invalid(&Chapters { form, errors, ..view });
        }
    };
    let doer = page.doer();
    db.write(move |conn| {
        open(conn, &viewer, id)?;
        let booklet = form.booklet.ok_or(Error::NotFound)?;
        let all = store::chapters(conn, booklet)?;
        let mut items: Vec<NewItem> = vec![];
        for (number, title) in all.iter().filter(|one| form.chapters.contains(&one.0)) {
            // The heading stands over the first; the others come under it.
            let unit = if items.is_empty() { unit.as_str() } else { "" };
            items.push(plain(title, Task::Chapter(booklet, *number), unit));
        }
        if items.is_empty() {
            return Err(Error::NotFound);
        }
        courses::add_items(conn, id, &items, &key, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done=added"))
}

#[derive(Template)]
#[template(path = "organize/tests.html")]
struct Tests {
    page: Page,
    course: Course,
    /// With whether the course has it already.
    tests: Vec<(TestId, String, bool)>,
    key: String,
}

async fn tests(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    let id = *id;
    let view = db
        .read(move |conn| {
            let (course, items) = open(conn, &viewer, id)?;
            let has = |test: TestId| items.iter().any(|item| item.what.task == Task::Test(test));
            let tests = selftests::choices(conn, &viewer)?;
            let tests = tests.into_iter().map(|(test, title)| (test, title, has(test))).collect();
            Ok(Tests { page, course, tests, key: random_hex(16) })
        })
        .await?;
    reply::page(&view)
}

async fn add_test(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<ItemForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let key = key(&form.key).map_err(Error::Refused)?;
    db.write(move |conn| {
        open(conn, &viewer, id)?;
        let tests = selftests::choices(conn, &viewer)?;
        let chosen = tests.into_iter().find(|(test, _)| test.to_string() == form.test);
        let (test, title) = chosen.ok_or(Error::NotFound)?;
        courses::add_items(conn, id, &[plain(&title, Task::Test(test), "")], &key, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done=added"))
}

#[derive(Template)]
#[template(path = "organize/step.html")]
struct Step {
    page: Page,
    course: Course,
    /// None while it is added.
    item: Option<Item>,
    kind: Kind,
    form: ItemForm,
    errors: Errors,
    facts: Vec<String>,
    link: String,
    /// What somebody else saved meanwhile.
    theirs: Vec<(&'static str, String)>,
}

impl Step {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CourseId, item: ItemId) -> Result<Step> {
        let (course, items) = open(conn, viewer, id)?;
        let item = items.into_iter().find(|one| one.id == item).ok_or(Error::NotFound)?;
        Ok(Step {
            form: ItemForm::of(&item.what),
            facts: step_facts(&page, &item),
            link: store::links(conn, std::slice::from_ref(&item))?.remove(0),
            kind: item.what.task.kind(),
            item: Some(item),
            errors: Errors::default(),
            theirs: vec![],
            page,
            course,
        })
    }
    fn blank(page: Page, course: Course, form: ItemForm, errors: Errors) -> Step {
        let (kind, facts, theirs) = (Kind::Session, vec![], vec![]);
        Step { page, course, item: None, kind, form, errors, facts, link: String::new(), theirs }
    }
    /// The step as it is kept, in words.
    fn theirs(&self) -> Vec<(&'static str, String)> {
        let (page, what) = (&self.page, self.item.as_ref().map(|item| &item.what));
        let title = what.map(|what| (page.t("标题"), what.title.clone()));
        let unit = what.map(|what| (page.t("单元标题（可不填）"), what.unit.clone()));
        title.into_iter().chain(unit).chain([(page.t("怎样学"), self.facts.join(" · "))]).collect()
    }
    fn is_lecture(&self) -> bool {
        self.kind == Kind::Lecture
    }
    fn icon(&self, item: &Item) -> String {
        self.page.icon(step_icon(item))
    }
    fn action(&self) -> String {
        match &self.item {
            Some(item) => format!("/organize/courses/{}/items/{}", self.course.id, item.id),
            None => format!("/organize/courses/{}/add/session", self.course.id),
        }
    }
}

async fn session(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    let id = *id;
    let (course, _) = db.read(move |conn| open(conn, &viewer, id)).await?;
    let form = ItemForm {
        required: Some("1".into()),
        opens: "at_once".into(),
        key: random_hex(16),
        ..ItemForm::default()
    };
    reply::page(&Step::blank(page, course, form, Errors::default()))
}

async fn add_session(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<ItemForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let key = key(&form.key).map_err(Error::Refused)?;
    let item = match form.check(Task::Session) {
        Ok(item) => item,
        Err(errors) => {
            let (course, _) = db.read(move |conn| open(conn, &viewer, id)).await?;
            return reply::invalid(&Step::blank(page, course, form, errors));
        }
    };
    db.write(move |conn| {
        open(conn, &viewer, id)?;
        courses::add_items(conn, id, &[item], &key, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done=added"))
}

enum Saved {
    Yes,
    Wrong(Errors),
    /// Somebody else saved another one meanwhile.
    Overtaken,
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(CourseId, ItemId)>) -> Reply {
    let (id, item) = path.into_inner();
    let view = db.read(move |conn| Step::load(conn, page, &viewer, id, item)).await?;
    reply::page(&view)
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(CourseId, ItemId)>,
    form: Form<ItemForm>,
) -> Reply {
    let ((id, item), form, doer) = (path.into_inner(), form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let saved = db
        .write(move |conn| {
            let (_, items) = open(conn, &who, id)?;
            let present = items.iter().find(|one| one.id == item).ok_or(Error::NotFound)?;
            let new = match sent.check(present.what.task) {
                Ok(new) => new,
                Err(errors) => return Ok(Saved::Wrong(errors)),
            };
            // A form that was sent twice has nothing more to save.
            if new == present.what {
                return Ok(Saved::Yes);
            }
            let is_seen = sent.seen == ItemForm::of(&present.what).seen;
            let step = (&present.what, &new);
            match is_seen && courses::update_item(conn, id, item, step, &doer, clock::now())? {
                true => Ok(Saved::Yes),
                false => Ok(Saved::Overtaken),
            }
        })
        .await?;
    let (errors, is_overtaken) = match saved {
        Saved::Yes => return reply::see(format!("/organize/courses/{id}?done=saved")),
        Saved::Wrong(errors) => (errors, false),
        Saved::Overtaken => (Errors::default().with("title", overtaken()), true),
    };
    let view = db.read(move |conn| Step::load(conn, page, &viewer, id, item)).await?;
    if !is_overtaken {
        return reply::invalid(&Step { form, errors, ..view });
    }
    // Whoever has seen the other one may save over it.
    let (form, theirs) = (ItemForm { seen: view.form.seen.clone(), ..form }, view.theirs());
    reply::invalid(&Step { form, errors, theirs, ..view })
}

async fn step_by(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(CourseId, ItemId)>,
    is_up: bool,
) -> Reply {
    let ((id, item), doer) = (path.into_inner(), page.doer());
    db.write(move |conn| {
        courses::editable(conn, &viewer, id)?;
        courses::move_item(conn, id, item, is_up, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done=moved#s-{item}"))
}

async fn up(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(CourseId, ItemId)>) -> Reply {
    step_by(page, viewer, db, path, true).await
}

async fn down(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(CourseId, ItemId)>) -> Reply {
    step_by(page, viewer, db, path, false).await
}

async fn remove(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(CourseId, ItemId)>) -> Reply {
    let ((id, item), doer) = (path.into_inner(), page.doer());
    db.write(move |conn| {
        let course = courses::editable(conn, &viewer, id)?;
        // Of a published course the dates stay with those who are enrolled in the version that has the step.
        if course.version == 0 {
            let items = courses::items(conn, id, course.draft_version)?;
            let step = items.iter().find(|one| one.id == item).ok_or(Error::NotFound)?;
            let dates = courses::sessions(conn, id)?;
            if dates.iter().any(|date| date.step == step.step && date.state != "cancelled") {
                return Err(Error::Refused(msg!(
                    "“{}”还有安排好的场次，请先到“场次”里取消，再移除这一项。",
                    step.what.title
                )));
            }
        }
        courses::remove_item(conn, id, item, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/organize/courses/{id}?done=removed"))
}
