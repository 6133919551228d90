//! The desk of those who pass courses: what waits, and a course with everything that is new in it. The rule – one other person,
//! who neither made nor changed it, passes exactly the version handed in – is `courses::review`.
use super::super::forms::VerdictForm;
use super::LINES;
use super::course::{Line, Steps, mark_tag, step_facts, step_icon};
use crate::access::Permission::ReviewCourses;
use crate::access::Viewer;
use crate::clock;
use crate::courses::{self, Course, DeskRow, Item, Judged, Refusal, Task, Verdict, Visibility};
use crate::db::{Conn, Db};
use crate::enrolments;
use crate::error::{Error, Result};
use crate::ids::CourseId;
use crate::organize::store::{self, Before};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/review/courses", ReviewCourses, index),
        get("/review/courses/{course}", ReviewCourses, show),
        post("/review/courses/{course}", ReviewCourses, judge),
    ]
}

#[derive(Template)]
#[template(path = "organize/awaiting.html")]
struct Index {
    page: Page,
    /// Each with why this person may not judge it, if they may not.
    rows: Vec<(DeskRow, Option<Refusal>)>,
    paging: Paging,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let mut waiting = courses::awaiting(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut waiting, LINES)?;
        let mut rows = vec![];
        for row in waiting {
            let course = courses::find(conn, row.id)?;
            let bar = courses::bars_from_review(conn, &course, viewer.account)?;
            rows.push((row, bar));
        }
        Ok(Index { page, rows, paging })
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "organize/review.html")]
struct Show {
    page: Page,
    course: Course,
    topic: String,
    steps: Steps,
    befores: Vec<Before>,
    judged: Vec<Judged>,
    /// The dates on site: the step, and the address of each.
    dates: Vec<courses::SessionRow>,
    bar: Option<Refusal>,
    form: VerdictForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CourseId) -> Result<Show> {
        let course = courses::find(conn, id)?;
        // Drafts are nobody's but their author's.
        if !course.is_submitted {
            return Err(Error::NotFound);
        }
        let topics = crate::lectures::topics(conn)?;
        let topic = topics.iter().find(|topic| topic.id == course.about.topic);
        let mut dates = courses::sessions(conn, id)?;
        dates.retain(|date| date.state != "cancelled");
        Ok(Show {
            topic: topic.map(|topic| topic.name_in(page.is_en()).to_owned()).unwrap_or_default(),
            steps: Steps::load(conn, &course)?,
            befores: store::befores(conn, id)?,
            judged: courses::judged(conn, id)?,
            bar: courses::bars_from_review(conn, &course, viewer.account)?,
            form: VerdictForm { round: course.round.to_string(), ..VerdictForm::default() },
            errors: Errors::default(),
            dates,
            page,
            course,
        })
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
    fn dates_of<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a courses::SessionRow> {
        let is_session = item.what.task == Task::Session;
        self.dates.iter().filter(move |date| is_session && date.step == item.step)
    }
    fn is_again(&self) -> bool {
        self.course.version > 0
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

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CourseId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}

async fn judge(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CourseId>,
    form: Form<VerdictForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    match form.check() {
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
            // The round of the page that was read, so that a newer one is not judged by mistake.
            reply::invalid(&Show { form, errors, ..view })
        }
        Ok((round, verdict, remark)) => {
            db.write(move |conn| {
                let judgement = (round, verdict, remark.as_str());
                let now = clock::now();
                courses::review(conn, id, judgement, viewer.account, &doer, now)?;
                // Whoever waited while the course was not public moves up now.
                if verdict == Verdict::Passed && super::found(enrolments::of_course(conn, id))?.is_some() {
                    enrolments::resume(conn, id, now)?;
                }
                Ok(())
            })
            .await?;
            let done = match verdict {
                Verdict::Passed => "course-published",
                Verdict::Returned => "course-returned",
            };
            reply::see(format!("/review/courses?done={done}"))
        }
    }
}
