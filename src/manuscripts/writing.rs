//! Chapters as they are written: added, saved, moved, deleted, taken back from their history. Whoever saves names the state
//! that they had before them; a save on top of somebody else's is none.
use super::{MOST_CHAPTERS, Refusal, find, store};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, BookletId, ChapterId};

/// What became of a text that was to be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is kept, under this revision.
    As(i32),
    /// Somebody saved another text meanwhile: nothing was changed.
    Meanwhile,
}

/// Adds a chapter behind the last one. `base`: the revision of the booklet that the author had before them.
///
/// # Errors
/// As [`add_all`].
pub fn add(
    conn: &mut Conn,
    booklet: BookletId,
    base: i32,
    title: &str,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<Option<ChapterId>> {
    let made = add_all(conn, booklet, base, &[(title.to_owned(), String::new())], false, (by, doer), now)?;
    Ok(made.and_then(|made| made.first().copied()))
}

/// Adds chapters behind the last one, or in the place of all that are there, which stay in the history. `None` if somebody
/// changed the order meanwhile; a post that was sent twice leads to the chapters that it made.
///
/// # Errors
/// Refused where the text may not be changed, and for too many.
pub fn add_all(
    conn: &mut Conn,
    booklet: BookletId,
    base: i32,
    texts: &[(String, String)],
    is_instead: bool,
    (by, doer): (AccountId, &Doer),
    now: Timestamp,
) -> Result<Option<Vec<ChapterId>>> {
    find(conn, booklet)?.writable()?;
    if !store::turn(conn, booklet, base, by, now)? {
        let present = store::chapters(conn, booklet)?;
        let last = &present[present.len().saturating_sub(texts.len())..];
        let is_same = last.len() == texts.len()
            && last.iter().zip(texts).all(|(one, (title, body))| {
                one.changed_by == by && one.revision == 1 && one.title == *title && one.body == *body
            });
        return Ok(is_same.then(|| last.iter().map(|one| one.id).collect()));
    }
    let present = store::chapters(conn, booklet)?;
    if is_instead {
        for chapter in &present {
            store::mark(conn, chapter.id, true)?;
        }
    } else if present.len() + texts.len() > MOST_CHAPTERS {
        return Err(Refusal::TooMany.into());
    }
    let last = present.last().map(|chapter| chapter.position).unwrap_or_default();
    let mut made = vec![];
    for (position, (title, body)) in (last + 1..).zip(texts) {
        made.push(store::insert_chapter(conn, booklet, position, (title, body), by, now)?);
    }
    doer.did(conn, Action::BookletChanged, ("booklet", booklet.0), now)?;
    Ok(Some(made))
}

/// Saves the text of a chapter on top of revision `base`. By hand or by itself: each is kept.
///
/// # Errors
/// Refused where the text may not be changed; not found for a chapter of another booklet.
pub fn save(
    conn: &mut Conn,
    (booklet, chapter): (BookletId, ChapterId),
    base: i32,
    text: (&str, &str),
    is_auto: bool,
    (by, doer): (AccountId, &Doer),
    now: Timestamp,
) -> Result<Saved> {
    find(conn, booklet)?.writable()?;
    let present = store::chapter(conn, booklet, chapter)?;
    // Nothing new, or a post that was sent twice.
    if (present.title.as_str(), present.body.as_str()) == text && !present.is_deleted {
        return Ok(Saved::As(present.revision));
    }
    if !store::replace_text(conn, chapter, base, text, is_auto, by, now)? {
        return Ok(Saved::Meanwhile);
    }
    if !store::touch(conn, booklet, by, now)? {
        return Err(Refusal::InReview.into());
    }
    // What saves itself is in the history; the record has what somebody did.
    if !is_auto {
        doer.did(conn, Action::BookletChanged, ("booklet", booklet.0), now)?;
    }
    Ok(Saved::As(base + 1))
}

/// Saves an earlier text of the chapter anew, on top of revision `base`.
///
/// # Errors
/// As [`save`]; not found for a text that was never saved.
pub fn restore(
    conn: &mut Conn,
    (booklet, chapter): (BookletId, ChapterId),
    base: i32,
    revision: i32,
    (by, doer): (AccountId, &Doer),
    now: Timestamp,
) -> Result<Saved> {
    store::chapter(conn, booklet, chapter)?;
    let (about, body) = store::save_of(conn, chapter, revision)?;
    save(conn, (booklet, chapter), base, (&about.title, &body), false, (by, doer), now)
}

/// Moves a chapter one place up or down; at the end nothing happens.
///
/// # Errors
/// Refused where the text may not be changed, and if somebody changed the order meanwhile.
pub fn shift(
    conn: &mut Conn,
    (booklet, chapter): (BookletId, ChapterId),
    base: i32,
    is_up: bool,
    (by, doer): (AccountId, &Doer),
    now: Timestamp,
) -> Result<()> {
    find(conn, booklet)?.writable()?;
    store::chapter(conn, booklet, chapter)?;
    if !store::turn(conn, booklet, base, by, now)? {
        return Err(Refusal::Moved.into());
    }
    let mut order: Vec<(ChapterId, i32)> =
        store::chapters(conn, booklet)?.into_iter().map(|one| (one.id, one.position)).collect();
    let at = order.iter().position(|one| one.0 == chapter).ok_or(crate::error::Error::NotFound)?;
    let to = if is_up { at.saturating_sub(1) } else { (at + 1).min(order.len() - 1) };
    order.swap(at, to);
    for (position, (id, before)) in (1..).zip(order) {
        if before != position {
            store::place(conn, id, position)?;
        }
    }
    doer.did(conn, Action::BookletChanged, ("booklet", booklet.0), now)
}

/// Takes a chapter out. Its texts stay, and it can come back: [`revive`].
///
/// # Errors
/// As [`shift`].
pub fn erase(
    conn: &mut Conn,
    at: (BookletId, ChapterId),
    base: i32,
    by: (AccountId, &Doer),
    now: Timestamp,
) -> Result<()> {
    set_deleted(conn, at, base, true, by, now)
}

/// Brings a deleted chapter back, behind the last one.
///
/// # Errors
/// As [`shift`], and for too many.
pub fn revive(
    conn: &mut Conn,
    at: (BookletId, ChapterId),
    base: i32,
    by: (AccountId, &Doer),
    now: Timestamp,
) -> Result<()> {
    set_deleted(conn, at, base, false, by, now)
}

fn set_deleted(
    conn: &mut Conn,
    (booklet, chapter): (BookletId, ChapterId),
    base: i32,
    is_deleted: bool,
    (by, doer): (AccountId, &Doer),
    now: Timestamp,
) -> Result<()> {
    find(conn, booklet)?.writable()?;
    let present = store::chapter(conn, booklet, chapter)?;
    // A post that was sent twice.
    if present.is_deleted == is_deleted {
        return Ok(());
    }
    if !store::turn(conn, booklet, base, by, now)? {
        return Err(Refusal::Moved.into());
    }
    if !is_deleted {
        let others = store::chapters(conn, booklet)?;
        if others.len() >= MOST_CHAPTERS {
            return Err(Refusal::TooMany.into());
        }
        store::place(conn, chapter, others.last().map(|one| one.position).unwrap_or_default() + 1)?;
    }
    store::mark(conn, chapter, is_deleted)?;
    doer.did(conn, Action::BookletChanged, ("booklet", booklet.0), now)
}
