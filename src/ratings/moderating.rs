//! What reviewers decide about comments and replies, and the lecturer's reply.
use super::store::texts;
use super::{Refusal, TextState, store};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::LectureId;

/// Shows a comment or hides it with a reason that its author sees; a hidden one may be shown later.
///
/// # Errors
/// Refused for whoever gives the lecture, and if it is decided like that already.
pub fn judge_text(
    conn: &mut Conn,
    id: i64,
    decision: (TextState, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let text = texts::find(conn, id)?;
    if store::gives(conn, text.lecture, viewer.person)? {
        return Err(Refusal::LecturersOwn.into());
    }
    if !texts::decide(conn, id, decision, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    doer.did(conn, Action::CommentDecided, ("rating_text", id), now)
}

/// Likewise a lecturer's reply.
///
/// # Errors
/// As [`judge_text`].
pub fn judge_reply(
    conn: &mut Conn,
    id: i64,
    decision: (TextState, &str),
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let lecture = texts::lecture_of_reply(conn, id)?;
    if store::gives(conn, lecture, viewer.person)? {
        return Err(Refusal::LecturersOwn.into());
    }
    if !texts::decide_reply(conn, id, decision, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    doer.did(conn, Action::CommentDecided, ("rating_text", id), now)
}

/// The lecturer's word under a comment on the own lecture, once.
///
/// # Errors
/// Not found under somebody else's lecture; refused if there is a reply, or the comment is not shown.
pub fn reply(
    conn: &mut Conn,
    (lecture, id): (LectureId, i64),
    text: &str,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let comment = texts::find(conn, id)?;
    if comment.lecture != lecture || !store::gives(conn, lecture, viewer.person)? {
        return Err(Error::NotFound);
    }
    if comment.state != TextState::Shown {
        return Err(Refusal::NotShown.into());
    }
    if !texts::insert_reply(conn, (id, lecture), text, viewer.account, now)? {
        return Err(Refusal::RepliedAlready.into());
    }
    doer.did(conn, Action::CommentReplied, ("rating_text", id), now)
}
