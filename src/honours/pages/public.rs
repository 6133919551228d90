//! What everybody sees: the honour list without ranks, who is in public notice, and the certificate that its own address verifies.
use super::super::store::{self, Honoured, Source};
use super::super::way::CODE;
use super::super::{Gold, Standing};
use super::{name_of, span, tone};
use crate::access::Access::Anyone;
use crate::accounts::factor::picture;
use crate::clock;
use crate::config::Config;
use crate::contests::{self, Contest};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ContestId, RankingId};
use crate::rankings;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/honours", Anyone, index).kept(&["list", "page"]),
        // Not kept: the picture holds the address under which it was asked for.
        get("/honours/{code}", Anyone, certificate),
    ]
}

/// Contests on a page of the list.
const CONTESTS: i64 = 6;

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    list: String,
    page: Option<String>,
}

/// Those whom a contest gave.
struct Group {
    source: Source,
    /// Its final ranking.
    ranking: Option<RankingId>,
    rows: Vec<Honoured>,
}

/// Those whom a contest may give.
struct Notice {
    source: Source,
    rows: Vec<Gold>,
}

#[derive(Template)]
#[template(path = "honours/index.html")]
struct Index {
    page: Page,
    is_former: bool,
    groups: Vec<Group>,
    notices: Vec<Notice>,
    own: Vec<Gold>,
    today: NaiveDate,
    paging: Paging,
}

/// The final ranking of a contest's last round.
fn ranking(conn: &mut Conn, id: ContestId) -> Result<Option<RankingId>> {
    let Some(round) = store::last_round(conn, id)? else { return Ok(None) };
    let standing = rankings::standing(conn, (contests::SUBJECT, round.0))?;
    Ok(standing.filter(|one| one.state == rankings::State::Final).map(|one| one.ranking))
}

impl Index {
    fn load(conn: &mut Conn, page: Page, query: &ListQuery) -> Result<Index> {
        let today = clock::day(clock::now());
        let is_former = query.list == "former";
        let number = paging::number(&query.page);
        let mut sources = store::sources(conn, is_former, today, ((number - 1) * CONTESTS, CONTESTS + 1))?;
        let paging = Paging::cut(&page.path, number, &mut sources, CONTESTS)?;
        let ids: Vec<ContestId> = sources.iter().map(|one| one.id).collect();
        let wanted = if is_former { Standing::TermOver } else { Standing::InOffice };
        let mut all = store::honoured(conn, &ids)?;
        all.retain(|one| one.gold.standing(today) == wanted);
        let mut groups = vec![];
        for source in sources {
            let (rows, others) = all.into_iter().partition(|one| one.gold.contest == source.id);
            all = others;
            groups.push(Group { ranking: ranking(conn, source.id)?, source, rows });
        }
        let mut notices = vec![];
        if !is_former && number == 1 {
            let mut noticed = store::noticed(conn)?;
            let mut ids: Vec<ContestId> = noticed.iter().map(|one| one.contest).collect();
            ids.sort();
            ids.dedup();
            for source in store::sources_of(conn, &ids)? {
                let (rows, others) = noticed.into_iter().partition(|one| one.contest == source.id);
                noticed = others;
                notices.push(Notice { source, rows });
            }
        }
        let own = match &page.viewer {
            Some(viewer) => store::of_person(conn, viewer.person)?,
            None => vec![],
        };
        Ok(Index { page, is_former, groups, notices, own, today, paging })
    }
    fn name(&self, gold: &Gold) -> String {
        name_of(&self.page, gold)
    }
    fn tone(&self, gold: &Gold) -> &'static str {
        tone(gold.standing(self.today))
    }
    fn words(&self, gold: &Gold) -> String {
        self.page.say(&gold.standing(self.today).words())
    }
    fn term(&self, gold: &Gold) -> String {
        gold.term
            .zip(gold.last_day())
            .map_or_else(String::new, |((from, _), last)| span(&self.page, (from, last)))
    }
    fn notice(&self, gold: &Gold) -> String {
        gold.notice.map_or_else(String::new, |notice| span(&self.page, notice))
    }
}

async fn index(page: Page, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    reply::page(&db.read(move |conn| Index::load(conn, page, &query)).await?)
}

#[derive(Template)]
#[template(path = "honours/certificate.html")]
struct Certificate {
    page: Page,
    gold: Gold,
    contest: Contest,
    standing: Standing,
    address: String,
    qr: String,
}

impl Certificate {
    /// A day as it is printed, in Chinese whatever the reader's language: the certificate is a Chinese document.
    fn printed(&self, day: &NaiveDate) -> String {
        day.format("%Y 年 %-m 月 %-d 日").to_string()
    }
    fn first(&self) -> String {
        self.gold.term.map_or_else(String::new, |(from, _)| self.printed(&from))
    }
    fn last(&self) -> String {
        self.gold.last_day().map_or_else(String::new, |day| self.printed(&day))
    }
    fn last_day(&self) -> String {
        self.gold.last_day().map_or_else(String::new, |day| self.page.day(&day))
    }
    fn number(&self) -> String {
        self.gold.number.clone().unwrap_or_default()
    }
    /// It was taken away, for a time or for good: the paper says so.
    fn is_void(&self) -> bool {
        matches!(self.standing, Standing::Suspended | Standing::Ended)
    }
}

/// Whoever holds the paper sees what stands on it and whether it holds. Search engines are told to keep away.
async fn certificate(
    page: Page,
    db: Data<Db>,
    config: Data<Config>,
    request: HttpRequest,
    code: Path<String>,
) -> Reply {
    let code = code.to_ascii_uppercase();
    if code.len() != CODE || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Error::NotFound);
    }
    let base = match &config.public_url {
        Some(url) => url.clone(),
        None => {
            let place = request.connection_info();
            format!("{}://{}", place.scheme(), place.host())
        }
    };
    let view = db
        .read(move |conn| {
            let gold = store::by_code(conn, &code)?.ok_or(Error::NotFound)?;
            let contest = contests::contest(conn, gold.contest)?;
            let address = format!("{base}/honours/{}", gold.code);
            let standing = gold.standing(clock::day(clock::now()));
            Ok(Certificate { page, contest, standing, qr: picture(&address)?, address, gold })
        })
        .await?;
    let mut answer = reply::page(&view)?;
    answer
        .headers_mut()
        .insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));
    Ok(answer)
}
