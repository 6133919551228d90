//! Rows of bases, with the topics they belong to.
use super::Kind;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{BaseId, TopicId};
use crate::schema::{bases, topics};
use diesel::prelude::*;

/// The topic that a base is for, in both languages.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    pub slug: String,
    pub name: String,
    pub name_en: String,
}

#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct BaseCard {
    pub slug: String,
    pub kind: Kind,
    pub name: String,
    pub intro: String,
    /// The town that it lies in.
    pub district: String,
    /// Persons at a time.
    pub capacity: i32,
    /// The name of a drawn cover.
    pub cover: String,
    pub topic: Topic,
}

/// What the page of one base says besides its card.
#[derive(Queryable, Debug, Clone)]
pub(super) struct Details {
    /// Paragraphs, with empty lines between them.
    pub body: String,
    pub hours: String,
    pub route: String,
    pub access_note: String,
}

/// A base that is not there yet.
#[derive(Debug, Clone)]
pub struct NewBase {
    pub slug: String,
    pub kind: Kind,
    pub name: String,
    pub topic: TopicId,
    pub intro: String,
    pub body: String,
    pub district: String,
    pub capacity: i32,
    pub hours: String,
    pub route: String,
    pub access_note: String,
    pub cover: String,
    pub position: i32,
}

/// More than any city has; the list is not paged.
const MOST: i64 = 300;

/// All bases and platforms in their order.
pub fn all(conn: &mut Conn) -> Result<Vec<BaseCard>> {
    Ok(either!(conn, c => bases::table
        .inner_join(topics::table)
        .order(bases::position)
        .limit(MOST)
        .select((
            bases::slug,
            bases::kind,
            bases::name,
            bases::intro,
            bases::district,
            bases::capacity,
            bases::cover,
            (topics::id, topics::slug, topics::name, topics::name_en),
        ))
        .load(c))?)
}

/// A base by its key: for lists to choose from.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Bookable {
    pub id: BaseId,
    pub name: String,
    /// Persons at a time.
    pub capacity: i32,
}

/// The bases that can be booked, in their order: platforms are not among them.
pub fn bookable(conn: &mut Conn) -> Result<Vec<Bookable>> {
    Ok(either!(conn, c => bases::table
        .filter(bases::kind.eq(Kind::Base))
        .order(bases::position)
        .limit(MOST)
        .select((bases::id, bases::name, bases::capacity))
        .load(c))?)
}

/// Locks a base until the transaction ends, so that two do not book its last places at once.
pub fn claim(conn: &mut Conn, id: BaseId) -> Result<Bookable> {
    let it = bases::table.filter(bases::id.eq(id).and(bases::kind.eq(Kind::Base)));
    Ok(either!(conn, c => diesel::update(it)
        .set(bases::position.eq(bases::position))
        .returning((bases::id, bases::name, bases::capacity))
        .get_result(c))?)
}

pub(super) fn find(conn: &mut Conn, slug: &str) -> Result<(BaseCard, Details)> {
    Ok(either!(conn, c => bases::table
        .inner_join(topics::table)
        .filter(bases::slug.eq(slug))
        .select((
            (
                bases::slug,
                bases::kind,
                bases::name,
                bases::intro,
                bases::district,
                bases::capacity,
                bases::cover,
                (topics::id, topics::slug, topics::name, topics::name_en),
            ),
            (bases::body, bases::hours, bases::route, bases::access_note),
        ))
        .first(c))?)
}

/// Others of the topic, at most six.
pub(super) fn others(conn: &mut Conn, base: &BaseCard) -> Result<Vec<BaseCard>> {
    Ok(either!(conn, c => bases::table
        .inner_join(topics::table)
        .filter(bases::topic_id.eq(base.topic.id).and(bases::slug.ne(&base.slug)))
        .order(bases::position)
        .limit(6)
        .select((
            bases::slug,
            bases::kind,
            bases::name,
            bases::intro,
            bases::district,
            bases::capacity,
            bases::cover,
            (topics::id, topics::slug, topics::name, topics::name_en),
        ))
        .load(c))?)
}

/// Adds a base or platform.
pub fn add(conn: &mut Conn, new: &NewBase) -> Result<()> {
    let row = (
        bases::slug.eq(&new.slug),
        bases::kind.eq(new.kind),
        bases::name.eq(&new.name),
        bases::topic_id.eq(new.topic),
        bases::intro.eq(&new.intro),
        bases::body.eq(&new.body),
        bases::district.eq(&new.district),
        bases::capacity.eq(new.capacity),
        bases::hours.eq(&new.hours),
        bases::route.eq(&new.route),
        bases::access_note.eq(&new.access_note),
        bases::cover.eq(&new.cover),
        bases::position.eq(new.position),
    );
    either!(conn, c => diesel::insert_into(bases::table).values(row).execute(c))?;
    Ok(())
}
