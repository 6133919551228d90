//! Gold lecturers (金牌讲师): a title with a term for those whose entries a final contest awarded, never a rank. domain.md §4.3
//! (GoldLecturer, INV-C9), §6 (Gold).
//!
//! `way` has the life of one: nominated → public notice → appointed → (suspended) → ended. What the rest of the portal reads is a row
//! of `titles`, which each of these steps keeps in agreement. A term ends by its day; nobody has to do anything.
mod forms;
pub mod pages;
mod store;
mod way;

use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::ids::{AccountId, ContestId, EntryId, GoldId, PersonId};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::NaiveDate;
pub use way::{appoint, appoint_all, confirm, drop_proposal, nominate, propose, refuse, start_notice};

text_enum! {
    pub enum State {
        Nominated = "nominated",
        /// Everybody may say something against it (公示).
        PublicNotice = "public_notice",
        Appointed = "appointed",
        Suspended = "suspended",
        Ended = "ended",
        Refused = "refused",
    }
}

text_enum! {
    /// What somebody proposes and another confirms.
    pub enum Proposal {
        Suspend = "suspend",
        Reinstate = "reinstate",
        End = "end",
    }
}

impl Proposal {
    pub fn words(self) -> Message {
        match self {
            Proposal::Suspend => msg!("暂停称号"),
            Proposal::Reinstate => msg!("恢复称号"),
            Proposal::End => msg!("终止称号"),
        }
    }
    /// The state into which it leads.
    fn leads_to(self) -> State {
        match self {
            Proposal::Suspend => State::Suspended,
            Proposal::Reinstate => State::Appointed,
            Proposal::End => State::Ended,
        }
    }
}

text_enum! {
    /// A line of the record.
    pub enum Deed {
        Nominated = "nominated",
        Noticed = "noticed",
        Appointed = "appointed",
        Refused = "refused",
        SuspendProposed = "suspend_proposed",
        ReinstateProposed = "reinstate_proposed",
        EndProposed = "end_proposed",
        Suspended = "suspended",
        Reinstated = "reinstated",
        Ended = "ended",
        /// A proposal that nobody confirmed.
        Dropped = "dropped",
    }
}

impl Deed {
    pub fn words(self) -> Message {
        match self {
            Deed::Nominated => msg!("提名"),
            Deed::Noticed => msg!("开始公示"),
            Deed::Appointed => msg!("聘任"),
            Deed::Refused => msg!("不聘任"),
            Deed::SuspendProposed => msg!("提出暂停称号"),
            Deed::ReinstateProposed => msg!("提出恢复称号"),
            Deed::EndProposed => msg!("提出终止称号"),
            Deed::Suspended => msg!("确认暂停称号"),
            Deed::Reinstated => msg!("确认恢复称号"),
            Deed::Ended => msg!("确认终止称号"),
            Deed::Dropped => msg!("撤销提议"),
        }
    }
}

/// How it is with somebody on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Nominated,
    Noticed,
    /// The notice is over; nobody has decided.
    NoticeOver,
    InOffice,
    Suspended,
    /// The term has run out.
    TermOver,
    Ended,
    Refused,
}

impl Standing {
    pub fn words(self) -> Message {
        match self {
            Standing::Nominated => msg!("已提名"),
            Standing::Noticed => msg!("公示中"),
            Standing::NoticeOver => msg!("公示期满，等待聘任"),
            Standing::InOffice => msg!("任期内"),
            Standing::Suspended => msg!("已暂停"),
            Standing::TermOver => msg!("任期已满"),
            Standing::Ended => msg!("已终止"),
            Standing::Refused => msg!("未聘任"),
        }
    }
}

/// Somebody who was nominated, and what became of it.
#[derive(Debug, Clone)]
pub struct Gold {
    pub id: GoldId,
    pub contest: ContestId,
    pub entry: EntryId,
    pub person: PersonId,
    pub state: State,
    /// The day of that state.
    pub state_on: NaiveDate,
    pub code: String,
    /// What the certificate is called; `None` before the appointment.
    pub number: Option<String>,
    /// The days of the public notice, both included.
    pub notice: Option<(NaiveDate, NaiveDate)>,
    /// The term: from the first day to the day after the last one.
    pub term: Option<(NaiveDate, NaiveDate)>,
    pub nominated_by: AccountId,
    pub proposed: Option<(Proposal, AccountId)>,
    /// As it is printed; `None` once retention has erased it.
    pub names: Option<Names>,
}

/// What is printed of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub name: String,
    pub lecture: String,
    pub school: String,
    /// Empty where the school belongs to none.
    pub alliance: String,
}

impl Gold {
    /// How it is on this day in the city.
    pub fn standing(&self, day: NaiveDate) -> Standing {
        let is_over = self.term.is_some_and(|(_, to)| to <= day);
        match self.state {
            State::Nominated => Standing::Nominated,
            State::PublicNotice if self.notice.is_some_and(|(_, until)| until < day) => Standing::NoticeOver,
            State::PublicNotice => Standing::Noticed,
            State::Appointed | State::Suspended if is_over => Standing::TermOver,
            State::Appointed => Standing::InOffice,
            State::Suspended => Standing::Suspended,
            State::Ended => Standing::Ended,
            State::Refused => Standing::Refused,
        }
    }
    /// The last day of the term.
    pub fn last_day(&self) -> Option<NaiveDate> {
        self.term.and_then(|(_, to)| to.pred_opt())
    }
    /// What may be proposed of it on this day.
    pub fn proposals(&self, day: NaiveDate) -> &'static [Proposal] {
        match self.standing(day) {
            _ if self.proposed.is_some() => &[],
            Standing::InOffice => &[Proposal::Suspend, Proposal::End],
            Standing::Suspended => &[Proposal::Reinstate, Proposal::End],
            _ => &[],
        }
    }
}

/// Who does it, and when.
#[derive(Clone)]
pub struct Hand {
    pub account: AccountId,
    pub person: PersonId,
    pub doer: Doer,
    pub now: Timestamp,
}

/// Why something about a gold lecturer is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The result of the contest is not final.
    NotFinal,
    NoGold,
    NobodyNew,
    NotNow,
    NoticeRuns(NaiveDate),
    SamePerson,
    OwnPerson,
    /// The entry is not awarded any more, or its people no longer agree to be named.
    NotAwarded,
}

impl Refusal {
    pub fn words(&self) -> Message {
        match self {
            Refusal::NotFinal => msg!("赛课的结果还没有确定，不能提名。"),
            Refusal::NoGold => msg!("这次赛课不评金牌讲师。"),
            Refusal::NobodyNew => msg!("没有新的人可以提名。"),
            Refusal::NotNow => msg!("现在不能办这一步，可能别人刚刚办过。请看这一页现在的状态。"),
            Refusal::NoticeRuns(until) => msg!("公示到 {} 为止，期满以后才能聘任。", until),
            Refusal::SamePerson => msg!("这一步要由另一个人办理。"),
            Refusal::OwnPerson => msg!("这是您自己的称号，要由别人办理。"),
            Refusal::NotAwarded => msg!("这件作品已不在入选之列，或本人不再同意公布姓名，不能聘任。"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn gold(state: State) -> Gold {
        Gold {
            id: GoldId(1),
            contest: ContestId(1),
            entry: EntryId(1),
            person: PersonId(1),
            state,
            state_on: day("2026-11-02"),
            code: "X".into(),
            number: None,
            notice: Some((day("2026-11-02"), day("2026-11-06"))),
            term: Some((day("2026-11-09"), day("2028-11-09"))),
            nominated_by: AccountId(1),
            proposed: None,
            names: None,
        }
    }

    #[test]
    fn the_last_day_of_a_notice_and_of_a_term_belong_to_them() {
        let at = |state, text| gold(state).standing(day(text));
        assert_eq!(at(State::PublicNotice, "2026-11-06"), Standing::Noticed);
        assert_eq!(at(State::PublicNotice, "2026-11-07"), Standing::NoticeOver);
        assert_eq!(at(State::Appointed, "2028-11-08"), Standing::InOffice);
        assert_eq!(at(State::Appointed, "2028-11-09"), Standing::TermOver);
        assert_eq!(at(State::Suspended, "2028-11-08"), Standing::Suspended);
        assert_eq!(at(State::Suspended, "2028-11-09"), Standing::TermOver);
        assert_eq!(at(State::Ended, "2030-01-01"), Standing::Ended);
        assert_eq!(gold(State::Appointed).last_day(), Some(day("2028-11-08")));
    }

    #[test]
    fn only_what_can_happen_is_proposed_and_one_thing_at_a_time() {
        let at = |state, text| gold(state).proposals(day(text));
        assert_eq!(at(State::Appointed, "2027-01-01"), [Proposal::Suspend, Proposal::End]);
        assert_eq!(at(State::Suspended, "2027-01-01"), [Proposal::Reinstate, Proposal::End]);
        for (state, text) in [
            (State::Appointed, "2028-11-09"),
            (State::Suspended, "2028-11-09"),
            (State::PublicNotice, "2026-11-07"),
            (State::Ended, "2027-01-01"),
            (State::Refused, "2027-01-01"),
        ] {
            assert!(at(state, text).is_empty(), "{state:?}");
        }
        let waiting = Gold { proposed: Some((Proposal::End, AccountId(2))), ..gold(State::Appointed) };
        assert!(waiting.proposals(day("2027-01-01")).is_empty());
    }
}
