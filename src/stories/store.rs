//! Rows of portraits.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::stories;
use diesel::prelude::*;

#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct StoryCard {
    pub slug: String,
    pub person_name: String,
    /// What the work is about: 应急抢险.
    pub field: String,
    pub post: String,
    pub title: String,
    pub lead: String,
    /// The name of a drawn cover.
    pub cover: String,
}

/// The text of a portrait.
#[derive(Queryable, Debug, Clone)]
pub(super) struct Body {
    pub position: i32,
    /// Paragraphs, with empty lines between them.
    pub text: String,
    pub published_at: Timestamp,
}

/// A portrait that is not there yet; the person has agreed to it.
#[derive(Debug, Clone)]
pub struct NewStory {
    pub slug: String,
    pub person_name: String,
    pub field: String,
    pub post: String,
    pub title: String,
    pub lead: String,
    pub body: String,
    pub cover: String,
    pub agreed_at: Timestamp,
    pub published_at: Timestamp,
    pub position: i32,
}

/// `count` portraits in their order, after the first `skip`.
pub fn listed(conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<StoryCard>> {
    Ok(either!(conn, c => stories::table
        .order(stories::position)
        .offset(skip)
        .limit(count)
        .select((
            stories::slug,
            stories::person_name,
            stories::field,
            stories::post,
            stories::title,
            stories::lead,
            stories::cover,
        ))
        .load(c))?)
}

pub(super) fn find(conn: &mut Conn, slug: &str) -> Result<(StoryCard, Body)> {
    Ok(either!(conn, c => stories::table
        .filter(stories::slug.eq(slug))
        .select((
            (
                stories::slug,
                stories::person_name,
                stories::field,
                stories::post,
                stories::title,
                stories::lead,
                stories::cover,
            ),
            (stories::position, stories::body, stories::published_at),
        ))
        .first(c))?)
}

/// Slug and title of the portrait before this place, and of the one after it.
pub(super) fn neighbours(conn: &mut Conn, position: i32) -> Result<(Neighbour, Neighbour)> {
    let before = either!(conn, c => stories::table
        .filter(stories::position.lt(position))
        .order(stories::position.desc())
        .select((stories::slug, stories::title))
        .first(c)
        .optional())?;
    let after = either!(conn, c => stories::table
        .filter(stories::position.gt(position))
        .order(stories::position)
        .select((stories::slug, stories::title))
        .first(c)
        .optional())?;
    Ok((before, after))
}

pub(super) type Neighbour = Option<(String, String)>;

/// Adds a portrait.
pub fn add(conn: &mut Conn, new: &NewStory) -> Result<()> {
    let row = (
        stories::slug.eq(&new.slug),
        stories::person_name.eq(&new.person_name),
        stories::field.eq(&new.field),
        stories::post.eq(&new.post),
        stories::title.eq(&new.title),
        stories::lead.eq(&new.lead),
        stories::body.eq(&new.body),
        stories::cover.eq(&new.cover),
        stories::agreed_at.eq(new.agreed_at),
        stories::published_at.eq(new.published_at),
        stories::position.eq(new.position),
    );
    either!(conn, c => diesel::insert_into(stories::table).values(row).execute(c))?;
    Ok(())
}
