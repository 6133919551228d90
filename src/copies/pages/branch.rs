//! The list of a branch: who has a copy, who gets one now, the sheet to sign, and what became of one member's copy.
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::copies::forms::{AfterForm, HandForm};
use crate::copies::store::Member;
use crate::copies::{self, Balance, Edition, Rule, store};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{OrgId, PersonId, PrintEditionId, random_hex};
use crate::organization::{Level, Org};
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

/// Members on a page of the list: a branch.
const LINES: i64 = 60;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "copies/members.html")]
struct Show {
    page: Page,
    edition: Edition,
    org: Org,
    balance: Balance,
    rows: Vec<Member>,
    /// Of the whole branch: who may have signed for another.
    all: Vec<Member>,
    without: usize,
    paging: Paging,
    form: HandForm,
    errors: Errors,
}

/// A branch of the viewer's scope, and an edition that is for members.
fn branch(conn: &mut Conn, viewer: &Viewer, (id, org): (PrintEditionId, OrgId)) -> Result<(Edition, Org)> {
    let org = copies::desk(conn, viewer, org)?;
    let edition = copies::edition(conn, id)?;
    match (org.level, edition.rule) {
        (Level::Branch, Rule::Member) => Ok((edition, org)),
        _ => Err(Error::NotFound),
    }
}

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        at: (PrintEditionId, OrgId),
        number: i64,
    ) -> Result<Show> {
        let (edition, org) = branch(conn, viewer, at)?;
        let all = store::members(conn, edition.id, org.id)?;
        let paging = Paging::new(&page.path, number, all.len() as i64, LINES)?;
        let skip = usize::try_from((number - 1) * LINES).unwrap_or_default();
        Ok(Show {
            balance: store::balance(conn, edition.id, org.id)?,
            rows: all.iter().skip(skip).take(LINES as usize).cloned().collect(),
            without: all.iter().filter(|one| one.since.is_none()).count(),
            form: HandForm {
                day: clock::day(clock::now()).to_string(),
                key: random_hex(16),
                ..HandForm::default()
            },
            errors: Errors::default(),
            page,
            edition,
            org,
            all,
            paging,
        })
    }
    fn is_ticked(&self, member: &Member) -> bool {
        self.form.persons.contains(&member.person)
    }
    fn is_proxy(&self, member: &Member) -> bool {
        self.form.proxy == member.person.to_string()
    }
    /// Somebody on this page has none.
    fn has_open(&self) -> bool {
        self.rows.iter().any(|row| row.since.is_none())
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

pub(super) async fn hand_out(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId)>,
    query: Query<PageQuery>,
    sent: Payload,
) -> Reply {
    let (at, number) = (path.into_inner(), paging::number(&query.page));
    let mut form = HandForm::sent(body::pairs(sent, LARGEST_FORM).await?);
    let again = async |form: HandForm, errors, status| {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read(move |conn| Show::load(conn, page, &viewer, at, number)).await?;
        reply::html(status, &Show { form, errors, ..view })
    };
    if form.is_all {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read(move |conn| Show::load(conn, page, &viewer, at, number)).await?;
        form.persons = view.rows.iter().filter(|row| row.since.is_none()).map(|row| row.person).collect();
    }
    let out = match form.check(at, viewer.account, clock::day(clock::now())) {
        Ok(out) => out,
        Err(errors) => return again(form, errors, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let (who, doer) = (viewer.clone(), page.doer());
    let handed = db
        .write(move |conn| {
            branch(conn, &who, at)?;
            copies::hand_out(conn, &out, &doer, clock::now())
        })
        .await;
    match handed {
        Ok(_) => {
            let page = if number > 1 { format!("page={number}&") } else { String::new() };
            reply::see(format!("/copies/{}/{}/members?{page}done=copies", at.0, at.1))
        }
        Err(Error::Refused(why)) => {
            again(form, Errors::default().with("person", why), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}

#[derive(Template)]
#[template(path = "copies/sheet.html")]
struct SignSheet {
    page: Page,
    edition: Edition,
    org: Org,
    rows: Vec<Member>,
    today: NaiveDate,
}

/// The list to be signed on paper.
pub(super) async fn sheet(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId)>,
) -> Reply {
    let at = path.into_inner();
    let view = db.read(move |conn| {
        let (edition, org) = branch(conn, &viewer, at)?;
        let rows = store::members(conn, edition.id, org.id)?;
        Ok(SignSheet { page, edition, org, rows, today: clock::day(clock::now()) })
    });
    reply::page(&view.await?)
}

#[derive(Template)]
#[template(path = "copies/one.html")]
struct One {
    page: Page,
    edition: Edition,
    org: Org,
    member: Member,
    past: Vec<store::Past>,
    form: AfterForm,
    errors: Errors,
}

impl One {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        (id, org, person): (PrintEditionId, OrgId, PersonId),
    ) -> Result<One> {
        let (edition, org) = branch(conn, viewer, (id, org))?;
        let member = store::members(conn, id, org.id)?.into_iter().find(|one| one.person == person);
        Ok(One {
            member: member.ok_or(Error::NotFound)?,
            past: store::past_of(conn, id, person)?,
            form: AfterForm::new(clock::day(clock::now())),
            errors: Errors::default(),
            page,
            edition,
            org,
        })
    }
    fn choices(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("lost", self.page.t("本人遗失或损坏")),
            ("returned", self.page.t("本人退回支部")),
            ("taken_back", self.page.t("登记错了，本人没有领过")),
        ]
    }
}

pub(super) async fn one(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId, PersonId)>,
) -> Reply {
    let (at, doer) = (path.into_inner(), page.doer());
    let view = db.read(move |conn| One::load(conn, page, &viewer, at)).await?;
    // One person's history: that somebody looked is recorded, or the page is not shown.
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, at.2, clock::now())).await?;
    reply::page(&view)
}

pub(super) async fn after(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(PrintEditionId, OrgId, PersonId)>,
    form: Form<AfterForm>,
) -> Reply {
    let (at, form) = (path.into_inner(), form.into_inner());
    let again = async |form: AfterForm, errors, status| {
        let (page, viewer) = (page.clone(), viewer.clone());
        let view = db.read(move |conn| One::load(conn, page, &viewer, at)).await?;
        reply::html(status, &One { form, errors, ..view })
    };
    let (what, day, reason, key) = match form.check(clock::day(clock::now())) {
        Ok(checked) => checked,
        Err(errors) => return again(form, errors, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let (who, doer, asked) = (viewer.clone(), page.doer(), page.clone());
    let taken = db
        .write(move |conn| {
            One::load(conn, asked, &who, at)?;
            let now = clock::now();
            copies::take_from(conn, at, what, (day, &reason, &key), who.account, now)?;
            doer.did_to(conn, Action::CopiesMoved, at.2, now)
        })
        .await;
    match taken {
        Ok(()) => reply::see(format!("/copies/{}/{}/members/{}?done=copies", at.0, at.1, at.2)),
        Err(Error::Refused(why)) => {
            again(form, Errors::default().with("after", why), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other),
    }
}
