//! The desk of screeners: entries that branches agreed to, one by one. Two of them have to agree.
use super::super::entries;
use super::super::forms::ScreenForm;
use super::super::store;
use super::super::{Contest, Entry, EntryState, State, Verdict};
use super::entry::{Shown, tone};
use super::{LINES, by, held};
use crate::access::Permission::ScreenEntries;
use crate::access::Viewer;
use crate::clock::Timestamp;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ContestId, EntryId};
use crate::media::Media;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/organize/contests/{contest}/screening", ScreenEntries, index),
        get("/organize/contests/{contest}/screening/{entry}", ScreenEntries, show),
        post("/organize/contests/{contest}/screening/{entry}", ScreenEntries, judge),
    ]
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "contests/screening.html")]
struct Index {
    page: Page,
    contest: Contest,
    rows: Vec<Entry>,
    /// Those about which the viewer has spoken.
    spoken: Vec<EntryId>,
    person: i64,
    paging: Paging,
}

impl Index {
    fn has_spoken(&self, row: &Entry) -> bool {
        self.spoken.contains(&row.id)
    }
    fn is_own(&self, row: &Entry) -> bool {
        row.entrant.0 == self.person
    }
}

async fn index(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    query: Query<PageQuery>,
) -> Reply {
    let (id, number) = (*id, paging::number(&query.page));
    let view = db
        .read(move |conn| {
            let contest = held(conn, &viewer, id, &[ScreenEntries])?;
            let total = store::count_entries(conn, id, EntryState::BranchEndorsed)?;
            let paging = Paging::new(&page.path, number, total, LINES)?;
            let at = ((number - 1) * LINES, LINES);
            let rows = store::entries_of(conn, id, EntryState::BranchEndorsed, at)?;
            let spoken = store::screened_by(conn, id, viewer.account)?;
            Ok(Index { page, contest, rows, spoken, person: viewer.person.0, paging })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "contests/screen.html")]
struct Show {
    page: Page,
    contest: Contest,
    shown: Shown,
    /// What was said about this submission.
    said: Vec<(AccountId, String, Verdict, Timestamp)>,
    is_own: bool,
    /// The viewer agreed to it for the branch.
    is_endorser: bool,
    has_spoken: bool,
    is_open: bool,
    has_names: bool,
    has_recording: bool,
    form: ScreenForm,
    errors: Errors,
}

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        (contest, id): (ContestId, EntryId),
        media: &Media,
    ) -> Result<Show> {
        let contest = held(conn, viewer, contest, &[ScreenEntries])?;
        let entry = store::entry(conn, id)?;
        // What the branch has not agreed to is not examined, and what is written is its author's.
        let is_there = !matches!(entry.state, EntryState::Draft | EntryState::Submitted);
        if entry.contest != contest.id || !is_there {
            return Err(Error::NotFound);
        }
        let said = store::screenings(conn, id, entry.version)?;
        Ok(Show {
            is_own: entries::is_own(conn, &entry, viewer.person)?,
            is_endorser: entry.endorsed_by == Some(viewer.account),
            has_spoken: said.iter().any(|one| one.0 == viewer.account),
            is_open: entry.state == EntryState::BranchEndorsed
                && !contest.is_suspended
                && matches!(contest.state, State::Open | State::Screening),
            has_recording: entries::has_recording(conn, entry.lecture)?,
            form: ScreenForm { version: entry.version, ..ScreenForm::default() },
            shown: Shown::load(conn, &page, entry, media, false)?,
            has_names: true,
            errors: Errors::default(),
            page,
            contest,
            said,
        })
    }
    fn tone(&self) -> &'static str {
        tone(self.shown.entry.state)
    }
    fn words(&self, verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Passed => self.page.t("通过"),
            Verdict::Returned => self.page.t("退回修改"),
            Verdict::Refused => self.page.t("不能参赛"),
        }
    }
}

async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    ids: Path<(ContestId, EntryId)>,
) -> Reply {
    let ids = *ids;
    reply::page(&db.read(move |conn| Show::load(conn, page, &viewer, ids, &media)).await?)
}

async fn judge(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    ids: Path<(ContestId, EntryId)>,
    form: Form<ScreenForm>,
) -> Reply {
    let (ids, form, by) = (*ids, form.into_inner(), by(&page, &viewer));
    let version = form.version;
    match form.check() {
        Ok((verdict, reason)) => {
            db.write(move |conn| {
                // The contest that is held is the one of the entry.
                held(conn, &viewer, ids.0, &[ScreenEntries])?;
                if store::entry(conn, ids.1)?.contest != ids.0 {
                    return Err(Error::NotFound);
                }
                entries::screen(conn, ids.1, &viewer, (version, verdict, &reason), &by)
            })
            .await?;
            reply::see(format!("/organize/contests/{}/screening?done=entry-screened", ids.0))
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, &viewer, ids, &media)).await?;
            reply::invalid(&Show { form, errors, ..view })
        }
    }
}
