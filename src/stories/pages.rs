//! The pages of portraits: the list, and one to read.
use super::StoryCard;
use super::store::{self, Body, Neighbour};
use crate::access::Access::Anyone;
use crate::db::Db;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use crate::web::slug::Slug;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![get("/stories", Anyone, index).kept(&["page"]), get("/stories/{slug}", Anyone, show).kept(&[])]
}

const ON_A_PAGE: i64 = 12;

#[derive(Template)]
#[template(path = "stories/index.html")]
struct Index {
    page: Page,
    stories: Vec<StoryCard>,
    paging: Paging,
}

#[derive(Deserialize)]
struct Which {
    page: Option<String>,
}

async fn index(page: Page, db: Data<Db>, which: Query<Which>) -> Reply {
    let number = paging::number(&which.page);
    let mut stories =
        db.read(move |conn| store::listed(conn, (number - 1) * ON_A_PAGE, ON_A_PAGE + 1)).await?;
    let paging = Paging::cut(&page.path, number, &mut stories, ON_A_PAGE)?;
    reply::page(&Index { page, stories, paging })
}

#[derive(Template)]
#[template(path = "stories/show.html")]
struct Show {
    page: Page,
    story: StoryCard,
    body: Body,
    before: Neighbour,
    after: Neighbour,
}

impl Show {
    fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.body.text.split("\n\n").map(str::trim).filter(|text| !text.is_empty())
    }
}

async fn show(page: Page, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let view = db.read(move |conn| {
        let (story, body) = store::find(conn, slug.as_str())?;
        let (before, after) = store::neighbours(conn, body.position)?;
        Ok(Show { page, story, body, before, after })
    });
    reply::page(&view.await?)
}
