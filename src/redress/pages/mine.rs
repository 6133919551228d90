//! The own cases: the list, filing one, its steps and answer, appeal, withdrawal. While a clerk acts they are the member's.
use super::super::forms::SayForm;
use super::super::{self as redress, Refusal, Subject, store};
use super::{Fact, LINES, facts};
use crate::access::Viewer;
use crate::calendar;
use crate::cases::{self, Case, Level, State, Step};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::CaseId;
use crate::lang::Message;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

/// A case in a list, with the title of what it is about.
pub(super) struct Line {
    pub case: Case,
    pub title: String,
}

/// The cases with their titles.
pub(super) fn lines(conn: &mut Conn, cases: Vec<Case>) -> Result<Vec<Line>> {
    let subjects = cases.iter().map(Subject::of_case).collect::<Result<Vec<_>>>()?;
    let titles = store::titles(conn, &subjects)?;
    let titled = cases.into_iter().zip(subjects);
    Ok(titled
        .map(|(case, subject)| Line { case, title: titles.get(&subject).cloned().unwrap_or_default() })
        .collect())
}

/// The colour that goes with a state's word.
pub(super) fn tag(state: State) -> &'static str {
    match state {
        State::Filed | State::InReview => "wait",
        State::Upheld | State::Partly => "done",
        State::Dismissed | State::Inadmissible => "info",
        State::Withdrawn => "plain",
    }
}

#[derive(Template)]
#[template(path = "redress/mine.html")]
struct Index {
    page: Page,
    rows: Vec<Line>,
    paging: Paging,
    today: NaiveDate,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let mut found = cases::mine(conn, viewer.person, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut found, LINES)?;
        Ok(Index { page, rows: lines(conn, found)?, paging, today: clock::day(clock::now()) })
    }
    fn tag(&self, state: &State) -> &'static str {
        tag(*state)
    }
}

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

impl PageQuery {
    pub(super) fn number(&self) -> i64 {
        paging::number(&self.page)
    }
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = query.number();
    let view = db.read(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "redress/new.html")]
struct New {
    page: Page,
    facts: Vec<Fact>,
    is_correction: bool,
    /// The open case about this record.
    open: Option<CaseId>,
    /// Why nothing can be filed now.
    problem: Option<Message>,
    /// The day by which somebody answers.
    due_on: Option<NaiveDate>,
    form: SayForm,
    errors: Errors,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, subject: Subject) -> Result<New> {
        let about = redress::own(conn, viewer.person, subject)?;
        let subject = about.subject;
        let (kind, id) = subject.key();
        let today = clock::day(clock::now());
        let (due_on, problem) = match calendar::after(conn, today, Level::First.term()) {
            _ if !about.holds => (None, Some(Refusal::Superseded.words())),
            Ok(day) => (Some(day), None),
            Err(Error::Refused(why)) => (None, Some(why)),
            Err(other) => return Err(other),
        };
        Ok(New {
            facts: facts(&page, &about, true),
            is_correction: subject.case_kind() == cases::Kind::Correction,
            open: cases::open_about(conn, viewer.person, kind, id)?,
            page,
            problem,
            due_on,
            form: SayForm::new(Some(subject)),
            errors: Errors::default(),
        })
    }
    /// Something can be filed; or what was typed has to stay readable.
    fn has_form(&self) -> bool {
        self.open.is_none() && (self.problem.is_none() || !self.form.text.is_empty())
    }
}

/// What a case is to be about.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AboutQuery {
    about: String,
    id: String,
}

pub(super) async fn new(page: Page, viewer: Viewer, db: Data<Db>, query: Query<AboutQuery>) -> Reply {
    let id = query.id.parse().map_err(|_| Error::NotFound)?;
    let subject = Subject::of(&query.about, id).ok_or(Error::NotFound)?;
    let view = db.read(move |conn| New::load(conn, page, &viewer, subject)).await?;
    reply::page(&view)
}

pub(super) async fn file(page: Page, viewer: Viewer, db: Data<Db>, form: Form<SayForm>) -> Reply {
    let form = form.into_inner();
    let subject = form.subject().ok_or(Error::NotFound)?;
    let again = async |form: SayForm, errors, problem: Option<Message>| {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read(move |conn| New::load(conn, page, &viewer, subject)).await?;
        let status = match problem {
            Some(_) => StatusCode::CONFLICT,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let problem = problem.or(view.problem);
        reply::html(status, &New { form: form.again(), errors, problem, ..view })
    };
    let (text, key) = match form.check() {
        Ok(said) => said,
        Err(errors) => return again(form, errors, None).await,
    };
    let (doer, who) = (page.doer(), viewer.clone());
    let filed =
        db.write(move |conn| redress::file(conn, subject, (&text, &key), &who, &doer, clock::now())).await;
    match filed {
        Ok(id) => reply::see(format!("/me/cases/{id}?done=case-filed")),
        Err(Error::Refused(why)) => again(form, Errors::default(), Some(why)).await,
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "redress/show.html")]
struct Show {
    page: Page,
    case: Case,
    facts: Vec<Fact>,
    steps: Vec<Step>,
    /// The case that appeals this one.
    appeal: Option<CaseId>,
    /// The last day for an appeal, where one is still possible.
    until: Option<NaiveDate>,
    /// Why nothing can be said about that day.
    problem: Option<Message>,
    today: NaiveDate,
    form: SayForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CaseId) -> Result<Show> {
        let case = cases::find_own(conn, viewer.person, id)?;
        let about = store::about(conn, Subject::of_case(&case)?, case.person)?;
        let today = clock::day(clock::now());
        let appeal = cases::appeal_of(conn, id)?;
        let (until, problem) = match cases::appealable_until(conn, &case) {
            Ok(until) => (until.filter(|until| appeal.is_none() && today <= *until), None),
            Err(Error::Refused(why)) => (None, Some(why)),
            Err(other) => return Err(other),
        };
        Ok(Show {
            facts: facts(&page, &about, true),
            steps: cases::steps(conn, id)?,
            page,
            case,
            appeal,
            until,
            problem,
            today,
            form: SayForm::new(None),
            errors: Errors::default(),
        })
    }
    fn tag(&self, state: &State) -> &'static str {
        tag(*state)
    }
}

pub(super) async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CaseId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    reply::page(&view)
}

pub(super) async fn withdraw(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CaseId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| redress::withdraw(conn, id, &viewer, &doer, clock::now())).await?;
    reply::see(format!("/me/cases/{id}?done=case-withdrawn"))
}

pub(super) async fn appeal(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CaseId>,
    form: Form<SayForm>,
) -> Reply {
    let (id, form) = (*id, form.into_inner());
    let again = async |form: SayForm, errors, status| {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
        reply::html(status, &Show { form: form.again(), errors, ..view })
    };
    let (text, key) = match form.check() {
        Ok(said) => said,
        Err(errors) => return again(form, errors, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let (doer, who) = (page.doer(), viewer.clone());
    let appealed =
        db.write(move |conn| redress::appeal(conn, id, (&text, &key), &who, &doer, clock::now())).await;
    match appealed {
        Ok(appeal) => reply::see(format!("/me/cases/{appeal}?done=case-filed")),
        // What was typed stays on the page that says why.
        Err(Error::Refused(why)) => {
            again(form, Errors::default().with("text", why), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}
