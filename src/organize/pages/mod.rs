//! The pages of the desk of courses: the list and a new course. `course` has one course with its next step, `steps` what is
//! studied in it, `dates` when and where, `review` the desk of those who pass it.
mod course;
mod dates;
mod review;
mod steps;

use super::forms::CourseForm;
use super::store::{self, Places};
use crate::access::Permission::{MakeCourses, OrganizeCourses};
use crate::access::Viewer;
use crate::assets;
use crate::clock;
use crate::courses::{self, Course, DeskRow, Mode, Stage};
use crate::db::{Conn, Db};
use crate::enrolments;
use crate::error::Result;
use crate::ids::{CourseId, TopicId, random_hex};
use crate::lectures::{self, Topic};
use crate::web::form::{Errors, key};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/organize", MakeCourses, index),
        get("/organize/courses/new", MakeCourses, new),
        post("/organize/courses", MakeCourses, create),
    ];
    routes.extend(course::routes());
    routes.extend(steps::routes());
    routes.extend(dates::routes());
    routes.extend(review::routes());
    routes
}

/// Courses on a page of a list.
const LINES: i64 = 20;

/// Where a course stands, as a tag: its kind and its words.
fn state(
    page: &Page,
    stage: Stage,
    has_change: bool,
    is_submitted: bool,
) -> Vec<(&'static str, &'static str)> {
    let mut tags = vec![match stage {
        Stage::Draft => ("wait", page.t("草稿")),
        Stage::InReview => ("info", page.t("审核中")),
        Stage::Published => ("done", page.t("已发布")),
        Stage::Withdrawn => ("", page.t("已下架")),
    }];
    if stage == Stage::Published && has_change {
        tags.push(match is_submitted {
            true => ("info", page.t("新的一版审核中")),
            false => ("wait", page.t("新的一版在改")),
        });
    }
    tags
}

#[derive(Template)]
#[template(path = "organize/index.html")]
struct Index {
    page: Page,
    rows: Vec<(DeskRow, Places)>,
    paging: Paging,
    is_all: bool,
    is_archived: bool,
    may_see_all: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    whose: String,
    archived: String,
    page: Option<String>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &ListQuery) -> Result<Index> {
        let may_see_all = viewer.may(OrganizeCourses);
        let (is_all, is_archived) = (may_see_all && query.whose != "mine", query.archived == "1");
        let author = (!is_all).then_some(viewer.account);
        let number = paging::number(&query.page);
        let mut rows = courses::desk(conn, author, is_archived, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        let places = store::places(conn, &rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
        let of = |id: CourseId| places.iter().find(|one| one.0 == id).map(|one| one.1).unwrap_or_default();
        let rows = rows.into_iter().map(|row| (row.clone(), of(row.id))).collect();
        Ok(Index { page, rows, paging, is_all, is_archived, may_see_all })
    }
    fn tags(&self, row: &DeskRow) -> Vec<(&'static str, &'static str)> {
        state(&self.page, row.stage, row.draft_version > row.version, row.is_submitted)
    }
    /// The address of this list with another choice.
    fn link(&self, is_all: &bool, is_archived: &bool) -> String {
        let mut query = vec![];
        if self.may_see_all && !is_all {
            query.push("whose=mine");
        }
        if *is_archived {
            query.push("archived=1");
        }
        if query.is_empty() { "/organize".into() } else { format!("/organize?{}", query.join("&")) }
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let view = db.read(move |conn| Index::load(conn, page, &viewer, &query)).await?;
    reply::page(&view)
}

/// What may be chosen in the form of a course.
struct Choices {
    topics: Vec<Topic>,
    covers: Vec<&'static str>,
}

impl Choices {
    fn load(conn: &mut Conn) -> Result<Choices> {
        let mut covers: Vec<_> = assets::covers().collect();
        covers.sort_unstable();
        Ok(Choices { topics: lectures::topics(conn)?, covers })
    }
    /// What the form says; a cover that was left to the portal is chosen by the topic.
    fn check(&self, conn: &mut Conn, form: &CourseForm) -> Result<Result<courses::About, Errors>> {
        let topics: Vec<TopicId> = self.topics.iter().map(|topic| topic.id).collect();
        let mut about = match form.check(&topics, &self.covers) {
            Ok(about) => about,
            Err(errors) => return Ok(Err(errors)),
        };
        if about.cover.is_empty() {
            let cover =
                store::cover_of(conn, about.topic)?.filter(|name| self.covers.contains(&name.as_str()));
            about.cover = cover.unwrap_or_else(|| "ridge".into());
        }
        Ok(Ok(about))
    }
}

#[derive(Template)]
#[template(path = "organize/new.html")]
struct New {
    page: Page,
    choices: Choices,
    form: CourseForm,
    errors: Errors,
}

async fn new(page: Page, db: Data<Db>) -> Reply {
    let choices = db.read(Choices::load).await?;
    let form = CourseForm {
        mode: "online".into(),
        visibility: "public".into(),
        hours: "1".into(),
        key: random_hex(16),
        ..CourseForm::default()
    };
    reply::page(&New { page, choices, form, errors: Errors::default() })
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, form: Form<CourseForm>) -> Reply {
    let (form, doer) = (form.into_inner(), page.doer());
    let sent = form.clone();
    let made = db
        .write(move |conn| {
            let choices = Choices::load(conn)?;
            let (about, mut errors) = match choices.check(conn, &sent)? {
                Ok(about) => (Some(about), Errors::default()),
                Err(errors) => (None, errors),
            };
            let slug = errors.take("slug", sent.check_slug());
            let key = errors.take("title", key(&sent.key));
            let (Some(about), Some(slug), Some(key)) = (about, slug, key) else {
                return Ok(Err((choices, errors)));
            };
            let slug = match slug {
                Some(slug) => slug,
                None => super::free_name(conn, &about.title)?,
            };
            let taken = courses::slug_taken(conn, &slug)?;
            match courses::create(conn, &slug, &about, viewer.account, &key, &doer, clock::now()) {
                Ok(id) => {
                    enrolments::offer_course(conn, id)?;
                    Ok(Ok(id))
                }
                // Somebody has the name; a form that was sent twice has made its course already.
                Err(crate::error::Error::Refused(words)) if taken => {
                    Ok(Err((choices, errors.with("slug", words))))
                }
                Err(other) => Err(other),
            }
        })
        .await?;
    match made {
        Ok(id) => reply::see(format!("/organize/courses/{id}?done=course-made")),
        Err((choices, errors)) => reply::invalid(&New { page, choices, form, errors }),
    }
}

/// The course as an offering of places; courses made outside this desk may have none.
fn offering(conn: &mut Conn, course: &Course) -> Result<Option<enrolments::Offering>> {
    found(enrolments::of_course(conn, course.id))
}

/// `None` for what is not there.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(crate::error::Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}
