//! The desk of secretaries and clerks. Persons are found through the viewer's scope; anybody else's is not found.
use crate::access::Access::SignedIn;
use crate::access::Permission::{ActForMembers, IssueCodes, SeePeople};
use crate::access::{Grant, Role, ScopeKind, Viewer};
use crate::accounts::sessions::{ACTING, ACTING_SINCE};
use crate::accounts::{self, OneTimeCode};
use crate::audit::Action;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::people::{self, Card};
use crate::web::form;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_session::Session;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/people", SeePeople, index),
        get("/people/{person}", SeePeople, show),
        post("/people/{person}/code", IssueCodes, print_code),
        post("/people/{person}/acting", ActForMembers, begin_acting),
        post("/acting/end", SignedIn, end_acting),
    ]
}

/// Members on a page of the list: a branch fits on one.
const ROWS: i64 = 30;

#[derive(Deserialize, Default)]
#[serde(default)]
struct IndexQuery {
    name: String,
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "assistance/index.html")]
struct Index {
    page: Page,
    name: String,
    people: Vec<Card>,
    paging: Paging,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, name: String, number: i64) -> Result<Index> {
        let paths = viewer.paths(SeePeople);
        let mut people = people::listed_within(conn, &paths, &name, (number - 1) * ROWS, ROWS + 1)?;
        let paging = Paging::cut(&page.path, number, &mut people, ROWS)?;
        Ok(Index { page, name, people, paging })
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<IndexQuery>) -> Reply {
    let number = paging::number(&query.page).min(1_000);
    let name = form::optional(&query.name, 80).unwrap_or_default();
    let view = db.read(move |conn| Index::load(conn, page, &viewer, name, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "assistance/show.html")]
struct Show {
    page: Page,
    card: Card,
    may_issue: bool,
    may_act: bool,
}

/// Looking at a person is recorded, and the person sees it. The page is not shown if that fails; it is the one kind of
/// row that a page leaves behind.
async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<PersonId>) -> Reply {
    let doer = page.doer();
    let id = *id;
    let paths = viewer.paths(SeePeople);
    let card = db.read(move |conn| people::find_within(conn, &paths, id)).await?;
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, id, clock::now())).await?;
    let view = Show {
        may_issue: page.may(IssueCodes),
        may_act: page.may(ActForMembers) && viewer.person != id,
        page,
        card,
    };
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "assistance/code.html")]
struct CodeSlip {
    page: Page,
    card: Card,
    code: OneTimeCode,
}

async fn print_code(page: Page, viewer: Viewer, db: Data<Db>, id: Path<PersonId>) -> Reply {
    let doer = page.doer();
    let id = *id;
    let (card, code) = db
        .write(move |conn| {
            let card = people::find_within(conn, &viewer.paths(IssueCodes), id)?;
            let now = clock::now();
            let account = accounts::account_of(conn, &card, &doer, now)?;
            may_reset(conn, &viewer, &account)?;
            let code = accounts::issue_code(conn, &account, &doer, now)?;
            Ok((card, code))
        })
        .await?;
    let mut reply = reply::page(&CodeSlip { page, card, code })?;
    reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}

/// A code takes over an account: nobody but an administrator prints one for somebody who holds a role, unless it is
/// the viewer's own kind of role within the viewer's own scope.
fn may_reset(conn: &mut Conn, viewer: &Viewer, account: &accounts::Account) -> Result<()> {
    // Nor does anybody, on the web, for somebody else with a city's rights and no second factor: with the code one would be
    // two persons, and could approve one's own proposals. Such codes come from the command line.
    let is_of_city = |grants: Vec<Grant>| grants.iter().any(|grant| grant.scope == ScopeKind::City);
    if account.id != viewer.account
        && is_of_city(accounts::grants(conn, account.id)?)
        && !accounts::has_factor(conn, account.id)?
    {
        return Err(Error::Forbidden);
    }
    if viewer.grants.iter().any(|grant| grant.role == Role::Admin) {
        return Ok(());
    }
    let is_covered = |theirs: &Grant| {
        viewer.grants.iter().any(|own| match (&own.path, &theirs.path) {
            (Some(own_path), Some(path)) => {
                path.starts_with(own_path.as_str())
                    && theirs
                        .role
                        .permissions()
                        .iter()
                        .all(|permission| own.role.permissions().contains(permission))
                    && !theirs.role.permissions().is_empty()
            }
            _ => false,
        })
    };
    if accounts::grants(conn, account.id)?.iter().all(is_covered) { Ok(()) } else { Err(Error::Forbidden) }
}

async fn begin_acting(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    session: Session,
    id: Path<PersonId>,
) -> Reply {
    let doer = page.doer();
    let id = *id;
    if viewer.person == id {
        return Err(Error::NotFound);
    }
    db.write(move |conn| {
        people::find_within(conn, &viewer.paths(ActForMembers), id)?;
        doer.did_to(conn, Action::ActingStarted, id, clock::now())
    })
    .await?;
    session.insert(ACTING, id.0).map_err(Error::internal)?;
    session.insert(ACTING_SINCE, clock::now().and_utc().timestamp()).map_err(Error::internal)?;
    reply::see("/?done=acting")
}

async fn end_acting(page: Page, viewer: Viewer, db: Data<Db>, session: Session) -> Reply {
    if viewer.is_acting() {
        let doer = page.doer();
        db.write(move |conn| doer.did_to(conn, Action::ActingEnded, viewer.person, clock::now())).await?;
    }
    session.remove(ACTING);
    session.remove(ACTING_SINCE);
    reply::see("/?done=acting-ended")
}
