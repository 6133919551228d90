//! The way of a booklet: written, handed in, passed by one person who did not write it, read; and off the shelf again.
//! product.md: booklets need the author and one other.
use super::{Manuscript, Refusal, Verdict, find, store};
use crate::audit::{self, Action, Doer};
use crate::booklets::attachments::{self, Owner};
use crate::booklets::{self, About, Stage};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{self, AccountId, BookletId};
use crate::web::slug::Slug;

/// A booklet that is not there yet.
#[derive(Debug, Clone)]
pub struct NewBooklet {
    pub about: About,
    /// Its name in addresses, as it was typed; else one is made from the title and the key.
    pub slug: Option<Slug>,
    /// Of the form: a post that was sent twice makes one booklet.
    pub key: String,
}

/// What became of a wish for a new booklet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    New(BookletId),
    /// The same post came before.
    Same(BookletId),
    /// The typed name belongs to another one.
    Taken,
}

impl NewBooklet {
    /// Its name: as typed, or what the title has of Latin letters and digits, and some of the key.
    fn name(&self) -> String {
        if let Some(slug) = &self.slug {
            return slug.as_str().to_owned();
        }
        let words: Vec<String> = self
            .about
            .title
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let words: String = words.join("-").chars().take(40).collect();
        let key = self.key.get(..8).unwrap_or(&self.key);
        match words.trim_matches('-') {
            "" => format!("booklet-{key}"),
            words => format!("{words}-{key}"),
        }
    }
}

/// Makes a booklet without chapters, that only its author sees.
///
/// # Errors
/// Those of the database.
pub fn create(conn: &mut Conn, new: &NewBooklet, by: AccountId, doer: &Doer, now: Timestamp) -> Result<Made> {
    let slug = new.name();
    let Some(id) = booklets::insert(conn, &slug, &new.about, by)? else {
        let id = booklets::found(conn, &slug)?.ok_or(Error::NotFound)?;
        let there = find(conn, id)?;
        let is_same = there.standing.author == by
            && there.standing.version == 0
            && booklets::public(conn, id)? == new.about;
        return Ok(if is_same { Made::Same(id) } else { Made::Taken });
    };
    store::insert(conn, id, &new.about, true, by, now)?;
    doer.did(conn, Action::BookletMade, ("booklet", id.0), now)?;
    Ok(Made::New(id))
}

/// Makes the draft of a booklet that was published before there was this desk: what is read becomes what is written, as its
/// author's first save. Once begun it stays.
///
/// # Errors
/// Refused for one that is put away.
pub fn begin(conn: &mut Conn, id: BookletId, doer: &Doer, now: Timestamp) -> Result<()> {
    let standing = booklets::standing(conn, id)?;
    if standing.archived_at.is_some() {
        return Err(Refusal::PutAway.into());
    }
    let about = booklets::public(conn, id)?;
    let (by, at) = (standing.author, standing.published_at.unwrap_or(now));
    if store::insert(conn, id, &about, false, by, at)? {
        for chapter in booklets::chapters(conn, id)? {
            let text = (chapter.title.as_str(), chapter.body.as_str());
            store::insert_chapter(conn, id, chapter.number, text, by, at)?;
        }
        doer.did(conn, Action::BookletReopened, ("booklet", id.0), now)?;
    }
    Ok(())
}

/// Changes what is said of a booklet. `base`: the revision that the author had before them.
///
/// # Errors
/// Refused where its text may not be changed; `Ok(false)` if somebody changed it meanwhile.
pub fn describe(
    conn: &mut Conn,
    id: BookletId,
    base: i32,
    about: &About,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<bool> {
    let manuscript = find(conn, id)?;
    // A form that was sent twice.
    if manuscript.writable()?.about == *about {
        return Ok(true);
    }
    if !store::turn(conn, id, base, by, now)? {
        return Ok(false);
    }
    store::set_about(conn, id, about)?;
    doer.did(conn, Action::BookletChanged, ("booklet", id.0), now)?;
    Ok(true)
}

/// The text that is written, in one word: whoever judges says with it what they have seen.
///
/// # Errors
/// Those of the database.
pub fn digest(conn: &mut Conn, manuscript: &Manuscript) -> Result<String> {
    let about = manuscript.about(conn)?;
    let mut all = vec![about.title, about.kind, about.intro, about.cover, about.style.to_string()];
    all.push(about.visibility.as_str().to_owned());
    for chapter in store::chapters(conn, manuscript.standing.id)? {
        all.push(chapter.title);
        all.push(chapter.body);
    }
    // With its length before each, so that nothing can move from one to the next.
    let text: String = all.iter().map(|part| format!("{}:{part}", part.len())).collect();
    Ok(ids::digest(&text))
}

/// Hands it in for review.
///
/// # Errors
/// Refused with what is missing.
pub fn submit(conn: &mut Conn, id: BookletId, doer: &Doer, now: Timestamp) -> Result<()> {
    find(conn, id)?.writable()?;
    // Nobody changes the text from here on.
    if store::enter(conn, id)?.is_none() {
        return Err(Refusal::InReview.into());
    }
    let manuscript = find(conn, id)?;
    let chapters = super::text(conn, id)?;
    if chapters.is_empty() {
        return Err(Refusal::NoChapters.into());
    }
    if chapters.iter().any(|(_, body)| body.trim().is_empty()) {
        return Err(Refusal::EmptyChapter.into());
    }
    match manuscript.standing.stage {
        Stage::Published => {
            let read: Vec<_> =
                booklets::chapters(conn, id)?.into_iter().map(|one| (one.title, one.body)).collect();
            if read == chapters && booklets::public(conn, id)? == manuscript.about(conn)? {
                return Err(Refusal::NothingNew.into());
            }
        }
        _ if booklets::advance(conn, id, Stage::Draft, Stage::InReview)? => {}
        _ => return Err(Refusal::NotDraft.into()),
    }
    doer.did(conn, Action::BookletSubmitted, ("booklet", id.0), now)
}

/// Takes it back from review; it is reviewed anew the next time.
///
/// # Errors
/// Refused outside review.
pub fn take_back(conn: &mut Conn, id: BookletId, doer: &Doer, now: Timestamp) -> Result<()> {
    let manuscript = find(conn, id)?;
    let round = manuscript.draft.map(|draft| draft.round).unwrap_or_default();
    send_back(conn, id, round)?;
    doer.did(conn, Action::BookletReopened, ("booklet", id.0), now)
}

fn send_back(conn: &mut Conn, id: BookletId, round: i32) -> Result<()> {
    if !store::leave(conn, id, round)? {
        return Err(Refusal::NotInReview.into());
    }
    // One that is published stays so.
    booklets::advance(conn, id, Stage::InReview, Stage::Draft)?;
    Ok(())
}

/// What a reviewer says, and of what.
#[derive(Debug, Clone)]
pub struct Judgement {
    pub reviewer: AccountId,
    /// The round and the text ([`digest`]) that were on the reviewer's page.
    pub round: i32,
    pub digest: String,
    pub verdict: Verdict,
    pub remark: String,
}

/// Why this account may not review the booklet, if that is so: it is their own, or they changed something of it since it was
/// passed last.
///
/// # Errors
/// Those of the database.
pub(super) fn barred(
    conn: &mut Conn,
    manuscript: &Manuscript,
    account: AccountId,
) -> Result<Option<Refusal>> {
    let id = manuscript.standing.id;
    if manuscript.standing.author == account {
        return Ok(Some(Refusal::OwnBooklet));
    }
    let since = store::last_passed(conn, id)?;
    // What is said of it, the order of chapters and its files are on the record alone.
    let wrote = store::is_writer(conn, id, account, since)?
        || audit::has_done_since(conn, account, Action::BookletChanged, ("booklet", id.0), since)?;
    Ok(wrote.then_some(Refusal::Wrote))
}

/// A verdict on the text that the reviewer has seen, which must be the present one. Whoever passes it publishes it; whoever
/// returns it says what to change.
///
/// # Errors
/// Refused for the author and whoever wrote in it, for a return without a word, outside review, and when the text is another
/// one by now.
pub fn review(
    conn: &mut Conn,
    id: BookletId,
    judgement: &Judgement,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let Judgement { reviewer, round, digest: ref seen, verdict, ref remark } = *judgement;
    let manuscript = find(conn, id)?;
    if let Some(refusal) = barred(conn, &manuscript, reviewer)? {
        return Err(refusal.into());
    }
    if verdict == Verdict::Returned && remark.is_empty() {
        return Err(Refusal::NeedsRemark.into());
    }
    if !manuscript.is_submitted() {
        return Err(Refusal::NotInReview.into());
    }
    // The first of two who speak at once ends the round for the other.
    let is_this = store::leave(conn, id, round)?;
    let present = find(conn, id)?;
    if !is_this || digest(conn, &present)? != *seen {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    store::insert_verdict(conn, id, (round, verdict, remark), reviewer, now)?;
    doer.did(conn, Action::BookletReviewed, ("booklet", id.0), now)?;
    if verdict == Verdict::Returned {
        booklets::advance(conn, id, Stage::InReview, Stage::Draft)?;
        return Ok(());
    }
    let (about, chapters) = (present.about(conn)?, super::text(conn, id)?);
    booklets::publish(conn, id, &about, &chapters, now)?;
    store::settle(conn, id)?;
    doer.did(conn, Action::BookletPublished, ("booklet", id.0), now)
}

/// Takes a published booklet off; its address says so, and why. A next version that was handed in is no longer.
///
/// # Errors
/// Refused if it is not published.
pub fn withdraw(conn: &mut Conn, id: BookletId, reason: &str, doer: &Doer, now: Timestamp) -> Result<()> {
    // The draft first, as a reviewer does who passes it at the same time: neither waits for the other.
    if let Some(draft) = store::draft(conn, id)?.filter(|draft| draft.is_submitted) {
        store::leave(conn, id, draft.round)?;
    }
    if !booklets::withdraw(conn, id, reason)? {
        return Err(Refusal::NotPublished.into());
    }
    doer.did(conn, Action::BookletWithdrawn, ("booklet", id.0), now)
}

/// Makes a withdrawn booklet a draft again, under the same address, or takes one out that was put away.
///
/// # Errors
/// Refused if it is neither.
pub fn reopen(conn: &mut Conn, id: BookletId, doer: &Doer, now: Timestamp) -> Result<()> {
    let is_out = booklets::put_away(conn, id, now, false)?;
    let is_draft = booklets::advance(conn, id, Stage::Withdrawn, Stage::Draft)?;
    if !is_out && !is_draft {
        return Err(Refusal::NotDraft.into());
    }
    begin(conn, id, &Doer::default(), now)?;
    doer.did(conn, Action::BookletReopened, ("booklet", id.0), now)
}

/// Puts a draft or a withdrawn booklet away: it leaves the list, and nothing of it is lost.
///
/// # Errors
/// Refused for one that is read, or is reviewed.
pub fn archive(conn: &mut Conn, id: BookletId, doer: &Doer, now: Timestamp) -> Result<()> {
    if !booklets::put_away(conn, id, now, true)? {
        return Err(Refusal::StillPublic.into());
    }
    doer.did(conn, Action::BookletArchived, ("booklet", id.0), now)
}

/// A new draft with the text of another booklet and its files, the copier's own.
///
/// # Errors
/// Refused if there is no room for its name.
pub fn copy(
    conn: &mut Conn,
    from: &Manuscript,
    title: String,
    key: &str,
    by: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<BookletId> {
    let stem: String = from.standing.slug.chars().take(60).collect();
    let slug = format!("{}-{}", stem.trim_end_matches('-'), key.get(..8).unwrap_or(key));
    let about = About { title, ..from.about(conn)? };
    let new = NewBooklet { about, slug: Slug::try_from(slug).ok(), key: key.to_owned() };
    let id = match create(conn, &new, by, doer, now)? {
        Made::New(id) => id,
        Made::Same(id) => return Ok(id),
        Made::Taken => return Err(Refusal::Moved.into()),
    };
    let source = from.standing.id;
    let chapters = match from.draft {
        Some(_) => super::text(conn, source)?,
        None => booklets::chapters(conn, source)?.into_iter().map(|one| (one.title, one.body)).collect(),
    };
    let numbers = attachments::copy(conn, Owner::Booklet(source), Owner::Booklet(id), by, now)?;
    for (position, (title, body)) in (1..).zip(&chapters) {
        let body = renumbered(body, &numbers);
        store::insert_chapter(conn, id, position, (title, &body), by, now)?;
    }
    Ok(id)
}

/// The text with other numbers for its files.
fn renumbered(body: &str, numbers: &[(ids::AttachmentId, ids::AttachmentId)]) -> String {
    let mut pieces = body.split("(attachment:");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let number = piece[..digits].parse::<i64>();
        let new = numbers.iter().find(|(old, _)| number.as_ref().is_ok_and(|number| *number == old.0));
        out.push_str("(attachment:");
        out.push_str(&new.map_or(piece[..digits].to_owned(), |(_, new)| new.to_string()));
        out.push_str(&piece[digits..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::booklets::Visibility;
    use crate::ids::AttachmentId;

    #[test]
    fn a_name_is_made_of_what_addresses_can_hold_and_of_the_key() {
        let about = |title: &str| About {
            title: title.into(),
            kind: String::new(),
            intro: String::new(),
            cover: String::new(),
            style: 1,
            visibility: Visibility::Public,
        };
        let name = |title: &str| {
            NewBooklet { about: about(title), slug: None, key: "0123456789abcdef0123456789abcdef".into() }
                .name()
        };
        assert_eq!(name("巡渠手册"), "booklet-01234567");
        assert_eq!(name("应知应会 50 问 (2026 Edition)"), "50-2026-edition-01234567");
        assert!(Slug::try_from(name(&"Long ".repeat(40))).is_ok());
    }

    #[test]
    fn a_copy_names_its_own_files() {
        let numbers = [(AttachmentId(1), AttachmentId(31)), (AttachmentId(12), AttachmentId(32))];
        assert_eq!(
            renumbered("![a](attachment:12) [b](attachment:1) (attachment:7) attachment:1", &numbers),
            "![a](attachment:32) [b](attachment:31) (attachment:7) attachment:1"
        );
    }
}
