//! The editions with what is covered of one's scope, one edition down the tree (for programs as JSON), who lacks a copy, and that
//! as a file.
use crate::access::Permission::{KeepCopies, OrderCopies};
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::copies::forms::EditionForm;
use crate::copies::{self, Child, Coverage, Edition, Rule, Share, store};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{BookletId, PrintEditionId};
use crate::msg;
use crate::organization::Org;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::sheet::{self, Sheet};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

/// Editions on a page.
const EDITIONS: i64 = 20;
/// Members on a page of those who lack a copy.
const LINES: i64 = 50;
/// Rows that an export holds at once.
const PIECE: i64 = 2_000;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

/// An edition in the list.
struct Line {
    edition: Edition,
    /// Of members or branches, whomever a copy is for.
    share: Share,
}

#[derive(Template)]
#[template(path = "copies/index.html")]
struct Index {
    page: Page,
    lines: Vec<Line>,
    paging: Paging,
    may_order: bool,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let paths = viewer.paths(KeepCopies);
        let mut found = copies::editions_of(conn, (number - 1) * EDITIONS, EDITIONS + 1)?;
        let paging = Paging::cut(&page.path, number, &mut found, EDITIONS)?;
        let (members, branches) = store::totals(conn, &paths)?;
        let with = store::with_by_edition(conn, &paths)?;
        let line = |edition: Edition| {
            let (some, own) = with.get(&edition.id).copied().unwrap_or_default();
            let (with, total) = match edition.rule {
                Rule::Member => (some, members),
                Rule::Branch => (own, branches),
            };
            Line { edition, share: Share { with, without: total - with } }
        };
        let lines = found.into_iter().map(line).collect();
        Ok(Index { lines, paging, may_order: page.may(OrderCopies), page })
    }
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read_long(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "copies/new.html")]
struct New {
    page: Page,
    booklets: Vec<(BookletId, String)>,
    form: EditionForm,
    errors: Errors,
}

impl New {
    fn rules(&self) -> Vec<(&'static str, String, bool)> {
        let rule = |rule: &Rule| (rule.as_str(), self.page.say(&rule.words()), self.form.is_rule(rule));
        Rule::ALL.iter().map(rule).collect()
    }
}

pub(super) async fn new(page: Page, db: Data<Db>) -> Reply {
    let booklets = db.read(store::booklets_to_print).await?;
    let form = EditionForm::new(clock::day(clock::now()));
    reply::page(&New { page, booklets, form, errors: Errors::default() })
}

pub(super) async fn make(page: Page, viewer: Viewer, db: Data<Db>, form: Form<EditionForm>) -> Reply {
    let form = form.into_inner();
    let booklets = db.read(store::booklets_to_print).await?;
    let checked = form.check().and_then(|new| match new.booklet {
        Some(id) if !booklets.iter().any(|one| one.0 == id) => {
            Err(Errors::default().with("booklet", msg!("请选一种读本")))
        }
        _ => Ok(new),
    });
    let new = match checked {
        Ok(new) => new,
        Err(errors) => return reply::invalid(&New { page, booklets, form, errors }),
    };
    let doer = page.doer();
    let id =
        db.write(move |conn| copies::make_edition(conn, &new, viewer.account, &doer, clock::now())).await?;
    reply::see(format!("/copies/{id}?done=added"))
}

#[derive(Template)]
#[template(path = "copies/show.html")]
struct Show {
    page: Page,
    edition: Edition,
    today: NaiveDate,
    coverage: Coverage,
    /// Where the viewer keeps copies.
    desks: Vec<Org>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: PrintEditionId) -> Result<Show> {
        let (paths, today) = (viewer.paths(KeepCopies), clock::day(clock::now()));
        Ok(Show {
            edition: copies::edition(conn, id)?,
            coverage: copies::coverage(conn, id, &paths, today)?,
            desks: store::tops(conn, &paths)?,
            page,
            today,
        })
    }
    fn is_for_members(&self) -> bool {
        self.edition.rule == Rule::Member
    }
    fn share(&self) -> Share {
        if self.is_for_members() { self.coverage.members } else { self.coverage.branches }
    }
}

/// How an edition is shown: the page, or `json`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ShowQuery {
    r#as: String,
}

pub(super) async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<PrintEditionId>,
    query: Query<ShowQuery>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let view = db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?;
    if query.r#as != "json" {
        return reply::page(&view);
    }
    db.write(move |conn| doer.did(conn, Action::ListExported, ("print_edition", id.0), clock::now())).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "private, no-store")).json(as_json(&view)))
}

/// The figures of the page for programs. Its names are a contract.
fn as_json(view: &Show) -> Value {
    let share = |share: Share| json!({"with": share.with, "without": share.without, "total": share.total()});
    // Where a copy is for each branch, nobody is asked who has one.
    let members = |of: Share| view.is_for_members().then(|| share(of));
    let line = |child: &Child| {
        json!({"id": child.org.0, "name": child.name, "level": child.level.as_str(),
               "members": members(child.members), "branches": share(child.branches)})
    };
    let (edition, coverage) = (&view.edition, &view.coverage);
    json!({"edition": {"id": edition.id.0, "title": edition.title, "rule": edition.rule.as_str()},
           "as_of": view.today.to_string(), "members": members(coverage.members),
           "branches": share(coverage.branches), "lines": coverage.children.iter().map(line).collect::<Vec<_>>()})
}

#[derive(Template)]
#[template(path = "copies/missing.html")]
struct Missing {
    page: Page,
    edition: Edition,
    rows: Vec<store::Missing>,
    branches: Vec<(crate::ids::OrgId, String)>,
    paging: Paging,
}

impl Missing {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: PrintEditionId,
        number: i64,
    ) -> Result<Missing> {
        let (paths, skip) = (viewer.paths(KeepCopies), (number - 1) * LINES);
        let edition = copies::edition(conn, id)?;
        let (mut rows, mut branches) = (vec![], vec![]);
        let paging = match edition.rule {
            Rule::Member => {
                rows = store::missing(conn, id, &paths, skip, LINES + 1)?;
                Paging::cut(&page.path, number, &mut rows, LINES)?
            }
            Rule::Branch => {
                branches = store::branches_without(conn, id, &paths, skip, LINES + 1)?;
                Paging::cut(&page.path, number, &mut branches, LINES)?
            }
        };
        Ok(Missing { page, edition, rows, branches, paging })
    }
    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.branches.is_empty()
    }
    /// Where a branch begins in the list.
    fn is_first(&self, place: &usize) -> bool {
        *place == 0 || self.rows[place - 1].org != self.rows[*place].org
    }
}

pub(super) async fn missing(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<PrintEditionId>,
    query: Query<PageQuery>,
) -> Reply {
    let (id, number) = (*id, paging::number(&query.page));
    let view = db.read_long(move |conn| Missing::load(conn, page, &viewer, id, number)).await?;
    reply::page(&view)
}

/// That somebody takes a list along is recorded before there is one.
pub(super) async fn export(page: Page, viewer: Viewer, db: Data<Db>, id: Path<PrintEditionId>) -> Reply {
    let (id, doer, now) = (*id, page.doer(), clock::now());
    let edition = db
        .write(move |conn| {
            let edition = copies::edition(conn, id)?;
            doer.did(conn, Action::ListExported, ("print_edition", id.0), now)?;
            Ok(edition)
        })
        .await?;
    let name = format!("{}-{}.xlsx", page.t("还没有纸质读本的"), clock::day(now));
    let paths = viewer.paths(KeepCopies);
    let bytes = db.read_long(move |conn| written(conn, &page, &edition, &paths)).await?;
    Ok(sheet::attachment(bytes, sheet::XLSX, &name))
}

/// Who lacks a copy, branch by branch, piece by piece.
fn written(conn: &mut Conn, page: &Page, edition: &Edition, paths: &[String]) -> Result<Vec<u8>> {
    let columns = [(page.t("支部"), 40), (page.t("姓名"), 14), (page.t("党员编号"), 16)];
    let columns = columns.map(|(heading, width)| (heading.to_owned(), width));
    let mut sheet = Sheet::new(&edition.title, &columns)?;
    let mut skip = 0;
    loop {
        let written = match edition.rule {
            Rule::Member => {
                let rows = store::missing(conn, edition.id, paths, skip, PIECE)?;
                for row in &rows {
                    sheet.row(&[
                        row.branch.as_str().into(),
                        row.name.as_str().into(),
                        row.member_no.as_str().into(),
                    ])?;
                }
                rows.len() as i64
            }
            Rule::Branch => {
                let rows = store::branches_without(conn, edition.id, paths, skip, PIECE)?;
                for (_, name) in &rows {
                    sheet.row(&[name.as_str().into()])?;
                }
                rows.len() as i64
            }
        };
        skip += PIECE;
        if written < PIECE {
            return sheet.finish();
        }
    }
}
