//! What everybody sees: the list, one contest with its way, its method, its entries and lots, and its record.
use super::super::outcome::SUBJECT;
use super::super::store::{self, PublicEntry};
use super::super::{Contest, Entry, EntryState, Round, RoundState, State, entries};
use super::desk::{record_page, sums, tone};
use super::entry::tone as entry_tone;
use super::words::{Phase, method_facts, phases};
use super::{DUTIES, LINES, may_in};
use crate::access::Access::Anyone;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::rankings::{self, Snapshot};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use crate::web::slug::Slug;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/contests", Anyone, index).kept(&["page"]),
        get("/contests/{slug}", Anyone, show).kept(&["page", "round"]),
        get("/contests/{slug}/record", Anyone, record).kept(&["page"]),
    ]
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ShowQuery {
    page: Option<String>,
    /// The place of the round whose method is shown.
    round: String,
}

#[derive(Template)]
#[template(path = "contests/index.html")]
struct Index {
    page: Page,
    rows: Vec<Contest>,
    paging: Paging,
    has_duty: bool,
}

impl Index {
    fn tone(&self, row: &Contest) -> &'static str {
        tone(row.state)
    }
}

async fn index(page: Page, db: Data<Db>, query: Query<ShowQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db
        .read(move |conn| {
            let mut rows = store::contests(conn, false, (number - 1) * LINES, LINES + 1)?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            Ok(Index { has_duty: DUTIES.iter().any(|duty| page.may(*duty)), page, rows, paging })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "contests/show.html")]
struct Show {
    page: Page,
    contest: Contest,
    phases: Vec<Phase>,
    rounds: Vec<Round>,
    /// The round whose method is shown.
    round: Option<Round>,
    facts: Vec<(String, Vec<String>)>,
    lots: Vec<(i32, String, i32)>,
    entries: Vec<PublicEntry>,
    paging: Paging,
    own: Option<Entry>,
    takes_entries: bool,
    has_duty: bool,
    /// The published result of the round that is shown.
    result: Option<Snapshot>,
}

/// The round that is spoken of first: the one being judged, else the last that was begun, else the first.
fn current(rounds: &[Round]) -> Option<&Round> {
    let judging = rounds.iter().find(|round| round.state == RoundState::Judging);
    judging
        .or_else(|| rounds.iter().rev().find(|round| round.state != RoundState::Waiting))
        .or(rounds.first())
}

impl Show {
    fn load(conn: &mut Conn, page: Page, slug: &str, query: &ShowQuery) -> Result<Show> {
        let contest = store::public_contest(conn, slug)?;
        let rounds = store::rounds(conn, contest.id)?;
        let counts = store::entry_counts(conn, contest.id)?;
        let round = match query.round.parse::<i32>() {
            Ok(at) => Some(rounds.iter().find(|round| round.position == at).ok_or(Error::NotFound)?),
            Err(_) => current(&rounds),
        }
        .cloned();
        let lots = match &round {
            Some(round) if round.drawn_at.is_some() => store::lots(conn, round.id)?,
            _ => vec![],
        };
        let number = paging::number(&query.page);
        let mut entries = store::public_entries(conn, contest.id, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut entries, LINES)?;
        let own = match &page.viewer {
            Some(viewer) => store::entry_of_person(conn, contest.id, viewer.person)?,
            None => None,
        };
        let has_duty = page
            .viewer
            .as_ref()
            .is_some_and(|viewer| DUTIES.iter().any(|duty| may_in(viewer, *duty, contest.id)));
        Ok(Show {
            phases: phases(&page, &contest, &rounds, sums(&counts)),
            facts: round.as_ref().map(|round| method_facts(&page, round)).unwrap_or_default(),
            result: match &round {
                Some(round) => rankings::standing(conn, (SUBJECT, round.id.0))?,
                None => None,
            },
            takes_entries: entries::takes_entries(&contest, clock::now()) && !contest.is_suspended,
            page,
            contest,
            rounds,
            round,
            lots,
            entries,
            paging,
            own: own.filter(|own| own.state != EntryState::Withdrawn),
            has_duty,
        })
    }
    fn tone(&self) -> &'static str {
        tone(self.contest.state)
    }
    /// Until when somebody may object to the result.
    fn notice(&self) -> Option<String> {
        let result = self.result.as_ref().filter(|one| one.state == rankings::State::Provisional)?;
        Some(self.page.day(&result.notice_until?))
    }
    fn gives_gold(&self) -> bool {
        self.contest.gold_count > 0 && matches!(self.contest.state, State::Final | State::Archived)
    }
    fn own_tone(&self, own: &Entry) -> &'static str {
        entry_tone(own.state)
    }
    /// The result is public, so are the names of those who agreed to that.
    fn has_names(&self) -> bool {
        matches!(self.contest.state, State::Provisional | State::Final | State::Archived)
    }
    fn is_out(&self, entry: &PublicEntry) -> bool {
        matches!(entry.state, EntryState::Withdrawn | EntryState::Disqualified)
    }
    /// The longest talk, where one costs points.
    fn limit(&self) -> Option<String> {
        let time = self.round.as_ref()?.method.time.as_ref()?;
        Some(super::super::forms::clock_text(time.limit))
    }
    /// Who froze and who approved the method is in the record; here that it was done by two.
    fn is_round(&self, round: &Round) -> bool {
        self.round.as_ref().is_some_and(|one| one.id == round.id)
    }
}

async fn show(page: Page, db: Data<Db>, slug: Path<Slug>, query: Query<ShowQuery>) -> Reply {
    reply::page(&db.read(move |conn| Show::load(conn, page, slug.as_str(), &query)).await?)
}

async fn record(page: Page, db: Data<Db>, slug: Path<Slug>, query: Query<ShowQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db
        .read(move |conn| {
            let contest = store::public_contest(conn, slug.as_str())?;
            record_page(conn, page, contest, number, false)
        })
        .await?;
    reply::page(&view)
}
