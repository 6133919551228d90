//! The pages of study: courses, one course with where its reader stands, My study, the own history, records.
mod course;
mod history;
mod me;
mod record;
mod syllabus;

use crate::access::Access::{Anyone, SignedIn};
use crate::courses::{self, Card, Visibility};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::lectures::{self, Topic};
use crate::web::kept::Kept;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use std::sync::Arc;

pub fn routes() -> Vec<Route> {
    vec![
        get("/courses", Anyone, index).kept(&["topic", "page"]),
        get("/courses/{slug}", Anyone, course::show).kept(&[]),
        post("/courses/{slug}/steps/{item}/read", SignedIn, course::read),
        post("/courses/{slug}/finish", SignedIn, course::finish),
        post("/courses/{slug}/renew", SignedIn, course::renew),
        get("/me", SignedIn, me::me),
        get("/me/history", SignedIn, history::index),
        post("/me/history/export", SignedIn, history::export),
        get("/me/records/{record}", SignedIn, record::show),
        get("/v/{code}", Anyone, record::verify),
    ]
}

/// Cards on a page of the list.
const CARDS: i64 = 24;

/// A page of the list, the same for everybody.
struct Listed {
    topics: Vec<Topic>,
    total: i64,
    cards: Vec<Card>,
}

#[derive(Template)]
#[template(path = "study/courses.html")]
struct Index {
    page: Page,
    topic: Option<String>,
    listed: Arc<Listed>,
    paging: Paging,
}

impl Index {
    fn is_topic(&self, topic: &Topic) -> bool {
        self.topic.as_deref() == Some(topic.slug.as_str())
    }
    fn topic_of(&self, card: &Card) -> String {
        let known = self.listed.topics.iter().find(|topic| topic.name == card.topic);
        known.map_or(card.topic.as_str(), |topic| topic.name_in(self.page.is_en())).to_owned()
    }
    fn is_for_members(&self, card: &Card) -> bool {
        card.visibility == Visibility::Members
    }
    fn hours(&self, quarters: &i32) -> String {
        hours(*quarters)
    }
}

/// Quarters of an hour as hours: 6 is 1.5.
fn hours(quarters: i32) -> String {
    match quarters % 4 {
        0 => (quarters / 4).to_string(),
        2 => format!("{}.5", quarters / 4),
        1 => format!("{}.25", quarters / 4),
        _ => format!("{}.75", quarters / 4),
    }
}

#[derive(Deserialize)]
struct IndexQuery {
    #[serde(default)]
    topic: String,
    page: Option<String>,
}

async fn index(page: Page, db: Data<Db>, kept: Data<Kept>, query: Query<IndexQuery>) -> Reply {
    let is_slug = !query.topic.is_empty()
        && query.topic.len() < 40
        && query.topic.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let topic = is_slug.then(|| query.topic.clone());
    let number = paging::number(&query.page);
    let (name, of) = (format!("courses {topic:?} {number}"), topic.clone());
    let load = move |conn: &mut Conn| -> Result<Listed> {
        Ok(Listed {
            topics: lectures::topics(conn)?,
            total: courses::count(conn, of.as_deref())?,
            cards: courses::cards(conn, of.as_deref(), (number - 1) * CARDS, CARDS)?,
        })
    };
    let listed = kept.part(&db, name, load).await?;
    let paging = Paging::new(&page.path, number, listed.total, CARDS)?;
    reply::page(&Index { page, topic, listed, paging })
}

#[cfg(test)]
mod tests {
    #[test]
    fn hours_are_said_in_quarters() {
        let said: Vec<_> = [0, 1, 2, 3, 4, 6, 26].into_iter().map(super::hours).collect();
        assert_eq!(said, ["0", "0.25", "0.5", "0.75", "1", "1.5", "6.5"]);
    }
}
