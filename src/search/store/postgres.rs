//! Words in PostgreSQL: `tsvector`s written word by word, without its parser, so that no locale changes what a word is. A
//! long text has several parts that overlap, because a part keeps at most 256 places of a word; phrases are looked for in
//! each part, and a document has to have all of them in some part.
use super::{Conditions, Count, Found};
use crate::error::Result;
use crate::search::text::{Phrase, Query, Word, words};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// Words in a part.
const PART: usize = 2_000;
/// Words that stand in two parts: more than the longest query has.
const OVERLAP: usize = 64;
/// Places left free between title, text and speech, so that no phrase reaches across.
const GAP: usize = 3;

fn phrase(phrase: &Phrase) -> String {
    let last = phrase.words.len() - 1;
    let word = |(number, word): (usize, &Word)| {
        let mut text = String::from("'");
        word.push_to(&mut text);
        text.push('\'');
        if phrase.is_open && number == last {
            text.push_str(":*");
        }
        text
    };
    format!("({})", phrase.words.iter().enumerate().map(word).collect::<Vec<_>>().join(" <-> "))
}

/// The documents that have every phrase, with what `more` adds to each. The phrases are words of letters, digits or one
/// Han character in quotation marks: nothing in them has to be escaped.
fn hits(query: &Query, more: &str) -> String {
    let phrases: Vec<_> = query.phrases.iter().map(phrase).collect();
    let any = phrases.join(" | ");
    let all: Vec<_> = phrases.iter().map(|one| format!("bool_or(words @@ $q${one}$q$::tsquery)")).collect();
    format!(
        "SELECT document_id{} FROM search_index WHERE words @@ $q${any}$q$::tsquery GROUP BY document_id HAVING {}",
        more.replace("QUERY", &format!("$q${any}$q$::tsquery")),
        all.join(" AND ")
    )
}

fn topic(conditions: &Conditions) -> &'static str {
    if conditions.has_topic { "d.topic_id IN (SELECT id FROM topics WHERE slug = $1)" } else { "$1 = ''" }
}

pub(super) fn counts(
    conn: &mut PgConnection,
    query: &Query,
    conditions: &Conditions,
    slug: &str,
) -> Result<Vec<Count>> {
    let sql = format!(
        "SELECT d.kind, COUNT(*) AS n FROM ({}) AS hits JOIN search_documents d ON d.id = hits.document_id \
         WHERE {} AND {} GROUP BY d.kind",
        hits(query, ""),
        topic(conditions),
        conditions.sql
    );
    Ok(diesel::sql_query(sql).bind::<Text, _>(slug).load(conn)?)
}

pub(super) fn found(
    conn: &mut PgConnection,
    query: &Query,
    conditions: &Conditions,
    slug: &str,
    skip: i64,
    count: i64,
) -> Result<Vec<Found>> {
    let sql = format!(
        "SELECT d.kind, d.ref_id, d.title, d.body FROM ({}) AS hits JOIN search_documents d ON d.id = hits.document_id \
         WHERE {} AND {} ORDER BY hits.place DESC, d.id LIMIT $2 OFFSET $3",
        hits(query, ", SUM(ts_rank('{0.02, 0.1, 0.3, 1.0}', words, QUERY, 1)) AS place"),
        topic(conditions),
        conditions.sql
    );
    Ok(diesel::sql_query(sql)
        .bind::<Text, _>(slug)
        .bind::<BigInt, _>(count)
        .bind::<BigInt, _>(skip)
        .load(conn)?)
}

/// Replaces the words of a document.
pub(super) fn put(conn: &mut PgConnection, id: i64, title: &str, body: &str, said: &str) -> Result<()> {
    remove(conn, id)?;
    for (part, vector) in (0_i64..).zip(vectors(title, body, said)) {
        diesel::sql_query(
            "INSERT INTO search_index (document_id, part, words) VALUES ($1, $2::int, $3::tsvector)",
        )
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(part)
        .bind::<Text, _>(vector)
        .execute(conn)?;
    }
    Ok(())
}

pub(super) fn remove(conn: &mut PgConnection, id: i64) -> Result<()> {
    diesel::sql_query("DELETE FROM search_index WHERE document_id = $1")
        .bind::<BigInt, _>(id)
        .execute(conn)?;
    Ok(())
}

/// The parts of a document as `tsvector`s, written as PostgreSQL reads them: `'灌':1A '区':2A`.
fn vectors(title: &str, body: &str, said: &str) -> Vec<String> {
    // Each word with its place and its weight; places of the gaps are left out.
    let mut all: Vec<(usize, char, Word)> = vec![];
    let mut place = 0;
    for (text, weight) in [(title, 'A'), (body, 'B'), (said, 'C')] {
        for found in words(text) {
            place += 1;
            all.push((place, weight, found.word));
        }
        place += GAP;
    }
    let mut parts = vec![];
    let mut from = 0;
    while from == 0 || from < all.len() {
        let some = &all[from..(from + PART).min(all.len())];
        let before = some.first().map_or(0, |(place, ..)| place - 1);
        let mut vector = String::with_capacity(some.len() * 12);
        for (place, weight, word) in some {
            // PostgreSQL keeps no word of more than 2,046 bytes; nobody looks for one.
            if matches!(word, Word::Run(run) if run.len() > 500) {
                continue;
            }
            vector.push('\'');
            word.push_to(&mut vector);
            vector.push_str(&format!("':{}{weight} ", place - before));
        }
        parts.push(vector);
        if from + PART >= all.len() {
            break;
        }
        from += PART - OVERLAP;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_word_by_word_and_a_long_one_in_parts_that_overlap() {
        assert_eq!(vectors("灌区", "5G", ""), ["'灌':1A '区':2A '5':6B 'g':7B "]);
        assert_eq!(vectors("", "", ""), [""]);
        let parts = vectors("题", &"水".repeat(5_000), "");
        assert_eq!(parts.len(), 3);
        assert!(parts[1].starts_with("'水':1B ") && parts[1].contains("'水':2000B"));
        let count: usize = parts.iter().map(|part| part.matches(':').count()).sum();
        assert_eq!(count, 5_001 + 2 * OVERLAP);
    }

    #[test]
    fn every_phrase_has_to_be_in_some_part() {
        let sql = hits(&Query::of("内江 irrig"), "");
        assert!(sql.contains("$q$('内' <-> '江') | ('irrig':*)$q$::tsquery"), "{sql}");
        assert_eq!(sql.matches("bool_or").count(), 2);
    }
}
