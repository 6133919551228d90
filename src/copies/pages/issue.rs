//! Issuing in bulk: what is proposed for each organisation below, changed where somebody knows better, sent at once.
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::copies::forms::IssueForm;
use crate::copies::{self, Balance, Edition, Need, Rule, store};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{OrgId, PrintEditionId, random_hex};
use crate::organization::Org;
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

/// Organisations on a page.
const LINES: i64 = 200;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "copies/issue.html")]
struct Show {
    page: Page,
    edition: Edition,
    org: Org,
    balance: Balance,
    needs: Vec<Need>,
    paging: Paging,
    form: IssueForm,
    errors: Errors,
}

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        (id, org): (PrintEditionId, OrgId),
        number: i64,
    ) -> Result<Show> {
        let org = copies::desk(conn, viewer, org)?;
        let edition = copies::edition(conn, id)?;
        let all = copies::needs(conn, &edition, &org, clock::now())?;
        if all.is_empty() {
            return Err(Error::NotFound);
        }
        let paging = Paging::new(&page.path, number, all.len() as i64, LINES)?;
        let skip = usize::try_from((number - 1) * LINES).unwrap_or_default();
        let needs: Vec<Need> = all.into_iter().skip(skip).take(LINES as usize).collect();
        let form = IssueForm {
            shares: needs.iter().map(|need| (need.org, need.proposed().to_string())).collect(),
            day: clock::day(clock::now()).to_string(),
            key: random_hex(16),
        };
        Ok(Show {
            balance: store::balance(conn, id, org.id)?,
            errors: Errors::default(),
            page,
            edition,
            org,
            needs,
            paging,
            form,
        })
    }
    fn is_for_members(&self) -> bool {
        self.edition.rule == Rule::Member
    }
    fn typed(&self, need: &Need) -> String {
        let found = self.form.shares.iter().find(|(org, _)| *org == need.org);
        found.map(|(_, count)| count.clone()).unwrap_or_default()
    }
    fn total(&self) -> i64 {
        self.needs.iter().map(Need::proposed).sum()
    }
}

pub(super) async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId)>,
    query: Query<PageQuery>,
) -> Reply {
    let (at, number) = (path.into_inner(), paging::number(&query.page));
    let view = db.read_long(move |conn| Show::load(conn, page, &viewer, at, number)).await?;
    reply::page(&view)
}

pub(super) async fn send(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId)>,
    query: Query<PageQuery>,
    sent: Payload,
) -> Reply {
    let (at, number) = (path.into_inner(), paging::number(&query.page));
    let form = IssueForm::sent(body::pairs(sent, LARGEST_FORM).await?);
    let again = async |form: IssueForm, errors, status| {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read_long(move |conn| Show::load(conn, page, &viewer, at, number)).await?;
        reply::html(status, &Show { form, errors, ..view })
    };
    let issue = match form.check(at.1, viewer.account, clock::day(clock::now())) {
        Ok(issue) => issue,
        Err(errors) => return again(form, errors, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let (who, doer) = (viewer.clone(), page.doer());
    let issued = db
        .write(move |conn| {
            let org = copies::desk(conn, &who, at.1)?;
            let edition = copies::edition(conn, at.0)?;
            let below = store::supplied(conn, &org)?;
            // Only to those that get theirs from here.
            if issue.shares.iter().any(|(to, _)| !below.iter().any(|one| one.id == *to)) {
                return Err(Error::NotFound);
            }
            let now = clock::now();
            if copies::issue(conn, &edition, &issue, now)? > 0 {
                doer.did(conn, Action::CopiesMoved, ("print_edition", at.0.0), now)?;
            }
            Ok(())
        })
        .await;
    match issued {
        Ok(()) => reply::see(format!("/copies/{}/{}?done=copies", at.0, at.1)),
        Err(Error::Refused(why)) => {
            again(form, Errors::default().with("count", why), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}
