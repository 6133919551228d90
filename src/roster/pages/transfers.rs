//! Transfers: the lists in and out, the proposal, the answer, and those who come from outside the city.
use super::super::Hand;
use super::super::forms::{ArrivalForm, ReasonForm, TransferForm};
use super::super::store::{self, Transfer};
use super::super::transfers::{self, State};
use super::words::Names;
use super::{hand, meant, refused};
use crate::access::Permission::{EditRoster, MoveMembers, SeePeople};
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{OrgId, PersonId, TransferId, random_hex};
use crate::organization::{self, Level};
use crate::people::{self, Category, File, Stage};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::Datelike;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/roster/transfers", SeePeople, index),
        post("/roster/transfers", MoveMembers, propose),
        get("/roster/transfers/new", MoveMembers, new),
        get("/roster/transfers/arrival", MoveMembers, arrival),
        post("/roster/transfers/arrival", MoveMembers, arrive),
        get("/roster/transfers/{transfer}", SeePeople, show),
        post("/roster/transfers/{transfer}/accept", MoveMembers, accept),
        post("/roster/transfers/{transfer}/refuse", MoveMembers, refuse),
        post("/roster/transfers/{transfer}/withdraw", MoveMembers, withdraw),
    ]
}

/// Transfers on a page of a list.
const ROWS: i64 = 20;

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    side: String,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "roster/transfers.html")]
struct Index {
    page: Page,
    is_out: bool,
    rows: Vec<Transfer>,
    names: Names,
    paging: Paging,
    may_move: bool,
}

/// The two ends of a transfer in words.
fn ends(names: &Names, transfer: &Transfer) -> (String, String) {
    let end = |branch: Option<OrgId>| branch.map_or_else(|| transfer.place.clone(), |id| names.name(id));
    (end(transfer.from), end(transfer.to))
}

fn branches(rows: &[Transfer]) -> Vec<OrgId> {
    rows.iter().flat_map(|row| [row.from, row.to]).flatten().collect()
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &ListQuery) -> Result<Index> {
        let (number, is_out) = (paging::number(&query.page), query.side == "out");
        let (paths, skip) = (viewer.paths(SeePeople), (number - 1) * ROWS);
        let mut rows = match is_out {
            true => store::transfers_out(conn, &paths, skip, ROWS + 1)?,
            false => store::transfers_in(conn, &paths, skip, ROWS + 1)?,
        };
        let paging = Paging::cut(&page.path, number, &mut rows, ROWS)?;
        let names = Names::some(conn, &branches(&rows))?;
        Ok(Index { may_move: page.may(MoveMembers), page, is_out, rows, names, paging })
    }
    fn from(&self, row: &Transfer) -> String {
        ends(&self.names, row).0
    }
    fn to(&self, row: &Transfer) -> String {
        ends(&self.names, row).1
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    reply::page(&db.read(move |conn| Index::load(conn, page, &viewer, &query)).await?)
}

#[derive(Template)]
#[template(path = "roster/transfer_new.html")]
struct New {
    page: Page,
    file: File,
    form: TransferForm,
    errors: Errors,
}

impl New {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, form: TransferForm) -> Result<New> {
        let person = form.person.parse().map(PersonId).map_err(|_| Error::NotFound)?;
        let file = people::file_within(conn, &viewer.paths(MoveMembers), person)?;
        Ok(New { page, file, form, errors: Errors::default() })
    }
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>, query: Query<TransferForm>) -> Reply {
    let form = TransferForm { key: random_hex(16), ..query.into_inner() };
    reply::page(&db.read(move |conn| New::load(conn, page, &viewer, form)).await?)
}

async fn propose(page: Page, viewer: Viewer, db: Data<Db>, form: Form<TransferForm>) -> Reply {
    let (form, who) = (form.into_inner(), viewer.clone());
    let (mut view, org) = db
        .read(move |conn| {
            let view = New::load(conn, page, &who, form)?;
            let org = meant(conn, &["/".to_owned()], &[Level::Branch], &view.form.org)?;
            Ok((view, org))
        })
        .await?;
    let (goal, key) = match view.form.check(org) {
        Ok(checked) => checked,
        Err(errors) => {
            if errors.of("key").is_some() {
                view.form.key = random_hex(16);
            }
            return reply::invalid(&New { errors, ..view });
        }
    };
    let (by, person) = (hand(&view.page, &viewer, key), view.file.id);
    let done = db
        .write(move |conn| {
            people::file_within(conn, &viewer.paths(MoveMembers), person)?;
            transfers::propose(conn, person, &goal, &by)
        })
        .await;
    match refused(done, "org")? {
        Ok(id) => reply::see(format!("/roster/transfers/{id}?done=transfer-proposed")),
        Err(errors) => reply::invalid(&New { errors, ..view }),
    }
}

#[derive(Template)]
#[template(path = "roster/transfer.html")]
struct Show {
    page: Page,
    transfer: Transfer,
    from: String,
    to: String,
    may_decide: bool,
    is_mine: bool,
    /// The member's file opens to the viewer.
    may_see: bool,
    form: ReasonForm,
    errors: Errors,
}

/// Whether one of these sub-trees has this place in it.
fn covers(paths: &[String], path: &str) -> bool {
    paths.iter().any(|scope| path.starts_with(scope.as_str()))
}

/// A transfer that concerns the viewer's scope, with the places of its two branches and whether the viewer may answer it; not
/// found otherwise.
fn found(conn: &mut Conn, viewer: &Viewer, id: TransferId) -> Result<(Transfer, bool)> {
    let transfer = store::transfer(conn, id)?;
    let mut path = |branch: Option<OrgId>| -> Result<String> {
        branch.map_or_else(|| Ok(String::new()), |id| Ok(organization::find(conn, id)?.path))
    };
    let (from, to) = (path(transfer.from)?, path(transfer.to)?);
    let paths = viewer.paths(SeePeople);
    if !covers(&paths, &from) && !covers(&paths, &to) {
        return Err(Error::NotFound);
    }
    let receives = match transfer.to {
        Some(_) => covers(&viewer.paths(MoveMembers), &to),
        // Leaving the city is confirmed by whoever keeps the roster above the branch.
        None => covers(&viewer.paths(EditRoster), &from),
    };
    Ok((transfer, receives))
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: TransferId) -> Result<Show> {
        let (transfer, receives) = found(conn, viewer, id)?;
        let names = Names::some(conn, &branches(std::slice::from_ref(&transfer)))?;
        let (from, to) = ends(&names, &transfer);
        let is_open = transfer.state == State::Proposed;
        let is_mine = transfer.proposed_by == viewer.account;
        let may_see = match people::file_within(conn, &viewer.paths(SeePeople), transfer.person) {
            Ok(_) => true,
            Err(Error::NotFound) => false,
            Err(error) => return Err(error),
        };
        Ok(Show {
            page,
            may_decide: is_open && receives && !is_mine && viewer.person != transfer.person,
            is_mine: is_open && is_mine,
            may_see,
            transfer,
            from,
            to,
            form: ReasonForm::default(),
            errors: Errors::default(),
        })
    }
}

/// Shows whose transfer it is; that is recorded, as with other pages about a person.
async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<TransferId>) -> Reply {
    let (doer, id) = (page.doer(), *id);
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    let person = view.transfer.person;
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, person, clock::now())).await?;
    reply::page(&view)
}

/// Answers a transfer that the viewer may answer.
async fn answer(
    (page, viewer, db, id): (Page, Viewer, Data<Db>, TransferId),
    done: &str,
    go: impl FnOnce(&mut Conn, TransferId, &Hand) -> Result<()> + Send + 'static,
) -> Reply {
    let by = hand(&page, &viewer, random_hex(16));
    db.write(move |conn| {
        let (_, receives) = found(conn, &viewer, id)?;
        if !receives {
            return Err(Error::NotFound);
        }
        go(conn, id, &by)
    })
    .await?;
    reply::see(format!("/roster/transfers/{id}?done={done}"))
}

async fn accept(page: Page, viewer: Viewer, db: Data<Db>, id: Path<TransferId>) -> Reply {
    answer((page, viewer, db, *id), "transfer-accepted", transfers::accept).await
}

async fn refuse(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<TransferId>,
    form: Form<ReasonForm>,
) -> Reply {
    match form.check() {
        Ok(reason) => {
            let go = move |conn: &mut Conn, id, by: &Hand| transfers::refuse(conn, id, &reason, by);
            answer((page, viewer, db, *id), "transfer-refused", go).await
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, *id)).await?;
            reply::invalid(&Show { form: form.into_inner(), errors, ..view })
        }
    }
}

async fn withdraw(page: Page, viewer: Viewer, db: Data<Db>, id: Path<TransferId>) -> Reply {
    let (by, id) = (hand(&page, &viewer, random_hex(16)), *id);
    db.write(move |conn| {
        found(conn, &viewer, id)?;
        transfers::withdraw(conn, id, &by)
    })
    .await?;
    reply::see(format!("/roster/transfers/{id}?done=transfer-withdrawn"))
}

#[derive(Template)]
#[template(path = "roster/arrival.html")]
struct Arrive {
    page: Page,
    stages: Vec<(&'static str, String)>,
    categories: Vec<(&'static str, String)>,
    form: ArrivalForm,
    errors: Errors,
}

impl Arrive {
    fn of(page: Page, form: ArrivalForm) -> Arrive {
        let stages = Stage::ALL.iter().map(|it| (it.as_str(), page.say(&it.words()))).collect();
        let none = ("", page.t("以后再登记").to_owned());
        let all = Category::ALL.iter().map(|it| (it.as_str(), page.say(&it.words())));
        let categories = [none].into_iter().chain(all).collect();
        Arrive { page, stages, categories, form, errors: Errors::default() }
    }
}

async fn arrival(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let today = clock::day(clock::now()).to_string();
    let stage = Stage::Full.as_str().to_owned();
    let mut form = ArrivalForm { day: today, key: random_hex(16), stage, ..ArrivalForm::default() };
    // Who has one branch only means that one.
    let own = db
        .read(move |conn| {
            let mut own = vec![];
            for path in viewer.paths(MoveMembers) {
                own.extend(organization::within(conn, &path, Level::Branch, 2)?);
            }
            Ok(own)
        })
        .await?;
    if let [one] = own.as_slice() {
        form.org = one.id.to_string();
    }
    reply::page(&Arrive::of(page, form))
}

async fn arrive(page: Page, viewer: Viewer, db: Data<Db>, form: Form<ArrivalForm>) -> Reply {
    let mut view = Arrive::of(page, form.into_inner());
    let (text, paths) = (view.form.org.clone(), viewer.paths(MoveMembers));
    let org = db.read(move |conn| meant(conn, &paths, &[Level::Branch], &text)).await?;
    let year = clock::day(clock::now()).year();
    let (new, key) = match view.form.check(org, year) {
        Ok(checked) => checked,
        Err(errors) => {
            if errors.of("key").is_some() {
                view.form.key = random_hex(16);
            }
            return reply::invalid(&Arrive { errors, ..view });
        }
    };
    let by = hand(&view.page, &viewer, key);
    let done = db
        .write(move |conn| {
            organization::find_within(conn, &viewer.paths(MoveMembers), new.branch)?;
            transfers::arrive(conn, &new, &by)
        })
        .await;
    match refused(done, "member_no")? {
        Ok(person) => reply::see(format!("/roster/{person}?done=arrived")),
        Err(errors) => reply::invalid(&Arrive { errors, ..view }),
    }
}
