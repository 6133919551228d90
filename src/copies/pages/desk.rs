//! The desk of an organisation for one edition: what it has, what is on its way, what it did; and the steps that can be taken.
use crate::access::Permission::OrderCopies;
use crate::access::Viewer;
use crate::clock;
use crate::copies::forms::StepForm;
use crate::copies::{self, Balance, Edition, Rule, What, store};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{OrgId, PrintEditionId};
use crate::organization::{Level, Org};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

/// Moves on a page.
const LINES: i64 = 30;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "copies/desk.html")]
struct Show {
    page: Page,
    edition: Edition,
    org: Org,
    balance: Balance,
    supplier: Option<Org>,
    /// Whoever issued what is coming does not receive it.
    is_own_issue: bool,
    may_order: bool,
    past: Vec<store::Past>,
    paging: Paging,
    form: StepForm,
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
        let mut past = store::moves_of(conn, id, org.id, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut past, LINES)?;
        Ok(Show {
            balance: store::balance(conn, id, org.id)?,
            supplier: copies::supplier(conn, &org)?,
            is_own_issue: store::has_issued(conn, id, org.id, viewer.account)?,
            may_order: org.level == Level::City && page.may(OrderCopies),
            form: StepForm::new(clock::day(clock::now())),
            errors: Errors::default(),
            page,
            edition,
            org,
            past,
            paging,
        })
    }
    fn is_branch(&self) -> bool {
        self.org.level == Level::Branch
    }
    fn is_for_members(&self) -> bool {
        self.edition.rule == Rule::Member
    }
    fn supplies(&self) -> bool {
        matches!(self.org.level, Level::City | Level::Committee)
    }
    /// Steps about what lies here, and what each is called.
    fn steps(&self) -> Vec<(&'static str, &'static str)> {
        let mut steps = vec![];
        if self.supplier.is_some() {
            steps.push((What::GiveBack.as_str(), self.page.t("退回上级")));
        }
        steps.push((What::Lose.as_str(), self.page.t("遗失或损坏")));
        steps.push((What::More.as_str(), self.page.t("清点：比账上多")));
        steps.push((What::Fewer.as_str(), self.page.t("清点：比账上少")));
        steps
    }
    /// Errors belong to the form that was sent.
    fn is_sent(&self, step: &str) -> bool {
        self.form.step == step
    }
    fn is_stock_step(&self) -> bool {
        What::of(&self.form.step)
            .is_none_or(|what| matches!(what, What::GiveBack | What::Lose | What::More | What::Fewer))
    }
    fn count(&self, step: &str, otherwise: &i32) -> String {
        if self.is_sent(step) { self.form.count.clone() } else { otherwise.to_string() }
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
    let view = db.read(move |conn| Show::load(conn, page, &viewer, at, number)).await?;
    reply::page(&view)
}

/// A step at a desk of one's scope; what only the city does is ordered at its own address.
pub(super) async fn act(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId)>,
    form: Form<StepForm>,
) -> Reply {
    take(page, viewer, &db, path.into_inner(), form.into_inner(), false).await
}

/// The city orders copies, or says that they have come.
pub(super) async fn order(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<PrintEditionId>,
    form: Form<StepForm>,
) -> Reply {
    let (id, paths) = (*id, viewer.paths(OrderCopies));
    let desks = db.read(move |conn| store::tops(conn, &paths)).await?;
    let city = desks.into_iter().find(|org| org.level == Level::City).ok_or(Error::NotFound)?;
    take(page, viewer, &db, (id, city.id), form.into_inner(), true).await
}

async fn take(
    page: Page,
    viewer: Viewer,
    db: &Db,
    at: (PrintEditionId, OrgId),
    form: StepForm,
    is_order: bool,
) -> Reply {
    let who = viewer.clone();
    let again = async |form: StepForm, errors, status| {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read(move |conn| Show::load(conn, page, &viewer, at, 1)).await?;
        reply::html(status, &Show { form, errors, ..view })
    };
    let step = match form.check(clock::day(clock::now())) {
        Ok(step) => step,
        Err(errors) => return again(form, errors, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    if step.what.is_of_city() != is_order {
        return Err(Error::NotFound);
    }
    let doer = page.doer();
    let taken = db
        .write(move |conn| {
            let org = copies::desk(conn, &who, at.1)?;
            let edition = copies::edition(conn, at.0)?;
            copies::step(conn, &edition, &org, &step, who.account, &doer, clock::now())
        })
        .await;
    match taken {
        Ok(()) => reply::see(format!("/copies/{}/{}?done=copies", at.0, at.1)),
        Err(Error::Refused(why)) => {
            again(form, Errors::default().with("count", why), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}
