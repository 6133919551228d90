//! Words in SQLite: an FTS5 table without content, one row a document; the rank is bm25, title before text before speech.
use super::{Conditions, Count, Found};
use crate::error::Result;
use crate::search::text::{Phrase, Query};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// The query in FTS5's language. A word holds letters, digits or one Han character: nothing in it has to be escaped.
fn expression(query: &Query) -> String {
    let phrase = |phrase: &Phrase| {
        let mut text = String::from("\"");
        for (number, word) in phrase.words.iter().enumerate() {
            if number > 0 {
                text.push(' ');
            }
            word.push_to(&mut text);
        }
        text.push('"');
        if phrase.is_open {
            text.push('*');
        }
        text
    };
    query.phrases.iter().map(phrase).collect::<Vec<_>>().join(" AND ")
}

fn topic(conditions: &Conditions) -> &'static str {
    // The parameter is named in either case, so that it can always be bound.
    if conditions.has_topic { "d.topic_id IN (SELECT id FROM topics WHERE slug = ?2)" } else { "?2 = ''" }
}

pub(super) fn counts(
    conn: &mut SqliteConnection,
    query: &Query,
    conditions: &Conditions,
    slug: &str,
) -> Result<Vec<Count>> {
    let sql = format!(
        "SELECT d.kind, CAST(COUNT(*) AS BIGINT) AS n FROM search_index JOIN search_documents d ON d.id = search_index.rowid \
         WHERE search_index MATCH ?1 AND {} AND {} GROUP BY d.kind",
        topic(conditions),
        conditions.sql
    );
    Ok(diesel::sql_query(sql).bind::<Text, _>(expression(query)).bind::<Text, _>(slug).load(conn)?)
}

pub(super) fn found(
    conn: &mut SqliteConnection,
    query: &Query,
    conditions: &Conditions,
    slug: &str,
    skip: i64,
    count: i64,
) -> Result<Vec<Found>> {
    // The texts are read for the rows that are shown, not for all that are sorted.
    let sql = format!(
        "SELECT t.kind, t.ref_id, t.title, t.body FROM ( \
           SELECT d.id, bm25(search_index, 10.0, 3.0, 1.0) AS place FROM search_index JOIN search_documents d ON d.id = search_index.rowid \
           WHERE search_index MATCH ?1 AND {} AND {} ORDER BY place, d.id LIMIT ?3 OFFSET ?4) AS best \
         JOIN search_documents t ON t.id = best.id ORDER BY best.place, best.id",
        topic(conditions),
        conditions.sql
    );
    Ok(diesel::sql_query(sql)
        .bind::<Text, _>(expression(query))
        .bind::<Text, _>(slug)
        .bind::<BigInt, _>(count)
        .bind::<BigInt, _>(skip)
        .load(conn)?)
}

/// Replaces the words of a document.
pub(super) fn put(conn: &mut SqliteConnection, id: i64, title: &str, body: &str, said: &str) -> Result<()> {
    remove(conn, id)?;
    diesel::sql_query("INSERT INTO search_index (rowid, title, body, said) VALUES (?, ?, ?, ?)")
        .bind::<BigInt, _>(id)
        .bind::<Text, _>(spaced(title))
        .bind::<Text, _>(spaced(body))
        .bind::<Text, _>(spaced(said))
        .execute(conn)?;
    Ok(())
}

pub(super) fn remove(conn: &mut SqliteConnection, id: i64) -> Result<()> {
    diesel::sql_query("DELETE FROM search_index WHERE rowid = ?").bind::<BigInt, _>(id).execute(conn)?;
    Ok(())
}

/// Merges the pieces that many changes left behind: one piece is searched in half the time.
pub(super) fn tidy(conn: &mut SqliteConnection) -> Result<()> {
    diesel::sql_query("INSERT INTO search_index (search_index) VALUES ('optimize')").execute(conn)?;
    Ok(())
}

/// The words with spaces between.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() * 4 / 3);
    for place in crate::search::text::words(text) {
        place.word.push_to(&mut spaced);
        spaced.push(' ');
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_phrases_that_must_all_occur() {
        assert_eq!(
            expression(&Query::of("内江分水 5G irrig")),
            "\"内 江 分 水\" AND \"5 g\"* AND \"irrig\"*"
        );
        assert_eq!(
            expression(&Query::of("\"a\" OR b*) ^c:d")),
            "\"a\"* AND \"or\"* AND \"b\"* AND \"c\"* AND \"d\"*"
        );
    }
}
