//! Comments and the lecturers' replies. Nobody edits either: a changed comment is another row, and the state alone moves.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, LectureId};
use crate::ratings::{Status, TextState};
use crate::schema::{lectures, rating_replies, rating_text_decisions, rating_texts, ratings};
use chrono::NaiveDate;
use diesel::prelude::*;

/// A comment that readers see, without its author and without the stars beside it.
#[derive(Queryable, Debug, Clone)]
pub struct Comment {
    pub id: i64,
    pub text: String,
    pub written_on: NaiveDate,
    /// The lecturer's word, once it is shown.
    pub reply: Option<String>,
}

/// Makes `text` the comment of a rating; the one before it is replaced. The same text stays what it is, with what was decided
/// about it. Whether readers saw the one that was replaced.
pub fn set_text(
    conn: &mut Conn,
    (rating, lecture): (i64, LectureId),
    text: &str,
    is_held: bool,
    day: NaiveDate,
) -> Result<bool> {
    let it = rating_texts::table
        .filter(rating_texts::rating_id.eq(rating).and(rating_texts::state.ne(TextState::Replaced)));
    let before: Option<(i64, String, TextState)> = either!(conn, c => it
        .select((rating_texts::id, rating_texts::text, rating_texts::state))
        .first(c)
        .optional())?;
    let mut was_shown = false;
    if let Some((id, old, state)) = before {
        if old == text {
            return Ok(false);
        }
        was_shown = state == TextState::Shown;
        let it = rating_texts::table.find(id);
        either!(conn, c => diesel::update(it).set(rating_texts::state.eq(TextState::Replaced)).execute(c))?;
    }
    if text.is_empty() {
        return Ok(was_shown);
    }
    let row = (
        rating_texts::rating_id.eq(rating),
        rating_texts::lecture_id.eq(lecture),
        rating_texts::text.eq(text),
        rating_texts::is_held.eq(is_held),
        rating_texts::state.eq(TextState::Pending),
        rating_texts::written_on.eq(day),
    );
    either!(conn, c => diesel::insert_into(rating_texts::table).values(row).execute(c))?;
    Ok(was_shown)
}

/// The comments on a lecture that readers see, the newest first. An excluded or withdrawn rating does not speak.
pub fn shown(conn: &mut Conn, lecture: LectureId, skip: i64, count: i64) -> Result<Vec<Comment>> {
    let it = rating_texts::lecture_id.eq(lecture).and(rating_texts::state.eq(TextState::Shown));
    let replies =
        rating_replies::text_id.eq(rating_texts::id).and(rating_replies::state.eq(TextState::Shown));
    Ok(either!(conn, c => rating_texts::table
        .inner_join(ratings::table)
        .left_join(rating_replies::table.on(replies))
        .filter(it.and(ratings::status.eq(Status::Counted)))
        .order(rating_texts::id.desc())
        .offset(skip)
        .limit(count)
        .select((
            rating_texts::id,
            rating_texts::text,
            rating_texts::written_on,
            rating_replies::text.nullable(),
        ))
        .load(c))?)
}

/// The replies of a lecturer to shown comments on the lecture: which comment, in which state, why hidden.
pub fn replies(
    conn: &mut Conn,
    lecture: LectureId,
    texts: &[i64],
) -> Result<Vec<(i64, String, TextState, String)>> {
    Ok(either!(conn, c => rating_replies::table
        .filter(rating_replies::lecture_id.eq(lecture).and(rating_replies::text_id.eq_any(texts)))
        .select((rating_replies::text_id, rating_replies::text, rating_replies::state, rating_replies::reason))
        .load(c))?)
}

/// A comment as reviewers see it: without its author, the stars or the branch.
#[derive(Queryable, Debug, Clone)]
pub struct Waiting {
    pub id: i64,
    pub lecture: LectureId,
    pub title: String,
    pub text: String,
    pub is_held: bool,
    pub state: TextState,
    pub reason: String,
    pub is_asked_again: bool,
    pub written_on: NaiveDate,
}

type Columns = (
    rating_texts::id,
    rating_texts::lecture_id,
    lectures::title,
    rating_texts::text,
    rating_texts::is_held,
    rating_texts::state,
    rating_texts::reason,
    rating_texts::is_asked_again,
    rating_texts::written_on,
);
const COLUMNS: Columns = (
    rating_texts::id,
    rating_texts::lecture_id,
    lectures::title,
    rating_texts::text,
    rating_texts::is_held,
    rating_texts::state,
    rating_texts::reason,
    rating_texts::is_asked_again,
    rating_texts::written_on,
);

/// Comments in a state: those that the list of words holds first, then the older ones; what is decided the newest first.
pub fn queue(conn: &mut Conn, state: TextState, skip: i64, count: i64) -> Result<Vec<Waiting>> {
    Ok(either!(conn, c => {
        let query = rating_texts::table
            .inner_join(lectures::table)
            .filter(rating_texts::state.eq(state))
            .offset(skip)
            .limit(count)
            .select(COLUMNS)
            .into_boxed();
        match state {
            TextState::Pending => query.order((rating_texts::is_held.desc(), rating_texts::id)).load(c),
            _ => query.order(rating_texts::id.desc()).load(c),
        }
    })?)
}

/// A comment that was not replaced.
pub fn find(conn: &mut Conn, id: i64) -> Result<Waiting> {
    let it = rating_texts::table
        .inner_join(lectures::table)
        .filter(rating_texts::id.eq(id).and(rating_texts::state.ne(TextState::Replaced)));
    Ok(either!(conn, c => it.select(COLUMNS).first(c))?)
}

/// Moves a comment; `false` if it is in that state already, or was replaced meanwhile.
pub fn decide(
    conn: &mut Conn,
    id: i64,
    (state, reason): (TextState, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let it = rating_texts::table.filter(
        rating_texts::id
            .eq(id)
            .and(rating_texts::state.ne(state))
            .and(rating_texts::state.ne(TextState::Replaced)),
    );
    let set = (
        rating_texts::state.eq(state),
        rating_texts::reason.eq(reason),
        rating_texts::decided_by.eq(by),
        rating_texts::decided_at.eq(now),
    );
    if either!(conn, c => diesel::update(it).set(set).execute(c))? == 0 {
        return Ok(false);
    }
    let row = (
        rating_text_decisions::text_id.eq(id),
        rating_text_decisions::state.eq(state),
        rating_text_decisions::reason.eq(reason),
        rating_text_decisions::decided_by.eq(by),
        rating_text_decisions::decided_at.eq(now),
    );
    either!(conn, c => diesel::insert_into(rating_text_decisions::table).values(row).execute(c))?;
    Ok(true)
}

/// The author of a hidden comment asks for another look, once; `false` if there is nothing to ask for.
pub fn ask_again(conn: &mut Conn, key: &[u8]) -> Result<bool> {
    let own = ratings::table.filter(ratings::rater_key.eq(key)).select(ratings::id);
    let it = rating_texts::table.filter(
        rating_texts::rating_id
            .eq_any(own)
            .and(rating_texts::state.eq(TextState::Hidden))
            .and(rating_texts::is_asked_again.eq(false)),
    );
    let set = (rating_texts::state.eq(TextState::Pending), rating_texts::is_asked_again.eq(true));
    Ok(either!(conn, c => diesel::update(it).set(set).execute(c))? == 1)
}

/// Whether the author of this key has written anything.
pub fn has_text(conn: &mut Conn, key: &[u8]) -> Result<bool> {
    let own = ratings::table.filter(ratings::rater_key.eq(key)).select(ratings::id);
    let is_there = diesel::dsl::exists(rating_texts::table.filter(rating_texts::rating_id.eq_any(own)));
    Ok(either!(conn, c => diesel::select(is_there).get_result(c))?)
}

/// Keeps the lecturer's word under a comment; `false` if there is one.
pub fn insert_reply(
    conn: &mut Conn,
    (id, lecture): (i64, LectureId),
    text: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let row = (
        rating_replies::text_id.eq(id),
        rating_replies::lecture_id.eq(lecture),
        rating_replies::replied_by.eq(by),
        rating_replies::text.eq(text),
        rating_replies::state.eq(TextState::Pending),
        rating_replies::replied_at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(rating_replies::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?
        == 1)
}

/// A reply that waits, with the comment above it.
#[derive(Queryable, Debug, Clone)]
pub struct WaitingReply {
    pub text_id: i64,
    pub lecture: LectureId,
    pub title: String,
    pub comment: String,
    pub text: String,
}

/// Replies that wait, the oldest comment first.
pub fn waiting_replies(conn: &mut Conn, count: i64) -> Result<Vec<WaitingReply>> {
    Ok(either!(conn, c => rating_replies::table
        .inner_join(rating_texts::table)
        .inner_join(lectures::table)
        .filter(rating_replies::state.eq(TextState::Pending))
        .order(rating_replies::text_id)
        .limit(count)
        .select((
            rating_replies::text_id,
            rating_replies::lecture_id,
            lectures::title,
            rating_texts::text,
            rating_replies::text,
        ))
        .load(c))?)
}

/// The lecture of a reply.
pub fn lecture_of_reply(conn: &mut Conn, id: i64) -> Result<LectureId> {
    Ok(either!(conn, c => rating_replies::table.find(id).select(rating_replies::lecture_id).first(c))?)
}

pub fn decide_reply(
    conn: &mut Conn,
    id: i64,
    (state, reason): (TextState, &str),
    by: AccountId,
    now: Timestamp,
) -> Result<bool> {
    let it =
        rating_replies::table.filter(rating_replies::text_id.eq(id).and(rating_replies::state.ne(state)));
    let set = (
        rating_replies::state.eq(state),
        rating_replies::reason.eq(reason),
        rating_replies::decided_by.eq(by),
        rating_replies::decided_at.eq(now),
    );
    Ok(either!(conn, c => diesel::update(it).set(set).execute(c))? == 1)
}
