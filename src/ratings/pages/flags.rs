//! Suspicions with their numbers, what two people decide about them, and the decision to learn who wrote a comment.
use super::super::detect;
use super::super::forms::{TextForm, UnmaskForm, VerdictForm};
use super::super::store::decisions;
use super::super::store::flags as store;
use super::super::{self as ratings, Detector, Exclusion, Flag, FlagState, Lifting, Unmask, Verdict};
use super::LINES;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::AccountId;
use crate::msg;
use crate::people::{self, Person};
use crate::site::{self, Setting};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "ratings/flags.html")]
struct Index {
    page: Page,
    is_open: bool,
    rows: Vec<Flag>,
    /// From where on people are to look, today.
    limits: Vec<(Setting, i64)>,
    paging: Paging,
}

#[derive(Deserialize)]
pub struct FlagsQuery {
    #[serde(default)]
    show: String,
    page: Option<String>,
}

pub async fn index(page: Page, db: Data<Db>, query: Query<FlagsQuery>) -> Reply {
    let (is_open, number) = (query.show != "decided", paging::number(&query.page));
    let view = db
        .read(move |conn| {
            let mut rows = store::listed(conn, is_open, (number - 1) * LINES, LINES + 1)?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            let today = clock::day(clock::now());
            let limit = |one| Ok((one, site::number(conn, one, today)?));
            let limits = detect::SETTINGS.into_iter().map(limit).collect::<Result<_>>()?;
            Ok(Index { page, is_open, rows, limits, paging })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "ratings/flag.html")]
struct Show {
    page: Page,
    flag: Flag,
    proposals: Vec<Exclusion>,
    liftings: Vec<Lifting>,
    account: i64,
    /// What was typed, and whether it is for the exclusion.
    form: TextForm,
    is_exclusion: bool,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: i64) -> Result<Show> {
        Ok(Show {
            flag: store::find(conn, id)?,
            proposals: decisions::proposals(conn, id)?,
            liftings: decisions::liftings(conn, id)?,
            account: viewer.account.0,
            page,
            form: TextForm::default(),
            is_exclusion: false,
            errors: Errors::default(),
        })
    }
    fn is_open(&self) -> bool {
        self.flag.state == FlagState::Open
    }
    fn is_block(&self) -> bool {
        self.flag.detector == Detector::Block
    }
    fn is_burst(&self) -> bool {
        self.flag.detector == Detector::Burst
    }
    fn waiting(&self) -> Option<&Exclusion> {
        self.proposals.iter().find(|one| one.verdict.is_none())
    }
    fn is_own(&self, one: &AccountId) -> bool {
        one.0 == self.account
    }
    fn is_confirmed(&self, one: &Verdict) -> bool {
        *one == Verdict::Confirmed
    }
    /// The exclusion whose end can be proposed now.
    fn liftable(&self) -> Option<&Exclusion> {
        let is_settled = self.liftings.iter().any(|one| one.verdict != Some(Verdict::Refused));
        let confirmed = |one: &&Exclusion| one.verdict == Some(Verdict::Confirmed);
        self.proposals.iter().find(confirmed).filter(|_| !is_settled)
    }
    /// A mean in thousandths as it is read.
    fn stars(&self, milli: &i32) -> String {
        format!("{}.{:02}", milli / 1_000, (milli % 1_000 + 5) / 10 % 100)
    }
    /// Millionths in per cent.
    fn share(&self, millionths: &i32) -> String {
        format!("{:.1}", f64::from(*millionths) / 10_000.0)
    }
}

async fn view(page: Page, viewer: Viewer, db: &Db, id: i64) -> Result<Show> {
    db.read(move |conn| Show::load(conn, page, &viewer, id)).await
}

pub async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<i64>) -> Reply {
    reply::page(&view(page, viewer, &db, *id).await?)
}

/// The longest note and reason, in characters.
const NOTE: usize = 300;

pub async fn dismiss(page: Page, viewer: Viewer, db: Data<Db>, id: Path<i64>, form: Form<TextForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    match form.check(NOTE) {
        Err(errors) => {
            let view = view(page, viewer, &db, id).await?;
            reply::invalid(&Show { form: form.into_inner(), errors, ..view })
        }
        Ok(note) => {
            db.write(move |conn| ratings::dismiss(conn, id, &note, &viewer, &doer, clock::now())).await?;
            reply::see(format!("/ratings/flags/{id}?done=decided"))
        }
    }
}

pub async fn exclude(page: Page, viewer: Viewer, db: Data<Db>, id: Path<i64>, form: Form<TextForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    match form.check(NOTE) {
        Err(errors) => {
            let view = view(page, viewer, &db, id).await?;
            reply::invalid(&Show { form: form.into_inner(), is_exclusion: true, errors, ..view })
        }
        Ok(reason) => {
            db.write(move |conn| ratings::propose(conn, id, &reason, &viewer, &doer, clock::now())).await?;
            reply::see(format!("/ratings/flags/{id}?done=exclusion-proposed"))
        }
    }
}

fn chosen(form: &VerdictForm) -> Result<Verdict> {
    form.check().ok_or_else(|| Error::Malformed(msg!("请选一项")))
}

pub async fn decide(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<i64>,
    form: Form<VerdictForm>,
) -> Reply {
    let (id, doer, verdict) = (*id, page.doer(), chosen(&form)?);
    let exclusion =
        db.write(move |conn| ratings::decide(conn, id, verdict, &viewer, &doer, clock::now())).await?;
    reply::see(format!("/ratings/flags/{}?done=decided", exclusion.flag))
}

pub async fn lift(page: Page, viewer: Viewer, db: Data<Db>, id: Path<i64>, form: Form<TextForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    match form.check(NOTE) {
        Err(errors) => {
            let flag = db.read(move |conn| Ok(decisions::exclusion(conn, id)?.flag)).await?;
            let view = view(page, viewer, &db, flag).await?;
            reply::invalid(&Show { form: form.into_inner(), errors, ..view })
        }
        Ok(reason) => {
            let flag = db
                .write(move |conn| ratings::propose_lifting(conn, id, &reason, &viewer, &doer, clock::now()))
                .await?;
            reply::see(format!("/ratings/flags/{flag}?done=exclusion-proposed"))
        }
    }
}

pub async fn decide_lifting(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<i64>,
    form: Form<VerdictForm>,
) -> Reply {
    let (id, doer, verdict) = (*id, page.doer(), chosen(&form)?);
    let lifting = db
        .write(move |conn| ratings::decide_lifting(conn, id, verdict, &viewer, &doer, clock::now()))
        .await?;
    reply::see(format!("/ratings/flags/{}?done=decided", lifting.flag))
}

#[derive(Template)]
#[template(path = "ratings/unmasks.html")]
struct Unmasks {
    page: Page,
    rows: Vec<Unmask>,
    paging: Paging,
    account: i64,
    /// Who wrote the comment of this decision.
    opened: Option<(i64, Person)>,
    form: UnmaskForm,
    errors: Errors,
}

impl Unmasks {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Unmasks> {
        let mut rows = decisions::unmasks(conn, (number - 1) * LINES, LINES + 1)?;
        let path = if page.path.starts_with("/ratings/unmask/") { "/ratings/unmask" } else { &page.path };
        let paging = Paging::cut(path, number, &mut rows, LINES)?;
        Ok(Unmasks {
            page,
            rows,
            paging,
            account: viewer.account.0,
            opened: None,
            form: UnmaskForm::default(),
            errors: Errors::default(),
        })
    }
    fn is_own(&self, one: &Unmask) -> bool {
        one.proposed_by.0 == self.account
    }
    fn may_open(&self, one: &Unmask) -> bool {
        one.verdict == Some(Verdict::Confirmed)
            && (self.is_own(one) || one.decided_by.is_some_and(|by| by.0 == self.account))
    }
    fn is_refused(&self, one: &Unmask) -> bool {
        one.verdict == Some(Verdict::Refused)
    }
    fn opened(&self, one: &Unmask) -> Option<&Person> {
        self.opened.as_ref().filter(|opened| opened.0 == one.id).map(|opened| &opened.1)
    }
}

pub async fn unmasks(page: Page, viewer: Viewer, db: Data<Db>, query: Query<super::PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Unmasks::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

pub async fn propose_unmask(page: Page, viewer: Viewer, db: Data<Db>, form: Form<UnmaskForm>) -> Reply {
    let doer = page.doer();
    let (form, sent) = (form.into_inner(), viewer.clone());
    let errors = match form.check() {
        Err(errors) => errors,
        Ok((number, reason)) => {
            let done = db
                .write(move |conn| {
                    ratings::propose_unmask(conn, number, &reason, &viewer, &doer, clock::now())
                })
                .await;
            match done {
                Ok(_) => return reply::see("/ratings/unmask?done=exclusion-proposed"),
                Err(Error::NotFound) => Errors::default().with("comment", msg!("没有这个编号的评价文字")),
                Err(other) => return Err(other),
            }
        }
    };
    let view = db.read(move |conn| Unmasks::load(conn, page, &sent, 1)).await?;
    reply::invalid(&Unmasks { form, errors, ..view })
}

pub async fn settle_unmask(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<i64>,
    form: Form<VerdictForm>,
) -> Reply {
    let (id, doer, verdict) = (*id, page.doer(), chosen(&form)?);
    db.write(move |conn| ratings::settle_unmask(conn, id, verdict, &viewer, &doer, clock::now())).await?;
    reply::see("/ratings/unmask?done=decided")
}

/// A post: each look is recorded, and told to the person in their record.
pub async fn open_unmask(page: Page, viewer: Viewer, db: Data<Db>, id: Path<i64>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let view = db
        .write(move |conn| {
            let (_, person, _) = ratings::unmask(conn, id, &viewer, &doer, clock::now())?;
            let person = people::find(conn, person)?;
            let mut view = Unmasks::load(conn, page, &viewer, 1)?;
            if view.rows.iter().all(|row| row.id != id) {
                view.rows.insert(0, decisions::find_unmask(conn, id)?);
            }
            view.opened = Some((id, person));
            Ok(view)
        })
        .await?;
    reply::page(&view)
}
