//! What two people decide: that ratings do not count, or count again, and who wrote a comment. One proposes, another one decides; neither
//! gives the lecture. domain.md §4.4, §7 items 3 and 10.
use super::store::decisions::{self, Exclusion, Lifting, Unmask};
use super::store::flags::{self, Flag};
use super::store::texts;
use super::{FlagState, Refusal, Verdict, follow, store};
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, LectureId, PersonId};
use crate::inbox::{self, NewNotice};
use crate::msg;

/// Refused for whoever gives the lecture.
fn must_be_other(conn: &mut Conn, lecture: LectureId, viewer: &Viewer) -> Result<()> {
    match store::gives(conn, lecture, viewer.person)? {
        true => Err(Refusal::LecturersOwn.into()),
        false => Ok(()),
    }
}

/// Refused for whoever proposed it, or gives the lecture.
fn must_be_second(
    conn: &mut Conn,
    lecture: LectureId,
    proposed_by: AccountId,
    viewer: &Viewer,
) -> Result<()> {
    must_be_other(conn, lecture, viewer)?;
    match proposed_by == viewer.account {
        true => Err(Refusal::OwnProposal.into()),
        false => Ok(()),
    }
}

/// An open flag that this viewer may decide about.
fn open(conn: &mut Conn, id: i64, viewer: &Viewer) -> Result<Flag> {
    let flag = flags::find(conn, id)?;
    must_be_other(conn, flag.lecture, viewer)?;
    if flag.state != FlagState::Open {
        return Err(Refusal::DecidedAlready.into());
    }
    Ok(flag)
}

/// Says that a suspicion is none, and why.
///
/// # Errors
/// Refused for the wrong person, while an exclusion is proposed, and if it was decided already.
pub fn dismiss(
    conn: &mut Conn,
    id: i64,
    note: &str,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    open(conn, id, viewer)?;
    if decisions::proposals(conn, id)?.iter().any(|one| one.verdict.is_none()) {
        return Err(Refusal::ProposedAlready.into());
    }
    let turn = (FlagState::Open, FlagState::Dismissed, note);
    if !flags::turn(conn, id, turn, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    doer.did(conn, Action::FlagDismissed, ("rating_flag", id), now)
}

/// Proposes that the ratings of a flag do not count; `reason` is announced if a second person confirms it.
///
/// # Errors
/// As [`dismiss`].
pub fn propose(
    conn: &mut Conn,
    id: i64,
    reason: &str,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<i64> {
    let flag = open(conn, id, viewer)?;
    let Some(exclusion) = decisions::propose(conn, flag.id, flag.lecture, reason, viewer.account, now)?
    else {
        return Err(Refusal::ProposedAlready.into());
    };
    doer.did(conn, Action::ExclusionProposed, ("rating_flag", id), now)?;
    Ok(exclusion)
}

/// The second person's word about an exclusion. Confirmed, it holds at once and is announced on the page of the lecture.
///
/// # Errors
/// Refused for whoever proposed it, or gives the lecture, and if it was decided already.
pub fn decide(
    conn: &mut Conn,
    id: i64,
    verdict: Verdict,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<Exclusion> {
    let exclusion = decisions::exclusion(conn, id)?;
    must_be_second(conn, exclusion.lecture, exclusion.proposed_by, viewer)?;
    if !decisions::decide(conn, id, verdict, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    if verdict == Verdict::Confirmed {
        let turn = (FlagState::Open, FlagState::Confirmed, "");
        if !flags::turn(conn, exclusion.flag, turn, viewer.account, now)? {
            return Err(Refusal::DecidedAlready.into());
        }
        decisions::exclude(conn, &exclusion)?;
        follow::count(conn, exclusion.lecture, now)?;
    }
    doer.did(conn, Action::ExclusionDecided, ("rating_flag", exclusion.flag), now)?;
    Ok(exclusion)
}

/// Proposes that excluded ratings count again; `reason` is announced if a second person confirms it. The flag that the exclusion
/// was about, for the way back.
///
/// # Errors
/// Not found without a confirmed exclusion; refused for whoever gives the lecture, and if it was proposed already.
pub fn propose_lifting(
    conn: &mut Conn,
    id: i64,
    reason: &str,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<i64> {
    let exclusion = decisions::exclusion(conn, id)?;
    if exclusion.verdict != Some(Verdict::Confirmed) {
        return Err(Error::NotFound);
    }
    must_be_other(conn, exclusion.lecture, viewer)?;
    if decisions::propose_lifting(conn, id, reason, viewer.account, now)?.is_none() {
        return Err(Refusal::ProposedAlready.into());
    }
    doer.did(conn, Action::LiftingProposed, ("rating_flag", exclusion.flag), now)?;
    Ok(exclusion.flag)
}

/// The second person's word about it. Confirmed, the ratings count at once, the flag says why, and the page of the lecture too.
///
/// # Errors
/// Refused for whoever proposed it, or gives the lecture, and if it was decided already.
pub fn decide_lifting(
    conn: &mut Conn,
    id: i64,
    verdict: Verdict,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<Lifting> {
    let lifting = decisions::lifting(conn, id)?;
    must_be_second(conn, lifting.lecture, lifting.proposed_by, viewer)?;
    if !decisions::decide_lifting(conn, id, verdict, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    if verdict == Verdict::Confirmed {
        let turn = (FlagState::Confirmed, FlagState::Dismissed, lifting.reason.as_str());
        if !flags::turn(conn, lifting.flag, turn, viewer.account, now)? {
            return Err(Refusal::DecidedAlready.into());
        }
        decisions::restore(conn, lifting.exclusion)?;
        follow::count(conn, lifting.lecture, now)?;
    }
    doer.did(conn, Action::LiftingDecided, ("rating_flag", lifting.flag), now)?;
    Ok(lifting)
}

/// Proposes to learn who wrote a comment.
///
/// # Errors
/// Not found without such a comment; refused for whoever gives the lecture, and if it was proposed already.
pub fn propose_unmask(
    conn: &mut Conn,
    text: i64,
    reason: &str,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<i64> {
    let comment = texts::find(conn, text)?;
    must_be_other(conn, comment.lecture, viewer)?;
    let Some(id) = decisions::propose_unmask(conn, text, reason, viewer.account, now)? else {
        return Err(Refusal::ProposedAlready.into());
    };
    doer.did(conn, Action::UnmaskProposed, ("rating_unmask", id), now)?;
    Ok(id)
}

/// The second person's word about it. Whoever wrote the comment is told at once.
///
/// # Errors
/// Refused for whoever proposed it, or gives the lecture, if it was decided already, and if nobody can tell any more.
pub fn settle_unmask(
    conn: &mut Conn,
    id: i64,
    verdict: Verdict,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let unmask = decisions::find_unmask(conn, id)?;
    must_be_second(conn, unmask.lecture, unmask.proposed_by, viewer)?;
    if !decisions::decide_unmask(conn, id, verdict, viewer.account, now)? {
        return Err(Refusal::DecidedAlready.into());
    }
    doer.did(conn, Action::UnmaskDecided, ("rating_unmask", id), now)?;
    if verdict == Verdict::Confirmed {
        let (person, _) = decisions::author(conn, unmask.text_id)?.ok_or(Refusal::KeyIsGone)?;
        let notice = NewNotice {
            person,
            kind: inbox::Kind::Message,
            title: msg!("经两个人决定，您写的一条评价文字会被查明作者。理由在下面。"),
            body: unmask.reason,
            link: format!("/lectures/{}#ratings", unmask.lecture),
            sent_by: None,
            key: format!("rating-unmask-{id}"),
        };
        inbox::tell(conn, &[notice], now)?;
    }
    Ok(())
}

/// Who wrote the comment, for one of the two who decided it; each look is in the record of the person.
///
/// # Errors
/// Refused for everybody else, before the decision, and once the key is gone.
pub fn unmask(
    conn: &mut Conn,
    id: i64,
    viewer: &Viewer,
    doer: &Doer,
    now: Timestamp,
) -> Result<(Unmask, PersonId, String)> {
    let unmask = decisions::find_unmask(conn, id)?;
    if unmask.verdict != Some(Verdict::Confirmed) {
        return Err(Error::NotFound);
    }
    if unmask.proposed_by != viewer.account && unmask.decided_by != Some(viewer.account) {
        return Err(Refusal::NotOneOfTwo.into());
    }
    let (person, name) = decisions::author(conn, unmask.text_id)?.ok_or(Refusal::KeyIsGone)?;
    doer.did_to(conn, Action::RaterSeen, person, now)?;
    Ok((unmask, person, name))
}
