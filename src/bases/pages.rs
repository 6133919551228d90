//! The pages of bases: all of them, by topic, and one with what a group needs to know before it comes.
use super::BaseCard;
use super::store::{self, Details, Topic};
use crate::access::Access::Anyone;
use crate::db::Db;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use crate::web::slug::Slug;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![get("/bases", Anyone, index).kept(&["topic"]), get("/bases/{slug}", Anyone, show).kept(&[])]
}

#[derive(Template)]
#[template(path = "bases/index.html")]
struct Index {
    page: Page,
    /// The topics that have a base, for the chips.
    topics: Vec<Topic>,
    chosen: Option<Topic>,
    bases: Vec<BaseCard>,
    platforms: Vec<BaseCard>,
}

#[derive(Deserialize)]
struct Filter {
    topic: Option<String>,
}

impl Index {
    fn new(page: Page, all: Vec<BaseCard>, topic: Option<&str>) -> Index {
        let mut topics: Vec<Topic> = vec![];
        for base in &all {
            if !topics.contains(&base.topic) {
                topics.push(base.topic.clone());
            }
        }
        let chosen = topics.iter().find(|known| Some(known.slug.as_str()) == topic).cloned();
        let is_wanted = |base: &BaseCard| chosen.as_ref().is_none_or(|topic| *topic == base.topic);
        let (platforms, bases) = all.into_iter().filter(is_wanted).partition(BaseCard::is_platform);
        Index { page, topics, chosen, bases, platforms }
    }
}

async fn index(page: Page, db: Data<Db>, filter: Query<Filter>) -> Reply {
    let all = db.read(store::all).await?;
    reply::page(&Index::new(page, all, filter.topic.as_deref()))
}

#[derive(Template)]
#[template(path = "bases/show.html")]
struct Show {
    page: Page,
    base: BaseCard,
    details: Details,
    others: Vec<BaseCard>,
}

impl Show {
    fn paragraphs(&self) -> impl Iterator<Item = &str> {
        self.details.body.split("\n\n").map(str::trim).filter(|text| !text.is_empty())
    }
}

async fn show(page: Page, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let view = db.read(move |conn| {
        let (base, details) = store::find(conn, slug.as_str())?;
        let others = store::others(conn, &base)?;
        Ok(Show { page, base, details, others })
    });
    reply::page(&view.await?)
}
