//! What somebody with a scope sees of guidance in it: who has no contact, and figures by organisation, in bands where a branch could
//! be pointed at.
use super::{LINES, ListQuery, span};
use crate::access::Permission::SeeGuidance;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::guidance::coverage::{self, Counts, Share, band};
use crate::guidance::store::groups as rows;
use crate::guidance::{Half, Tier};
use crate::organization::{self, Level};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Query};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/guidance/uncovered", SeeGuidance, uncovered), get("/guidance/figures", SeeGuidance, figures)]
}

#[derive(Template)]
#[template(path = "guidance/uncovered.html")]
struct Uncovered {
    page: Page,
    rows: Vec<rows::Uncovered>,
    paging: Paging,
    /// What is below the scope, with how many of it have a contact.
    shares: Vec<Share>,
    whole: Counts,
    /// Committees that no city group guides.
    committees: Vec<rows::Uncovered>,
}

impl Uncovered {
    fn missing(&self, counts: &Counts) -> i64 {
        counts.branches - counts.with_contact
    }
}

async fn uncovered(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db
        .read(move |conn| {
            let paths = viewer.paths(SeeGuidance);
            let mut rows = rows::uncovered(conn, Tier::Committee, &paths, span(number))?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            let today = clock::day(clock::now());
            let all = coverage::coverage(conn, &paths, Half::of(today), today)?;
            let committees = rows::uncovered(conn, Tier::City, &paths, (0, 200))?;
            Ok(Uncovered { page, rows, paging, shares: all.children, whole: all.whole, committees })
        })
        .await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "guidance/figures.html")]
struct Figures {
    page: Page,
    half: Half,
    today: chrono::NaiveDate,
    /// The organisation whose figures these are; `None` for all that the viewer sees.
    org: Option<organization::Org>,
    whole: Counts,
    shares: Vec<Share>,
    paging: Paging,
}

impl Figures {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: &ListQuery) -> Result<Figures> {
        let mut paths = viewer.paths(SeeGuidance);
        let org = match query.org.is_empty() {
            true => None,
            false => {
                let org = organization::find(conn, super::groups::org(&query.org)?)?;
                if !paths.iter().any(|path| org.path.starts_with(path.as_str())) {
                    return Err(Error::NotFound);
                }
                paths = vec![org.path.clone()];
                Some(org)
            }
        };
        let today = clock::day(clock::now());
        let half = Half::of(today);
        let all = coverage::coverage(conn, &paths, half, today)?;
        let number = paging::number(&query.page);
        let (skip, count) = span(number);
        let mut shares: Vec<Share> =
            all.children.into_iter().skip(skip as usize).take(count as usize).collect();
        let paging = Paging::cut(&page.path, number, &mut shares, LINES)?;
        Ok(Figures { page, half, today, org, whole: all.whole, shares, paging })
    }
    fn is_branch(&self, share: &Share) -> bool {
        share.level == Level::Branch
    }
    /// A number of findings: of a branch as a band.
    fn findings(&self, share: &Share, count: &i64) -> String {
        if self.is_branch(share) { band(*count).to_owned() } else { self.page.number(count) }
    }
}

async fn figures(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let query = query.into_inner();
    reply::page(&db.read(move |conn| Figures::load(conn, page, &viewer, &query)).await?)
}
