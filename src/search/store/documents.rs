//! The rows that can be found, made from the content whenever `search_pending` names something that has changed.
use super::{postgres, sqlite};
use crate::booklets as booklet;
use crate::courses as course_rules;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::lectures as lecture_rules;
use crate::schema::{
    bases, booklet_chapters, booklets, course_items, courses, cues, instructors, lecture_instructors,
    lectures, orgs, schools, search_documents, search_pending, stories,
};
use crate::search::Kind;
use crate::web::text::plain;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Changes dealt with at a time.
const SOME: i64 = 5_000;

/// So many rows made at once leave an index in pieces.
const MANY: usize = 500;

/// Whether content has changed since the rows were made.
pub fn is_behind(conn: &mut Conn) -> Result<bool> {
    let first: Option<i64> =
        either!(conn, c => search_pending::table.select(search_pending::id).first(c).optional())?;
    Ok(first.is_some())
}

/// Makes the rows of everything that has changed; how many. Two servers that do it at once make the same rows.
pub fn catch_up(conn: &mut Conn) -> Result<usize> {
    let mut made = 0;
    loop {
        let pending: Vec<(i64, String, i64)> = either!(conn, c => search_pending::table
            .order(search_pending::id)
            .limit(SOME)
            .select((search_pending::id, search_pending::kind, search_pending::ref_id))
            .load(c))?;
        if pending.is_empty() {
            if let Conn::Sqlite(c) = conn
                && made >= MANY
            {
                sqlite::tidy(c)?;
            }
            return Ok(made);
        }
        // Before the content is read: what changes after that is named again. Exactly those that were seen, since a
        // change that is committed later may have a smaller number.
        let ids: Vec<i64> = pending.iter().map(|row| row.0).collect();
        either!(conn, c => diesel::delete(search_pending::table.filter(search_pending::id.eq_any(ids))).execute(c))?;
        let mut changed = BTreeSet::new();
        for (_, what, id) in pending {
            changed.insert((what, id));
        }
        let mut rows = BTreeSet::new();
        for (what, id) in changed {
            affected(conn, &what, id, &mut rows)?;
        }
        made += rows.len();
        for (kind, id) in rows {
            let document = document(conn, Kind::of(kind).unwrap_or(Kind::Lecture), id)?;
            put(conn, kind, id, document)?;
        }
    }
}

/// The documents that show what has changed: a kind that can be found, a recording, a booklet.
fn affected(conn: &mut Conn, what: &str, id: i64, rows: &mut BTreeSet<(&'static str, i64)>) -> Result<()> {
    let ids: Vec<i64> = match what {
        "media" => {
            either!(conn, c => lectures::table.filter(lectures::media_id.eq(id)).select(lectures::id).load(c))?
        }
        "instructor" => either!(conn, c => lecture_instructors::table
            .filter(lecture_instructors::instructor_id.eq(id))
            .select(lecture_instructors::lecture_id)
            .load(c))?,
        "booklet" => either!(conn, c => booklet_chapters::table
            .filter(booklet_chapters::booklet_id.eq(id))
            .select(booklet_chapters::id)
            .load(c))?,
        _ => vec![],
    };
    let kind = if what == "booklet" { Kind::Chapter } else { Kind::Lecture };
    rows.extend(ids.into_iter().map(|id| (kind.as_str(), id)));
    rows.extend(Kind::of(what).map(|kind| (kind.as_str(), id)));
    Ok(())
}

/// What can be found of one thing.
#[derive(Default)]
struct Document {
    topic: Option<i64>,
    duration_ms: Option<i32>,
    is_public: bool,
    title: String,
    body: String,
    said: String,
}

/// `None` for what nobody may find: not there, not published, no longer valid.
fn document(conn: &mut Conn, kind: Kind, id: i64) -> Result<Option<Document>> {
    match kind {
        Kind::Lecture => lecture(conn, id),
        Kind::Course => course(conn, id),
        Kind::Chapter => {
            let row: Option<(String, String, booklet::Visibility)> = either!(conn, c => booklet_chapters::table
                .inner_join(booklets::table)
                .filter(booklet_chapters::id.eq(id).and(booklets::stage.eq(booklet::Stage::Published)))
                .select((booklet_chapters::title, booklet_chapters::body, booklets::visibility))
                .first(c)
                .optional())?;
            Ok(row.map(|(title, body, visibility)| Document {
                is_public: visibility == booklet::Visibility::Public,
                body: plain(&body),
                title,
                ..Document::default()
            }))
        }
        Kind::Instructor => {
            let row: Option<(String, String, String)> = either!(conn, c => instructors::table
                .find(id)
                .select((instructors::name, instructors::unit, instructors::intro))
                .first(c)
                .optional())?;
            Ok(row.map(|(title, unit, intro)| public(title, &[&unit, &intro])))
        }
        Kind::School => {
            let row: Option<(String, String, String)> = either!(conn, c => schools::table
                .inner_join(orgs::table)
                .filter(schools::id.eq(id).and(schools::valid_to.is_null()))
                .select((schools::name, orgs::name, schools::address))
                .first(c)
                .optional())?;
            Ok(row.map(|(title, host, address)| public(title, &[&host, &address])))
        }
        Kind::Base => {
            let row: Option<(String, String, String, String, i64)> = either!(conn, c => bases::table
                .find(id)
                .select((bases::name, bases::intro, bases::body, bases::district, bases::topic_id))
                .first(c)
                .optional())?;
            Ok(row.map(|(title, intro, body, district, topic)| Document {
                topic: Some(topic),
                ..public(title, &[&intro, &plain(&body), &district])
            }))
        }
        Kind::Story => {
            let row: Option<(String, String, String, String, String, String)> = either!(conn, c => stories::table
                .find(id)
                .select((stories::title, stories::person_name, stories::field, stories::post, stories::lead, stories::body))
                .first(c)
                .optional())?;
            Ok(row.map(|(title, name, field, post, lead, body)| {
                public(title, &[&name, &field, &post, &lead, &plain(&body)])
            }))
        }
    }
}

fn course(conn: &mut Conn, id: i64) -> Result<Option<Document>> {
    type Row = (String, String, String, i64, i32, course_rules::Visibility);
    let row: Option<Row> = either!(conn, c => courses::table
        .find(id)
        .filter(courses::stage.eq(course_rules::Stage::Published).and(courses::archived_at.is_null()))
        .select((
            courses::title,
            courses::summary,
            courses::about,
            courses::topic_id,
            courses::version,
            courses::visibility,
        ))
        .first(c)
        .optional())?;
    let Some((title, summary, about, topic, version, visibility)) = row else { return Ok(None) };
    let steps: Vec<String> = either!(conn, c => course_items::table
        .filter(course_items::course_id.eq(id).and(course_items::version.eq(version)))
        .order(course_items::position)
        .select(course_items::title)
        .load(c))?;
    Ok(Some(Document {
        topic: Some(topic),
        is_public: visibility == course_rules::Visibility::Public,
        title,
        body: format!("{summary}\n{}\n{}", plain(&about), steps.join("\n")),
        ..Document::default()
    }))
}

/// Something that everybody may find.
fn public(title: String, lines: &[&str]) -> Document {
    Document { is_public: true, title, body: lines.join("\n"), ..Document::default() }
}

fn lecture(conn: &mut Conn, id: i64) -> Result<Option<Document>> {
    type Row = (String, String, i64, i32, lecture_rules::Visibility, Option<i64>);
    let row: Option<Row> = either!(conn, c => lectures::table
        .filter(lectures::id.eq(id).and(lectures::stage.eq(lecture_rules::Stage::Published)))
        .select((
            lectures::title,
            lectures::summary,
            lectures::topic_id,
            lectures::duration_ms,
            lectures::visibility,
            lectures::media_id,
        ))
        .first(c)
        .optional())?;
    let Some((title, summary, topic, duration_ms, visibility, media)) = row else { return Ok(None) };
    let names: Vec<String> = either!(conn, c => lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(id))
        .order(lecture_instructors::position)
        .select(instructors::name)
        .load(c))?;
    // Nobody's id is NULL: a lecture without a recording has no cues.
    let said: Vec<String> = either!(conn, c => cues::table
        .filter(cues::media_id.nullable().eq(media))
        .order(cues::position)
        .select(cues::text)
        .load(c))?;
    Ok(Some(Document {
        topic: Some(topic),
        duration_ms: Some(duration_ms),
        is_public: visibility == lecture_rules::Visibility::Public,
        title,
        body: format!("{summary}\n{}", names.join(" ")),
        said: said.join("\n"),
    }))
}

fn put(conn: &mut Conn, kind: &str, ref_id: i64, document: Option<Document>) -> Result<()> {
    let is_it = search_documents::kind.eq(kind).and(search_documents::ref_id.eq(ref_id));
    let Some(document) = document else {
        let id: Option<i64> = either!(conn, c => search_documents::table.filter(is_it).select(search_documents::id).first(c).optional())?;
        if let Some(id) = id {
            match conn {
                Conn::Sqlite(c) => sqlite::remove(c, id)?,
                Conn::Postgres(c) => postgres::remove(c, id)?,
            }
            either!(conn, c => diesel::delete(search_documents::table.find(id)).execute(c))?;
        }
        return Ok(());
    };
    let values = (
        search_documents::topic_id.eq(document.topic),
        search_documents::duration_ms.eq(document.duration_ms),
        search_documents::is_public.eq(document.is_public),
        search_documents::title.eq(&document.title),
        search_documents::body.eq(&document.body),
    );
    let key = (search_documents::kind.eq(kind), search_documents::ref_id.eq(ref_id));
    let id: i64 = either!(conn, c => diesel::insert_into(search_documents::table)
        .values((key, values))
        .on_conflict((search_documents::kind, search_documents::ref_id))
        .do_update()
        .set(values)
        .returning(search_documents::id)
        .get_result(c))?;
    match conn {
        Conn::Sqlite(c) => sqlite::put(c, id, &document.title, &document.body, &document.said),
        Conn::Postgres(c) => postgres::put(c, id, &document.title, &document.body, &document.said),
    }
}

/// Where chapters stand: booklet's name in addresses, its title, the number; by the chapter's id.
pub fn chapters(conn: &mut Conn, ids: &[i64]) -> Result<BTreeMap<i64, (String, String, i32)>> {
    let rows: Vec<(i64, String, String, i32)> = either!(conn, c => booklet_chapters::table
        .inner_join(booklets::table)
        .filter(booklet_chapters::id.eq_any(ids))
        .select((booklet_chapters::id, booklets::slug, booklets::title, booklet_chapters::position))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, slug, title, number)| (id, (slug, title, number))).collect())
}

/// What is said in these lectures, with the moment in milliseconds: by the lecture's id, in the order of the recording.
pub fn moments(conn: &mut Conn, lectures: &[i64]) -> Result<BTreeMap<i64, Vec<(i32, String)>>> {
    // Lectures may share a recording: its words are read once.
    let of: Vec<(i64, Option<i64>)> = either!(conn, c => lectures::table
        .filter(lectures::id.eq_any(lectures))
        .select((lectures::id, lectures::media_id))
        .load(c))?;
    let media: BTreeSet<i64> = of.iter().filter_map(|(_, media)| *media).collect();
    let rows: Vec<(i64, i32, String)> = either!(conn, c => cues::table
        .filter(cues::media_id.eq_any(media))
        .order((cues::media_id, cues::position))
        .select((cues::media_id, cues::start_ms, cues::text))
        .load(c))?;
    let mut said: BTreeMap<i64, Vec<(i32, String)>> = BTreeMap::new();
    for (media, start, text) in rows {
        said.entry(media).or_default().push((start, text));
    }
    Ok(of.into_iter().filter_map(|(id, media)| Some((id, said.get(&media?)?.clone()))).collect())
}

/// The names of bases or portraits in addresses, by their ids.
pub fn slugs(conn: &mut Conn, kind: Kind, ids: &[i64]) -> Result<BTreeMap<i64, String>> {
    let rows: Vec<(i64, String)> = match kind {
        Kind::Base => {
            either!(conn, c => bases::table.filter(bases::id.eq_any(ids)).select((bases::id, bases::slug)).load(c))?
        }
        Kind::Course => {
            either!(conn, c => courses::table.filter(courses::id.eq_any(ids)).select((courses::id, courses::slug)).load(c))?
        }
        Kind::Story => {
            either!(conn, c => stories::table.filter(stories::id.eq_any(ids)).select((stories::id, stories::slug)).load(c))?
        }
        _ => vec![],
    };
    Ok(rows.into_iter().collect())
}
