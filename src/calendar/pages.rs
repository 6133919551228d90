//! The pages of the calendar of working days: a year's table, what it means, and the second person's word.
use super::days::{Span, Table};
use super::forms::{self, LineProblem, Problems, TableForm};
use super::{Version, store};
use crate::access::Permission::{ChangeSettings, DecideSettings, SeeAdmin};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AccountId, CalendarId};
use crate::msg;
use crate::site::Verdict;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/calendar", SeeAdmin, show),
        post("/admin/calendar", ChangeSettings, propose),
        post("/admin/calendar/preview", ChangeSettings, preview),
        post("/admin/calendar/{calendar}/{verdict}", DecideSettings, decide),
    ]
}

/// Earlier tables on a page.
const LINES: i64 = 10;

/// A table as a person checks it: what it says, and on which days that differs from what holds now.
struct Meaning {
    spans: Vec<Span>,
    /// Against the table that holds, or the week where there is none.
    changes: Vec<(NaiveDate, bool)>,
    working_days: usize,
}

impl Meaning {
    fn of(year: i32, table: &Table, before: Option<&Table>) -> Meaning {
        Meaning {
            spans: table.spans(),
            changes: table.changes(before.unwrap_or(&Table::default())),
            working_days: table.working_days(year),
        }
    }
}

/// The proposal that waits.
struct Waiting {
    version: Version,
    meaning: Meaning,
}

#[derive(Template)]
#[template(path = "calendar/show.html")]
struct Show {
    page: Page,
    year: i32,
    years: Vec<i32>,
    /// What holds.
    held: Option<Meaning>,
    waiting: Option<Waiting>,
    history: Vec<Version>,
    paging: Paging,
    form: TableForm,
    errors: Errors,
    lines: Vec<LineProblem>,
    preview: Option<Meaning>,
    account: Option<AccountId>,
    may_change: bool,
    may_decide: bool,
    today: NaiveDate,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, year: i32, number: i64) -> Result<Show> {
        let today = clock::day(clock::now());
        let mut years = store::years(conn)?;
        years.extend([today.year(), today.year() + 1, year]);
        years.sort_unstable();
        years.dedup();
        let held = store::in_force(conn, year)?.map(|(_, table)| table);
        let waiting = match store::open_of(conn, year)? {
            Some(version) => {
                let table = store::table_of(conn, version.id)?;
                Some(Waiting { meaning: Meaning::of(year, &table, held.as_ref()), version })
            }
            None => None,
        };
        let mut history = store::history(conn, year, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut history, LINES)?;
        let form = TableForm {
            year: year.to_string(),
            source: String::new(),
            text: held.as_ref().map(Table::to_text).unwrap_or_default(),
        };
        Ok(Show {
            held: held.map(|table| Meaning::of(year, &table, None)),
            account: page.viewer.as_ref().map(|viewer| viewer.account),
            may_change: page.may(ChangeSettings),
            may_decide: page.may(DecideSettings),
            errors: Errors::default(),
            lines: vec![],
            preview: None,
            page,
            year,
            years,
            waiting,
            history,
            paging,
            form,
            today,
        })
    }
    fn is_own(&self, version: &Version) -> bool {
        Some(version.proposed_by_id) == self.account
    }
    /// This year, and from October on the next: deadlines need them.
    fn is_needed(&self) -> bool {
        let next = self.today.year() + i32::from(self.today.month() >= 10);
        (self.today.year()..=next).contains(&self.year)
    }
    fn weekday(&self, day: &NaiveDate) -> &'static str {
        match day.weekday() {
            Weekday::Mon => self.page.t("星期一"),
            Weekday::Tue => self.page.t("星期二"),
            Weekday::Wed => self.page.t("星期三"),
            Weekday::Thu => self.page.t("星期四"),
            Weekday::Fri => self.page.t("星期五"),
            Weekday::Sat => self.page.t("星期六"),
            Weekday::Sun => self.page.t("星期日"),
        }
    }
    fn span(&self, span: &Span) -> String {
        match span.from == span.to {
            true => format!("{} {}", self.page.day(&span.from), self.weekday(&span.from)),
            false => self.page.say(&msg!("{} 至 {}", self.page.day(&span.from), self.page.day(&span.to))),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct YearQuery {
    year: String,
    page: Option<String>,
}

async fn view(page: Page, db: &Db, year: &str, number: i64) -> Result<Show> {
    let year = forms::year(year).unwrap_or_else(|| clock::day(clock::now()).year());
    db.read(move |conn| Show::load(conn, page, year, number)).await
}

async fn show(page: Page, db: Data<Db>, query: Query<YearQuery>) -> Reply {
    let number = paging::number(&query.page);
    reply::page(&view(page, &db, &query.year, number).await?)
}

async fn invalid(page: Page, db: &Db, form: TableForm, problems: Problems) -> Reply {
    let Problems { errors, lines } = problems;
    let view = view(page, db, &form.year, 1).await?;
    reply::invalid(&Show { form, errors, lines, ..view })
}

/// Shows what the typed table means; keeps nothing.
async fn preview(page: Page, db: Data<Db>, form: Form<TableForm>) -> Reply {
    let form = form.into_inner();
    match form.check() {
        Err(problems) => invalid(page, &db, form, problems).await,
        Ok(draft) => {
            let year = draft.year;
            let view = db
                .read(move |conn| {
                    let before = store::in_force(conn, year)?.map(|(_, table)| table);
                    let preview = Some(Meaning::of(year, &draft.table, before.as_ref()));
                    Ok(Show { preview, ..Show::load(conn, page, year, 1)? })
                })
                .await?;
            reply::page(&Show { form, ..view })
        }
    }
}

async fn propose(page: Page, viewer: Viewer, db: Data<Db>, form: Form<TableForm>) -> Reply {
    let form = form.into_inner();
    match form.check() {
        Err(problems) => invalid(page, &db, form, problems).await,
        Ok(draft) => {
            let (doer, year) = (page.doer(), draft.year);
            db.write(move |conn| {
                let proposal = (draft.year, draft.source.as_str(), &draft.table);
                super::propose(conn, proposal, viewer.account, &doer, clock::now())
            })
            .await?;
            reply::see(format!("/admin/calendar?year={year}&done=calendar-proposed"))
        }
    }
}

async fn decide(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(CalendarId, String)>) -> Reply {
    let (id, verdict) = path.into_inner();
    let verdict = Verdict::of(&verdict).ok_or(Error::NotFound)?;
    let doer = page.doer();
    let version =
        db.write(move |conn| super::decide(conn, id, verdict, &viewer, &doer, clock::now())).await?;
    reply::see(format!("/admin/calendar?year={}&done=decided", version.year))
}
