//! The steps of a plan, each a button: handed in, taken back, put into force, ended.
use super::super::State;
use super::super::forms::StepForm;
use super::super::way;
use super::desk::own;
use super::hand;
use crate::access::Permission::MakePlans;
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::StudyPlanId;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, post};
use actix_web::web::{Data, Form, Path};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/plans/{plan}/submit", MakePlans, submit),
        post("/plans/{plan}/back", MakePlans, back),
        post("/plans/{plan}/publish", MakePlans, publish),
        post("/plans/{plan}/drop", MakePlans, drop_change),
        post("/plans/{plan}/end", MakePlans, end),
        post("/plans/{plan}/withdraw", MakePlans, withdraw),
    ]
}

type Sent = (Page, Viewer, Data<Db>, Path<StudyPlanId>, Form<StepForm>);

async fn submit(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    form: Form<StepForm>,
) -> Reply {
    go((page, viewer, db, id, form), "plan-submitted", way::submit).await
}

async fn back(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    form: Form<StepForm>,
) -> Reply {
    go((page, viewer, db, id, form), "saved", way::take_back).await
}

async fn publish(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    form: Form<StepForm>,
) -> Reply {
    go((page, viewer, db, id, form), "plan-published", way::publish).await
}

async fn drop_change(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    form: Form<StepForm>,
) -> Reply {
    go((page, viewer, db, id, form), "saved", way::drop_change).await
}

async fn end(page: Page, viewer: Viewer, db: Data<Db>, id: Path<StudyPlanId>, form: Form<StepForm>) -> Reply {
    let close = |conn: &mut Conn, id, from, by: &super::Hand| way::close(conn, id, from, State::Ended, by);
    go((page, viewer, db, id, form), "saved", close).await
}

async fn withdraw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<StudyPlanId>,
    form: Form<StepForm>,
) -> Reply {
    let close =
        |conn: &mut Conn, id, from, by: &super::Hand| way::close(conn, id, from, State::Withdrawn, by);
    go((page, viewer, db, id, form), "saved", close).await
}

/// Does a step of a plan that the viewer may do, and shows it.
async fn go(
    (page, viewer, db, id, form): Sent,
    done: &str,
    what: impl FnOnce(&mut Conn, StudyPlanId, i32, &super::Hand) -> Result<()> + Send + 'static,
) -> Reply {
    let (id, from, by) = (*id, form.from(), hand(&page, &viewer));
    db.write(move |conn| {
        own(conn, &viewer, id)?;
        what(conn, id, from, &by)
    })
    .await?;
    reply::see(format!("/plans/{id}?done={done}"))
}
