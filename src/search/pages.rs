//! The search page.
use super::forms::SearchQuery;
use super::store::{self, Found};
use super::text::{Piece, Query, excerpt, marked};
use super::{Kind, catch_up, is_behind};
use crate::access::Access::Anyone;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::LectureId;
use crate::lang::Message;
use crate::lectures::{self, Card, Length, Topic};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query as Sent};
use askama::Template;
use std::collections::BTreeMap;

pub fn routes() -> Vec<Route> {
    vec![get("/search", Anyone, index)]
}

/// Finds on a page.
const LINES: i64 = 10;
/// Moments of a lecture shown under it.
const MOMENTS: usize = 2;
/// Characters of an excerpt, and of a moment's words.
const EXCERPT: usize = 90;
const MOMENT: usize = 40;

/// A moment of a recording at which the words are said.
struct Moment {
    ms: i32,
    words: Vec<Piece>,
}

/// A find, ready to be shown.
struct Line {
    kind: Kind,
    href: String,
    title: Vec<Piece>,
    /// What it belongs to: the booklet of a chapter.
    of: String,
    text: Vec<Piece>,
    card: Option<Card>,
    moments: Vec<Moment>,
}

#[derive(Template)]
#[template(path = "search/index.html")]
struct Index {
    page: Page,
    sent: SearchQuery,
    typed: String,
    problem: Option<Message>,
    /// Whether anything was asked for.
    is_asked: bool,
    topics: Vec<Topic>,
    counts: Vec<(Kind, i64)>,
    /// Of all kinds.
    total: i64,
    lines: Vec<Line>,
    paging: Paging,
}

/// What a try to search says: the page, or that the rows have to be made up to date first.
enum Outcome {
    Page(Box<Index>),
    Behind(Box<Page>),
}

impl Index {
    fn load(conn: &mut Conn, page: Page, sent: SearchQuery) -> Result<Outcome> {
        if is_behind(conn)? {
            return Ok(Outcome::Behind(Box::new(page)));
        }
        let (query, problem) = match sent.query() {
            Ok(query) => (query, None),
            Err(problem) => (Query::default(), Some(problem)),
        };
        let number = paging::number(&sent.page);
        let mut view = Index {
            typed: sent.typed(),
            is_asked: !query.is_empty(),
            problem,
            topics: lectures::topics(conn)?,
            counts: vec![],
            total: 0,
            lines: vec![],
            paging: Paging::new("/search", 1, 0, LINES)?,
            sent,
            page,
        };
        if view.is_asked {
            let filter = view.sent.filter(view.page.viewer.is_some());
            let counts: BTreeMap<&str, i64> = store::counts(conn, &query, &filter)?
                .into_iter()
                .map(|(kind, count)| (kind.as_str(), count))
                .collect();
            view.counts = Kind::ALL
                .iter()
                .map(|kind| (*kind, counts.get(kind.as_str()).copied().unwrap_or_default()))
                .collect();
            view.total = view.counts.iter().map(|(_, count)| count).sum();
            let listed = match filter.kind {
                Some(kind) => counts.get(kind.as_str()).copied().unwrap_or_default(),
                None => view.total,
            };
            view.paging = Paging::new(&view.page.path, number, listed, LINES)?;
            if listed > 0 {
                let found = store::found(conn, &query, &filter, (number - 1) * LINES, LINES)?;
                view.lines = lines(conn, found, &query)?;
            }
        }
        Ok(Outcome::Page(Box::new(view)))
    }
    fn lengths(&self) -> &'static [Length] {
        Length::ALL
    }
    fn is_filtered(&self) -> bool {
        !(self.sent.kind.is_empty() && self.sent.topic.is_empty() && self.sent.length.is_empty())
    }
    fn is_kind(&self, kind: &Kind) -> bool {
        self.sent.kind == kind.as_str()
    }
}

/// Puts to each find what its line shows: at most one query a kind, however many finds.
fn lines(conn: &mut Conn, found: Vec<Found>, query: &Query) -> Result<Vec<Line>> {
    let of = |kind: Kind| -> Vec<i64> {
        found.iter().filter(|one| one.kind == kind).map(|one| one.ref_id).collect()
    };
    let lecture_ids = of(Kind::Lecture);
    let keys: Vec<_> = lecture_ids.iter().map(|id| LectureId(*id)).collect();
    let mut cards: BTreeMap<i64, Card> =
        lectures::cards_of(conn, &keys)?.into_iter().map(|card| (card.id.0, card)).collect();
    let mut said = if lecture_ids.is_empty() { BTreeMap::new() } else { store::moments(conn, &lecture_ids)? };
    let mut names = |kind: Kind| match of(kind) {
        ids if ids.is_empty() => Ok(BTreeMap::new()),
        ids => store::slugs(conn, kind, &ids),
    };
    let (bases, stories, courses) = (names(Kind::Base)?, names(Kind::Story)?, names(Kind::Course)?);
    let chapters = match of(Kind::Chapter) {
        ids if ids.is_empty() => BTreeMap::new(),
        ids => store::chapters(conn, &ids)?,
    };
    let mut line = |one: Found| {
        let id = one.ref_id;
        let (href, of) = match one.kind {
            Kind::Lecture => (format!("/lectures/{id}"), String::new()),
            Kind::Course => (format!("/courses/{}", courses.get(&id)?), String::new()),
            Kind::Chapter => {
                let (slug, title, number) = chapters.get(&id)?;
                (format!("/booklets/{slug}/{number}"), title.clone())
            }
            Kind::Instructor => (format!("/instructors/{id}"), String::new()),
            Kind::School => (format!("/schools/{id}"), String::new()),
            Kind::Base => (format!("/bases/{}", bases.get(&id)?), String::new()),
            Kind::Story => (format!("/stories/{}", stories.get(&id)?), String::new()),
        };
        let moments = said.remove(&id).filter(|_| one.kind == Kind::Lecture).unwrap_or_default();
        let moments = moments
            .into_iter()
            .filter(|(_, text)| !query.places(text).is_empty())
            .take(MOMENTS)
            .map(|(ms, text)| Moment { ms, words: excerpt(&text, query, MOMENT) })
            .collect();
        Some(Line {
            kind: one.kind,
            title: marked(&one.title, query),
            text: excerpt(&shown(&one), query, EXCERPT),
            card: cards.remove(&id).filter(|_| one.kind == Kind::Lecture),
            href,
            of,
            moments,
        })
    };
    // A find whose content went away between two statements is left out.
    Ok(found.iter().cloned().filter_map(&mut line).collect())
}

/// The text of a find on one line; the names of those who give a lecture stand beside it already.
fn shown(one: &Found) -> String {
    let text = match one.kind {
        Kind::Lecture => one.body.rsplit_once('\n').map_or(one.body.as_str(), |(summary, _)| summary),
        _ => one.body.as_str(),
    };
    text.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

async fn index(page: Page, db: Data<Db>, sent: Sent<SearchQuery>) -> Reply {
    let mut page = page;
    let sent = sent.into_inner();
    // Whatever changed meanwhile is found by the next search: twice is enough.
    for _ in 0..2 {
        let asked = sent.clone();
        match db.read_long(move |conn| Index::load(conn, page, asked)).await? {
            Outcome::Page(view) => {
                let status =
                    if view.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
                return reply::html(status, &*view);
            }
            Outcome::Behind(back) => page = *back,
        }
        db.write(catch_up).await?;
    }
    Err(crate::error::Error::Busy)
}
