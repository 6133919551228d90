//! The book of own wrong answers. It is private: nobody who acts for a member sees it.
use super::super::forms::{BookQuery, DropForm};
use super::super::store::{self, WrongGroup, WrongRow};
use super::super::taking::{self, LEARNT};
use crate::access::Access::Oneself;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::BankId;
use crate::msg;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Query};
use askama::Template;

pub fn routes() -> Vec<Route> {
    vec![
        get("/me/wrong-answers", Oneself, show),
        post("/me/wrong-answers/practise", Oneself, practise),
        post("/me/wrong-answers/drop", Oneself, forget),
    ]
}

/// Questions on a page.
const LINES: i64 = 20;

#[derive(Template)]
#[template(path = "selftests/wrong.html")]
struct Book {
    page: Page,
    groups: Vec<WrongGroup>,
    bank: Option<BankId>,
    rows: Vec<WrongRow>,
    paging: Paging,
    /// Whether there is a practice to go on with.
    is_practising: bool,
}

impl Book {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, asked: &BookQuery) -> Result<Book> {
        let number = paging::number(&asked.page);
        let bank = asked.bank();
        let mut rows = store::book(conn, viewer.person, bank, (number - 1) * LINES, LINES + 1)?;
        Ok(Book {
            paging: Paging::cut(&page.path, number, &mut rows, LINES)?,
            groups: store::groups(conn, viewer.person)?,
            is_practising: store::open_attempt(conn, viewer.person, None)?.is_some(),
            page,
            bank,
            rows,
        })
    }
    fn total(&self) -> i64 {
        self.groups.iter().map(|group| group.count).sum()
    }
    fn is_at(&self, bank: &BankId) -> bool {
        self.bank == Some(*bank)
    }
    fn needed(&self) -> i32 {
        LEARNT
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, query: Query<BookQuery>) -> Reply {
    let view = db.read(move |conn| Book::load(conn, page, &viewer, &query)).await?;
    reply::page(&view)
}

async fn practise(page: Page, viewer: Viewer, db: Data<Db>, form: Form<BookQuery>) -> Reply {
    let doer = page.doer();
    let attempt =
        db.write(move |conn| taking::practise(conn, &viewer, form.bank(), &doer, clock::now())).await?;
    reply::see(format!("/attempts/{attempt}"))
}

async fn forget(viewer: Viewer, db: Data<Db>, form: Form<DropForm>) -> Reply {
    let what = form.check().ok_or_else(|| Error::Malformed(msg!("没有说要移出哪一题，什么都没有改动。")))?;
    db.write(move |conn| store::drop_wrong(conn, viewer.person, &what)).await?;
    reply::see("/me/wrong-answers?done=removed")
}
