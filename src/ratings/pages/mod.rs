//! The pages of ratings: all comments on a lecture, one's own ratings. `review` is the reviewers' desk, `flags` that of those
//! who judge suspicions, `studio` the lecturer's. The form stands on the page of the lecture (`lectures::pages`).
mod flags;
mod review;
mod studio;

use super::store::own::{self, Rateable};
use super::store::texts::{self, Comment};
use super::{Ratings, store};
use crate::access::Access::{Anyone, SignedIn};
use crate::access::Permission::{JudgeRatings, ModerateRatings, TeachLectures};
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::LectureId;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/lectures/{lecture}/comments", Anyone, comments).kept(&["page"]),
        get("/me/ratings", SignedIn, mine),
        get("/review/ratings", ModerateRatings, review::index),
        post("/review/ratings/{comment}", ModerateRatings, review::judge),
        post("/review/ratings/{comment}/reply", ModerateRatings, review::judge_reply),
        get("/studio/lectures/{lecture}/ratings", TeachLectures, studio::show),
        post("/studio/lectures/{lecture}/ratings/{comment}", TeachLectures, studio::answer),
        get("/ratings/flags", JudgeRatings, flags::index),
        get("/ratings/flags/{flag}", JudgeRatings, flags::show),
        post("/ratings/flags/{flag}/dismiss", JudgeRatings, flags::dismiss),
        post("/ratings/flags/{flag}/exclude", JudgeRatings, flags::exclude),
        post("/ratings/exclusions/{exclusion}", JudgeRatings, flags::decide),
        post("/ratings/exclusions/{exclusion}/lift", JudgeRatings, flags::lift),
        post("/ratings/liftings/{lifting}", JudgeRatings, flags::decide_lifting),
        get("/ratings/unmask", JudgeRatings, flags::unmasks),
        post("/ratings/unmask", JudgeRatings, flags::propose_unmask),
        post("/ratings/unmask/{unmask}", JudgeRatings, flags::settle_unmask),
        post("/ratings/unmask/{unmask}/open", JudgeRatings, flags::open_unmask),
    ]
}

/// Rows on a page of a list.
const LINES: i64 = 20;

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "ratings/comments.html")]
struct Comments {
    page: Page,
    lecture: LectureId,
    title: String,
    comments: Vec<Comment>,
    paging: Paging,
}

impl Comments {
    fn load(conn: &mut Conn, page: Page, lecture: LectureId, number: i64) -> Result<Comments> {
        let title = store::title(conn, lecture, page.viewer.is_some())?;
        let mut comments = texts::shown(conn, lecture, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut comments, LINES)?;
        Ok(Comments { page, lecture, title, comments, paging })
    }
}

async fn comments(page: Page, db: Data<Db>, id: Path<LectureId>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Comments::load(conn, page, *id, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "ratings/mine.html")]
struct MinePage {
    page: Page,
    rows: Vec<Rateable>,
    paging: Paging,
}

async fn mine(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ratings: Data<Ratings>,
    query: Query<PageQuery>,
) -> Reply {
    let (number, keys) = (paging::number(&query.page), ratings.keys());
    let view = db
        .read(move |conn| {
            let mut rows = own::listed(conn, &keys, viewer.person, (number - 1) * LINES, LINES + 1)?;
            let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
            Ok(MinePage { page, rows, paging })
        })
        .await?;
    reply::page(&view)
}
