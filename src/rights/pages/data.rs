//! What the portal holds of the reader: every kind with its source, the facts of one kind, who looked, and all of it as a file.
use super::super::store::{self, Export, Look, Seer};
use super::super::{self as rights, Fact, Group, Kind, export};
use crate::access::Viewer;
use crate::audit::{self, Action};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::sheet;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;

/// Facts on a page.
const LINES: i64 = 30;
/// Exports of lists that are shown.
const EXPORTS: i64 = 50;
/// Who opens lists: more is a city's office.
const SEERS: i64 = 60;
/// Minutes between two files of one person.
const PAUSE_MINUTES: i64 = 2;

/// Not for whoever acts for the member: the pages of these have the same door.
const ALONE: [Kind; 8] = [
    Kind::SignIn,
    Kind::Code,
    Kind::Factor,
    Kind::Calendar,
    Kind::MailAddress,
    Kind::Letter,
    Kind::WrongAnswer,
    Kind::Feedback,
];

#[derive(Deserialize)]
pub(super) struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "rights/index.html")]
struct Index {
    page: Page,
    counts: Vec<(Kind, i64)>,
}

impl Index {
    fn groups(&self) -> &'static [Group] {
        Group::ALL
    }
    fn kinds(&self, group: &Group) -> Vec<&(Kind, i64)> {
        self.counts.iter().filter(|(kind, _)| kind.group() == *group).collect()
    }
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let is_acting = viewer.is_acting();
    let mut counts = db.read_long(move |conn| rights::counts(conn, viewer.person)).await?;
    counts.retain(|(kind, _)| !is_acting || !ALONE.contains(kind));
    reply::page(&Index { page, counts })
}

#[derive(Template)]
#[template(path = "rights/show.html")]
struct Show {
    page: Page,
    kind: Kind,
    facts: Vec<Fact>,
    paging: Paging,
}

impl Show {
    fn title(&self, fact: &Fact) -> String {
        let named = fact.named(self.page.manner.lang);
        named.or_else(|| fact.state().map(|words| self.page.say(&words))).unwrap_or_default()
    }
    /// The state, where it is not the title already.
    fn state(&self, fact: &Fact) -> String {
        let words = fact.state().filter(|_| fact.title.is_some());
        words.map(|words| self.page.say(&words)).unwrap_or_default()
    }
    /// What its days are, and which.
    fn days(&self, fact: &Fact) -> Option<(String, String)> {
        let (label, from, last) = fact.days()?;
        let days = match last {
            Some(last) => self.page.tf2("{} 至 {}", self.page.day(&from), self.page.day(&last)),
            None => self.page.day(&from),
        };
        Some((self.page.say(&label), days))
    }
    /// What happened at the moment of these facts.
    fn began(&self) -> String {
        self.page.say(&self.kind.began())
    }
    fn amount(&self, fact: &Fact) -> String {
        fact.amount().map(|words| self.page.say(&words)).unwrap_or_default()
    }
}

pub(super) async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    kind: Path<String>,
    query: Query<PageQuery>,
) -> Reply {
    let kind = Kind::of(&kind).ok_or(Error::NotFound)?;
    if viewer.is_acting() && ALONE.contains(&kind) {
        return Err(Error::NotFound);
    }
    let number = paging::number(&query.page).min(10_000);
    let view = db.read(move |conn| {
        let mut facts = rights::facts(conn, viewer.person, kind, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut facts, LINES)?;
        Ok(Show { page, kind, facts, paging })
    });
    reply::page(&view.await?)
}

#[derive(Template)]
#[template(path = "rights/looks.html")]
struct Looks {
    page: Page,
    looks: Vec<Look>,
    /// Files of lists: when, who, of what.
    exports: Vec<Export>,
    seers: Vec<Seer>,
    paging: Paging,
}

impl Looks {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Looks> {
        let mut looks = store::looks(conn, viewer.person, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut looks, LINES)?;
        Ok(Looks {
            exports: store::exports(conn, viewer.person, EXPORTS)?,
            seers: store::seers(conn, viewer.person, SEERS)?,
            page,
            looks,
            paging,
        })
    }
}

pub(super) async fn looks(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page).min(10_000);
    let view = db.read_long(move |conn| Looks::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "rights/format.html")]
struct Format {
    page: Page,
}

impl Format {
    /// The description of the file, in the reader's language.
    fn text(&self) -> &'static str {
        match self.page.is_en() {
            true => include_str!("../../../docs/own-data.en.md"),
            false => include_str!("../../../docs/own-data.zh.md"),
        }
    }
}

pub(super) async fn format(page: Page) -> Reply {
    reply::page(&Format { page })
}

/// The record of the export comes first; without it no file is sent. Not twice in a short time: making it reads everything.
pub(super) async fn export(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let (doer, person, account, now) = (page.doer(), viewer.person, viewer.account, clock::now());
    db.write(move |conn| {
        let since = now - Duration::minutes(PAUSE_MINUTES);
        let subject = ("person", person.0);
        if audit::has_done_since(conn, account, Action::OwnDataTaken, subject, Some(since))? {
            return Err(Error::Wait(PAUSE_MINUTES * 60));
        }
        doer.did_to(conn, Action::OwnDataTaken, person, now)
    })
    .await?;
    let bytes = db.read_long(move |conn| export::file(conn, person, &viewer.name, now)).await?;
    Ok(sheet::attachment(bytes, "application/zip", &format!("own-data-{}.zip", clock::day(now))))
}
