//! Rows of ratings: `votes` writes them, `own` finds one's own, `sums` has what is counted, `texts` the comments and replies,
//! `flags` suspicions, `decisions` what two people decide.
pub mod decisions;
pub mod flags;
pub mod group;
pub mod own;
pub mod sums;
pub mod texts;
pub mod votes;

use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{LectureId, PersonId};
use crate::ratings::Told;
use crate::schema::{cursors, instructors, lecture_instructors, lectures};
use diesel::dsl::exists;
use diesel::prelude::*;

/// What the column of a lecture's stage says of a public one, and that of its visibility; `lectures` has the words.
const PUBLISHED: &str = "published";
const PUBLIC: &str = "public";

/// What became of an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub told: Told,
    /// Words that readers saw went with it.
    pub is_unsaid: bool,
}

impl From<Told> for Outcome {
    fn from(told: Told) -> Outcome {
        Outcome { told, is_unsaid: false }
    }
}

/// Whether this person gives this lecture.
pub fn gives(conn: &mut Conn, lecture: LectureId, person: PersonId) -> Result<bool> {
    let own = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(lecture).and(instructors::person_id.eq(person)));
    Ok(either!(conn, c => diesel::select(exists(own)).get_result(c))?)
}

/// The title of a published lecture.
///
/// # Errors
/// Not found for others; [`Error::SignIn`] for a visitor before a lecture for members.
pub fn title(conn: &mut Conn, lecture: LectureId, is_signed_in: bool) -> Result<String> {
    let it = lectures::table.filter(lectures::id.eq(lecture).and(lectures::stage.eq(PUBLISHED)));
    let (title, visibility): (String, String) =
        either!(conn, c => it.select((lectures::title, lectures::visibility)).first(c))?;
    if visibility != PUBLIC && !is_signed_in { Err(Error::SignIn) } else { Ok(title) }
}

/// How far a follower has come.
pub fn cursor(conn: &mut Conn, name: &str) -> Result<i64> {
    let n: Option<i64> =
        either!(conn, c => cursors::table.find(name).select(cursors::n).first(c).optional())?;
    Ok(n.unwrap_or(0))
}

pub fn set_cursor(conn: &mut Conn, name: &str, n: i64) -> Result<()> {
    let row = (cursors::name.eq(name), cursors::n.eq(n));
    either!(conn, c => diesel::insert_into(cursors::table)
        .values(row)
        .on_conflict(cursors::name)
        .do_update()
        .set(cursors::n.eq(n))
        .execute(c))?;
    Ok(())
}
