//! Lists on paper: printed, entered by numbers, looked at by names, kept.
use super::super::forms::{KeyForm, ListForm};
use super::super::list::{LONGEST, Problem};
use super::super::sheets::{self, BLANK_ROWS, Named};
use super::super::store::{self, Entered, Sheet, Written};
use crate::access::Viewer;
use crate::accounts::factor;
use crate::clock;
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::events::{self, Event, Status};
use crate::ids::{EventId, PersonId, SheetId, random_hex};
use crate::web::form;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use askama::Template;

#[derive(Template)]
#[template(path = "visits/sheets.html")]
struct Index {
    page: Page,
    event: Event,
    sheets: Vec<Sheet>,
    key: String,
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, id: Path<EventId>) -> Reply {
    let id = *id;
    let view = db
        .read(move |conn| {
            let event = events::held(conn, &viewer, id)?;
            Ok(Index { sheets: store::sheets(conn, id)?, key: random_hex(16), event, page })
        })
        .await?;
    reply::page(&view)
}

pub(super) async fn make(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<EventId>,
    form: Form<KeyForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let key = form::key(&form.key).map_err(crate::error::Error::Refused)?;
    let sheet =
        db.write(move |conn| super::super::print(conn, &viewer, id, &key, &doer, clock::now())).await?;
    reply::see(format!("/events/{id}/sheet/{sheet}/print"))
}

#[derive(Template)]
#[template(path = "visits/paper.html")]
struct Paper {
    page: Page,
    event: Event,
    sheet: Sheet,
    rows: Vec<Written>,
    guests: Vec<PersonId>,
    address: String,
    picture: String,
}

impl Paper {
    fn blanks(&self) -> usize {
        BLANK_ROWS
    }
    fn is_guest(&self, row: &Written) -> bool {
        self.guests.binary_search(&row.person).is_ok()
    }
}

pub(super) async fn paper(
    request: HttpRequest,
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    config: Data<Config>,
    path: Path<(EventId, SheetId)>,
) -> Reply {
    let path = path.into_inner();
    let base = events::pages::base(&request, &config);
    let view = db
        .read(move |conn| {
            let (event, sheet, rows) = sheets::found(conn, &viewer, path)?;
            let address = format!("{base}/sheets/{}", sheet.code);
            let picture = factor::picture(&address)?;
            Ok(Paper { guests: events::guests(conn, &event)?, page, event, sheet, rows, address, picture })
        })
        .await?;
    reply::page(&view)
}

/// Where the picture on the paper leads.
pub(super) async fn by_code(viewer: Viewer, db: Data<Db>, code: Path<String>) -> Reply {
    let code = code.trim().to_ascii_uppercase();
    let sheet = db
        .read(move |conn| {
            let sheet = store::sheet_of_code(conn, &code)?;
            events::held(conn, &viewer, sheet.event)?;
            Ok(sheet)
        })
        .await?;
    reply::see(format!("/events/{}/sheet/{}", sheet.event, sheet.id))
}

#[derive(Template)]
#[template(path = "visits/sheet.html")]
struct Show {
    page: Page,
    event: Event,
    sheet: Sheet,
    rows: Vec<Written>,
    entries: Vec<Entered>,
    form: ListForm,
    problems: Vec<Problem>,
    /// The names before they are kept; empty for the first look.
    named: Vec<Named>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, path: (EventId, SheetId)) -> Result<Show> {
        let (event, sheet, rows) = sheets::found(conn, viewer, path)?;
        Ok(Show {
            entries: store::entries(conn, sheet.id)?,
            form: ListForm { key: random_hex(16), ..ListForm::default() },
            problems: vec![],
            named: vec![],
            page,
            event,
            sheet,
            rows,
        })
    }
    /// The names by what is recorded of them, in the order of the letters.
    fn groups(&self) -> Vec<(Status, Vec<&Named>)> {
        let statuses = super::super::list::LETTERS.iter().map(|one| one.1);
        let of = |status| self.named.iter().filter(|one| one.status == status).collect::<Vec<_>>();
        statuses.map(|status| (status, of(status))).filter(|group| !group.1.is_empty()).collect()
    }
    fn changes(&self) -> Vec<&Named> {
        self.named.iter().filter(|one| one.was.is_some()).collect()
    }
    fn letters(&self) -> Vec<(char, Status)> {
        super::super::list::LETTERS.iter().copied().filter(|one| one.1 != Status::Present).collect()
    }
    fn last(&self) -> i32 {
        self.rows.last().map_or(0, |row| row.number)
    }
    fn has_begun(&self) -> bool {
        self.event.has_begun(clock::now())
    }
}

pub(super) async fn show(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(EventId, SheetId)>) -> Reply {
    let path = path.into_inner();
    let view = db.read(move |conn| Show::load(conn, page, &viewer, path)).await?;
    reply::page(&view)
}

/// What became of what was typed.
enum Typed {
    Wrong(Vec<Problem>),
    Names(Vec<Named>),
    Kept,
}

pub(super) async fn enter(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(EventId, SheetId)>,
    form: Form<ListForm>,
) -> Reply {
    let (path, form, doer) = (path.into_inner(), form.into_inner(), page.doer());
    let key = form::key(&form.key).map_err(crate::error::Error::Refused)?;
    let (who, text, is_kept) = (viewer.clone(), form.text.clone(), form.go == "save");
    let typed = db
        .write(move |conn| {
            let (event, sheet, rows) = sheets::found(conn, &who, path)?;
            if text.chars().count() > LONGEST {
                return Ok(Typed::Wrong(vec![Problem::Unreadable(text.chars().take(20).collect())]));
            }
            let named = match sheets::named(conn, &who, &event, &rows, &text)? {
                Ok(named) => named,
                Err(problems) => return Ok(Typed::Wrong(problems)),
            };
            if !is_kept {
                return Ok(Typed::Names(named));
            }
            super::super::enter(conn, &who, (&event, sheet.id), (&named, &key), &doer, clock::now())?;
            Ok(Typed::Kept)
        })
        .await?;
    let (status, problems, named) = match typed {
        Typed::Kept => {
            return reply::see(format!("/events/{}/sheet/{}?done=sheet-entered", path.0, path.1));
        }
        Typed::Wrong(problems) => (StatusCode::UNPROCESSABLE_ENTITY, problems, vec![]),
        Typed::Names(named) => (StatusCode::OK, vec![], named),
    };
    let view = db.read(move |conn| Show::load(conn, page, &viewer, path)).await?;
    reply::html(status, &Show { form, problems, named, ..view })
}
