//! The life of a gold lecturer, each step with its guard and its second person; and the titles that the rest of the portal reads.
//! Steps before the appointment lock their contest, those that touch titles lock the person, always in this order.
use super::store::{self, Fresh};
use super::{Deed, Gold, Hand, Names, Proposal, Refusal, Standing, State};
use crate::audit::Action;
use crate::channels::{self, Announcement};
use crate::clock;
use crate::contests::{self, Contest, EntryState};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{ContestId, GoldId, random_code};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{calendar, msg, schools};
use chrono::{Datelike, Months, NaiveDate};

/// Characters of the code in the address of a certificate: 79 bits.
pub(super) const CODE: usize = 16;
/// Entries that a contest awards at most, with ties: far more than it has gold lecturers.
pub(super) const MOST: i64 = 200;

/// Locks a contest whose result is final and that is not suspended.
fn lock(conn: &mut Conn, id: ContestId) -> Result<Contest> {
    let contest = contests::lock(conn, id)?;
    if contest.is_suspended {
        return Err(contests::Refusal::Suspended.into());
    }
    if !is_final(&contest) {
        return Err(Refusal::NotFinal.into());
    }
    Ok(contest)
}

/// Whether gold lecturers can come from it.
pub(super) fn is_final(contest: &Contest) -> bool {
    matches!(contest.state, contests::State::Final | contests::State::Archived)
}

/// Adds a line to the record of one, and to that of the portal.
fn note(conn: &mut Conn, id: GoldId, (deed, reason): (Deed, &str), hand: &Hand) -> Result<()> {
    store::note(conn, id, (deed, reason), hand.account, hand.now)?;
    hand.doer.did(conn, Action::HonourStep, ("gold", id.0), hand.now)
}

/// Tells the person. The line of the record is the fact: it is told once.
fn tell(conn: &mut Conn, gold: &Gold, (title, body): (Message, &str), link: &str, hand: &Hand) -> Result<()> {
    let notice = NewNotice {
        person: gold.person,
        kind: inbox::Kind::Message,
        title,
        body: body.to_owned(),
        link: link.to_owned(),
        sent_by: None,
        key: format!("gold-{}-{}", gold.id, store::last_step(conn, gold.id)?),
    };
    inbox::tell(conn, &[notice], hand.now)?;
    Ok(())
}

/// Nominates those whose entries the contest awarded and who agreed to be named. The boundary rule of the frozen method has
/// decided who these are (§5.5): more than foreseen with a shared last place, fewer where somebody did not agree. INV-C9: another
/// number than the contest foresees needs the decision that says so. How many were nominated; `None`: nobody, for want of that
/// decision.
///
/// # Errors
/// Refused before the result is final, and where nobody is new.
pub fn nominate(conn: &mut Conn, id: ContestId, reason: &str, hand: &Hand) -> Result<Option<usize>> {
    let contest = lock(conn, id)?;
    if contest.gold_count == 0 {
        return Err(Refusal::NoGold.into());
    }
    let there = store::of_contest(conn, id)?;
    let mut fresh = contests::entries_of(conn, id, EntryState::Awarded, (0, MOST))?;
    fresh.retain(|entry| entry.may_name && there.iter().all(|one| one.person != entry.entrant));
    if fresh.is_empty() {
        return Err(Refusal::NobodyNew.into());
    }
    let all = there.iter().filter(|one| one.state != State::Refused).count() + fresh.len();
    if i64::try_from(all).map_err(Error::internal)? != i64::from(contest.gold_count) && reason.is_empty() {
        return Ok(None);
    }
    let day = clock::day(hand.now);
    for entry in &fresh {
        let alliance = match entry.alliance {
            Some(alliance) => schools::alliance(conn, alliance)?.name,
            None => String::new(),
        };
        let code = random_code(CODE);
        let row = Fresh { contest: id, entry: entry.id, person: entry.entrant, code: &code, day };
        let names = Names {
            name: entry.entrant_name.clone(),
            lecture: entry.title.clone(),
            school: entry.school_name.clone(),
            alliance,
        };
        let gold = store::insert(conn, &row, &names, hand.account, hand.now)?;
        note(conn, gold, (Deed::Nominated, reason), hand)?;
    }
    Ok(Some(fresh.len()))
}

/// Shows everybody who is nominated for the working days that the contest promised.
///
/// # Errors
/// Refused where nobody waits for it, and in a year without a calendar.
pub fn start_notice(conn: &mut Conn, id: ContestId, hand: &Hand) -> Result<usize> {
    let contest = lock(conn, id)?;
    let today = clock::day(hand.now);
    let until = calendar::after(conn, today, contest.notice_days)?;
    let mut shown = 0;
    for gold in store::of_contest(conn, id)? {
        if gold.state == State::Nominated
            && store::holds(conn, gold.entry)?
            && store::set_notice(conn, gold.id, (today, until))?
        {
            note(conn, gold.id, (Deed::Noticed, ""), hand)?;
            let title = msg!("您被提名为“{}”的金牌讲师，公示到 {}", contest.title, until);
            tell(conn, &gold, (title, ""), "/honours", hand)?;
            shown += 1;
        }
    }
    if shown == 0 { Err(Refusal::NotNow.into()) } else { Ok(shown) }
}

/// Appoints somebody after the public notice, from this day on for the term of the contest.
///
/// # Errors
/// Refused for whoever nominated or is appointed, while the notice runs, and if the entry is not awarded any more.
pub fn appoint(conn: &mut Conn, id: GoldId, hand: &Hand) -> Result<()> {
    let of = store::gold(conn, id)?.contest;
    let contest = lock(conn, of)?;
    let gold = store::gold(conn, id)?;
    check_second(&gold, hand)?;
    let today = clock::day(hand.now);
    match (gold.standing(today), gold.notice) {
        (Standing::NoticeOver, _) => {}
        (Standing::Noticed, Some((_, until))) => return Err(Refusal::NoticeRuns(until).into()),
        _ => return Err(Refusal::NotNow.into()),
    }
    if !store::holds(conn, gold.entry)? {
        return Err(Refusal::NotAwarded.into());
    }
    store::lock_person(conn, gold.person)?;
    let months = Months::new(u32::try_from(contest.gold_years).map_err(Error::internal)? * 12);
    let to = today.checked_add_months(months).ok_or(Refusal::NotNow)?;
    // From the key of the row: no counter, and never the same twice.
    let number = format!("{}-{:04}", today.year(), id.0);
    if !store::set_appointed(conn, id, &number, (today, to), (hand.account, hand.now))? {
        return Err(Refusal::NotNow.into());
    }
    retitle(conn, &gold, today, true)?;
    note(conn, id, (Deed::Appointed, ""), hand)?;
    let news = Announcement {
        // One for all of a day; those who are appointed on another day are news again.
        key: format!("gold-{of}-{today}"),
        title: format!("金牌讲师聘任：{}", contest.title),
        text: "名单和聘期见金牌讲师页。".into(),
        link: "/honours".into(),
    };
    channels::announce(conn, &news, hand.now)?;
    let title = msg!("您已被聘为“{}”的金牌讲师，证书可以打印", contest.title);
    tell(conn, &gold, (title, ""), &format!("/honours/{}", gold.code), hand)
}

/// Appoints everybody of a contest whose notice is over; how many.
///
/// # Errors
/// As [`appoint`], for the first who cannot be; nobody is appointed then.
pub fn appoint_all(conn: &mut Conn, id: ContestId, hand: &Hand) -> Result<usize> {
    lock(conn, id)?;
    let today = clock::day(hand.now);
    let all = store::of_contest(conn, id)?;
    let mut ready = vec![];
    for gold in all.iter().filter(|gold| gold.standing(today) == Standing::NoticeOver) {
        if gold.person != hand.person && store::holds(conn, gold.entry)? {
            ready.push(gold.id);
        }
    }
    if ready.is_empty() {
        let runs = all.iter().filter(|gold| gold.standing(today) == Standing::Noticed);
        let until = runs.filter_map(|gold| gold.notice).map(|notice| notice.1).min();
        return Err(until.map_or(Refusal::NotNow, Refusal::NoticeRuns).into());
    }
    for gold in &ready {
        appoint(conn, *gold, hand)?;
    }
    Ok(ready.len())
}

/// A second person, who is not concerned.
fn check_second(gold: &Gold, hand: &Hand) -> Result<()> {
    if gold.person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    if gold.nominated_by == hand.account {
        return Err(Refusal::SamePerson.into());
    }
    Ok(())
}

/// Does not appoint somebody who was nominated, with a reason that the person reads.
///
/// # Errors
/// Refused for whoever nominated or is concerned, and once it is decided.
pub fn refuse(conn: &mut Conn, id: GoldId, reason: &str, hand: &Hand) -> Result<()> {
    let of = store::gold(conn, id)?.contest;
    let contest = lock(conn, of)?;
    let gold = store::gold(conn, id)?;
    check_second(&gold, hand)?;
    if !store::set_refused(conn, id, clock::day(hand.now))? {
        return Err(Refusal::NotNow.into());
    }
    note(conn, id, (Deed::Refused, reason), hand)?;
    let title = msg!("“{}”的金牌讲师没有聘任您", contest.title);
    tell(conn, &gold, (title, reason), "/honours", hand)
}

/// Proposes to suspend, reinstate or end a title. Nothing happens before somebody else confirms it.
///
/// # Errors
/// Refused for whoever it concerns, while another proposal waits, and once the term is over.
pub fn propose(conn: &mut Conn, id: GoldId, (what, reason): (Proposal, &str), hand: &Hand) -> Result<()> {
    let gold = store::gold(conn, id)?;
    if gold.person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    let may = gold.proposals(clock::day(hand.now)).contains(&what);
    if !may || !store::set_proposed(conn, id, gold.state, what, hand.account)? {
        return Err(Refusal::NotNow.into());
    }
    let deed = match what {
        Proposal::Suspend => Deed::SuspendProposed,
        Proposal::Reinstate => Deed::ReinstateProposed,
        Proposal::End => Deed::EndProposed,
    };
    note(conn, id, (deed, reason), hand)
}

/// Takes a proposal away that nobody confirmed.
///
/// # Errors
/// Refused if it is not that one any more, and for whoever it concerns.
pub fn drop_proposal(conn: &mut Conn, id: GoldId, what: Proposal, hand: &Hand) -> Result<()> {
    if store::gold(conn, id)?.person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    if !store::drop_proposed(conn, id, what)? {
        return Err(Refusal::NotNow.into());
    }
    note(conn, id, (Deed::Dropped, ""), hand)
}

/// Confirms what another one proposed, as it was seen; the title follows at once.
///
/// # Errors
/// Refused for whoever proposed it or is concerned, if it is not that proposal any more, and once the term is over.
pub fn confirm(conn: &mut Conn, id: GoldId, what: Proposal, hand: &Hand) -> Result<()> {
    let person = store::gold(conn, id)?.person;
    store::lock_person(conn, person)?;
    let gold = store::gold(conn, id)?;
    if gold.person == hand.person {
        return Err(Refusal::OwnPerson.into());
    }
    if gold.proposed == Some((what, hand.account)) {
        return Err(Refusal::SamePerson.into());
    }
    let today = clock::day(hand.now);
    let is_on = matches!(gold.standing(today), Standing::InOffice | Standing::Suspended);
    if !is_on || !store::set_confirmed(conn, id, what, hand.account, today)? {
        return Err(Refusal::NotNow.into());
    }
    retitle(conn, &gold, today, what == Proposal::Reinstate)?;
    let title = contests::contest(conn, gold.contest)?.title;
    let reason = store::last_reason(conn, id)?;
    let (deed, words) = match what {
        Proposal::Suspend => (Deed::Suspended, msg!("您的金牌讲师称号（“{}”）已暂停", title)),
        Proposal::Reinstate => (Deed::Reinstated, msg!("您的金牌讲师称号（“{}”）已恢复", title)),
        Proposal::End => (Deed::Ended, msg!("您的金牌讲师称号（“{}”）已终止", title)),
    };
    note(conn, id, (deed, ""), hand)?;
    tell(conn, &gold, (words, &reason), &format!("/honours/{}", gold.code), hand)
}

/// Brings the person's title into agreement with what holds from today on; the person is locked. What was before today stays as
/// it was. One row covers a day at most: where two contests appointed somebody, it ends with the later term.
fn retitle(conn: &mut Conn, gold: &Gold, today: NaiveDate, grows: bool) -> Result<()> {
    let until = store::in_office_until(conn, gold.person, today)?;
    match (store::title_on(conn, gold.person, today)?, until) {
        (Some(title), Some(until)) => {
            // A title of which there is no nomination here is never cut by a further one.
            let until = if grows { until.max(title.to) } else { until };
            store::set_title_end(conn, title.id, until)
        }
        (Some(title), None) if title.from < today => store::set_title_end(conn, title.id, today),
        // It began today: there was no day on which it held to the end.
        (Some(title), None) => store::delete_title(conn, title.id),
        (None, Some(until)) => {
            let source = contests::contest(conn, gold.contest)?.title;
            store::insert_title(conn, gold.person, &source, (today, until))
        }
        (None, None) => Ok(()),
    }
}
