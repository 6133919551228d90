//! Errands: somebody is asked to bring to somebody what is missing. The helper is told at once, before the day, and after it;
//! an errand closes by itself when nothing is missing any more.
use super::figures::of_person;
use super::standing::State;
use super::store;
use crate::access::Permission::ArrangeStudy;
use crate::access::Viewer;
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ErrandId, PersonId, StudyPlanId};
use crate::inbox::{self, NewNotice};
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::{Days, NaiveDate};

text_enum! {
    /// How it is to be brought.
    pub enum Way {
        Online = "online",
        Door = "door",
        Group = "group",
        Call = "call",
    }
}

impl Way {
    pub fn words(self) -> Message {
        match self {
            Way::Online => msg!("帮助线上学"),
            Way::Door => msg!("送学上门"),
            Way::Group => msg!("约来集体学"),
            Way::Call => msg!("打电话提醒"),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Errand {
    pub id: ErrandId,
    pub plan: StudyPlanId,
    pub plan_title: String,
    pub person: PersonId,
    pub name: String,
    pub branch: String,
    pub helper: PersonId,
    pub way: Way,
    pub due_on: NaiveDate,
    pub is_open: bool,
}

/// Errands that one round looks at, and where it is kept how far the rounds have come.
const PIECE: i64 = 20;
const CURSOR: &str = "errands";

/// Asks `helper` to bring what is missing of a plan to `person` by a day.
///
/// # Errors
/// Refused while another one is open about the same, and for a day that is past.
pub fn assign(
    conn: &mut Conn,
    (plan, person): (StudyPlanId, PersonId),
    (helper, way, due_on): (PersonId, Way, NaiveDate),
    key: &str,
    by: (AccountId, &Doer),
    now: Timestamp,
) -> Result<ErrandId> {
    if due_on < clock::day(now) {
        return Err(Error::Refused(msg!("办理日期不能早于今天")));
    }
    let row = store::NewErrand { plan, person, helper, way, due_on, by: by.0, now };
    let Some((id, is_new)) = store::insert_errand(conn, &row, key)? else {
        return Err(Error::Refused(msg!("这个人已经安排过了，等办完或者取消以后再安排")));
    };
    if is_new {
        by.1.did_to(conn, Action::ErrandAssigned, person, now)?;
        let errand = store::errand(conn, id)?;
        tell(
            conn,
            &errand,
            msg!("请您为 {} {}，{} 之前", errand.name, way.words(), due_on),
            "assigned",
            now,
        )?;
    }
    Ok(id)
}

/// Closes it: done, or dropped.
///
/// # Errors
/// Refused if it is closed already.
pub fn close(
    conn: &mut Conn,
    id: ErrandId,
    is_done: bool,
    by: (AccountId, &Doer),
    now: Timestamp,
) -> Result<()> {
    let errand = store::errand(conn, id)?;
    if !store::close_errand(conn, id, is_done, Some(by.0), now)? {
        return Err(Error::Refused(msg!("这件事已经办完或者取消了")));
    }
    by.1.did_to(conn, Action::ErrandClosed, errand.person, now)
}

/// What a person was asked to bring, open ones first.
///
/// # Errors
/// Those of the database.
pub fn errands_of(conn: &mut Conn, helper: PersonId, skip: i64, count: i64) -> Result<Vec<Errand>> {
    store::errands_of(conn, helper, skip, count)
}

/// Looks at the next piece of open errands: closes what needs nobody any more, reminds helpers the day before and the day after,
/// once each; how many notices. What is lacking is computed before anything is locked.
///
/// # Errors
/// Those of the database.
pub fn remind(db: &Db, now: Timestamp) -> Result<usize> {
    let today = clock::day(now);
    let soon = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let (before, piece, ends) = db.read_now(|conn| {
        let before = store::cursor(conn, CURSOR)?;
        let piece = store::errands_behind(conn, ErrandId(before), PIECE)?;
        let ends = piece.iter().map(|one| outcome(conn, one, today)).collect::<Result<Vec<_>>>()?;
        Ok((before, piece, ends))
    })?;
    if piece.is_empty() && before == 0 {
        return Ok(0);
    }
    db.write_now(|conn| {
        let mut told = 0;
        for (one, end) in piece.iter().zip(&ends) {
            match end {
                Some(is_done) => {
                    store::close_errand(conn, one.id, *is_done, None, now)?;
                }
                None if one.due_on < today => {
                    let title = msg!("为 {} {} 的日期已过", one.name, one.way.words());
                    told += tell(conn, one, title, "over", now)?;
                }
                None if one.due_on <= soon => {
                    let title = msg!("请在 {} 前为 {} {}", one.due_on, one.name, one.way.words());
                    told += tell(conn, one, title, "soon", now)?;
                }
                None => {}
            }
        }
        store::set_cursor(conn, CURSOR, piece.last().map_or(0, |one| one.id.0))?;
        Ok(told)
    })
}

/// Whether nothing is left to bring (true), or nobody is asked for it any more (false); none while it is open.
fn outcome(conn: &mut Conn, one: &Errand, today: NaiveDate) -> Result<Option<bool>> {
    let plans = of_person(conn, one.person, today)?;
    Ok(match plans.iter().find(|(figures, _)| figures.plan.id == one.plan) {
        None => Some(false),
        Some((figures, at)) if !figures.lacks(*at).is_empty() => None,
        Some((figures, at)) => Some(figures.overall(*at) != State::Exempt),
    })
}

fn tell(conn: &mut Conn, errand: &Errand, title: Message, what: &str, now: Timestamp) -> Result<usize> {
    let notice = NewNotice {
        person: errand.helper,
        kind: inbox::Kind::Due,
        title,
        body: String::new(),
        link: "/coverage/errands".into(),
        sent_by: None,
        key: format!("errand-{}-{what}", errand.id),
    };
    inbox::tell(conn, &[notice], now)
}

/// An errand that the viewer may close: their own, or one about somebody for whom they arrange study; not found otherwise.
///
/// # Errors
/// [`Error::NotFound`].
pub fn find_for(conn: &mut Conn, viewer: &Viewer, id: ErrandId) -> Result<Errand> {
    let errand = store::errand(conn, id)?;
    if errand.helper == viewer.person {
        return Ok(errand);
    }
    store::errand_within(conn, &viewer.paths(ArrangeStudy), id)
}
