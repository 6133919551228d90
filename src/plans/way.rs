//! A plan's life: written, handed in, looked over and put into force by a second person; changed in a next version beside the one
//! in force; ended. And whom a version would touch.
use super::store::{self, Version};
use super::{Head, Item, MOST_ITEMS, Matter, Plan, Refusal, State};
use crate::audiences::{self, Member, Rule};
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, OrgId, PersonId, StudyPlanId, random_hex};
use crate::lang::Message;
use crate::msg;
use crate::organization::Tree;
use chrono::NaiveDate;
use std::collections::HashSet;

/// Who does something, when.
#[derive(Debug, Clone)]
pub struct Hand {
    pub account: AccountId,
    pub doer: Doer,
    pub now: Timestamp,
}

impl Hand {
    pub(super) fn did(&self, conn: &mut Conn, action: Action, plan: StudyPlanId) -> Result<()> {
        self.doer.did(conn, action, ("study_plan", plan.0), self.now)
    }
}

/// The rule of an audience, everybody's where none is named.
fn rule_of(conn: &mut Conn, head: &Head) -> Result<Rule> {
    match head.audience {
        Some(id) => audiences::audience(conn, id)?.rule(),
        None => Ok(Rule::default()),
    }
}

/// Begins a plan: its first version is a draft without items.
///
/// # Errors
/// Those of the database.
pub fn make(conn: &mut Conn, org: OrgId, head: &Head, key: &str, by: &Hand) -> Result<StudyPlanId> {
    let (id, is_new) = store::insert(conn, org, head, key, by.account, by.now)?;
    if is_new {
        let rule = rule_of(conn, head)?;
        store::insert_version(conn, id, 1, (head.audience, &rule.json()), &head.reason, by.account)?;
        by.did(conn, Action::PlanMade, id)?;
    }
    Ok(id)
}

/// The draft that may be changed, taken under the plan's own counter: of two who save at once the later is told.
fn writable(conn: &mut Conn, id: StudyPlanId, from: i32) -> Result<Plan> {
    if !store::touch(conn, id, from)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let plan = store::plan(conn, id)?;
    match plan {
        _ if !plan.is_open() => Err(Refusal::NotOpen.into()),
        _ if plan.is_submitted() => Err(Refusal::Submitted.into()),
        plan => Ok(plan),
    }
}

/// Saves what is said of the plan; the audience and the reason belong to the draft.
///
/// # Errors
/// Refused once it is over, while it waits for the second person, and if somebody changed it since revision `from`.
pub fn save(conn: &mut Conn, id: StudyPlanId, from: i32, head: &Head, by: &Hand) -> Result<()> {
    let plan = writable(conn, id, from)?;
    let is_same = (&plan.title, &plan.about, plan.starts_on, plan.ends_on)
        == (&head.title, &head.about, head.starts_on, head.ends_on);
    match plan.version {
        0 => store::save_head(conn, id, head)?,
        // What members read was looked over by a second person.
        _ if !is_same => return Err(Refusal::HeadFixed.into()),
        _ => {}
    }
    let number = begin(conn, &plan, by)?;
    let draft = store::version(conn, id, number)?;
    // Of the same audience the rule is taken anew, unless it is not offered any more.
    let rule = match rule_of(conn, head) {
        Err(Error::NotFound) if head.audience == draft.audience => draft.rule,
        rule => rule?.json(),
    };
    store::save_version(conn, id, number, (head.audience, &rule), &head.reason, by.account)?;
    by.did(conn, Action::PlanChanged, id)
}

/// What is done to the items of a draft.
#[derive(Debug, Clone)]
pub enum Edit {
    Add(Matter, String),
    /// Each step with its title, whether it is required, and its day.
    Save(Vec<(String, String, bool, NaiveDate)>),
    Remove(String),
    Up(String),
    Down(String),
}

/// Changes the items of the draft; a plan in force without one begins its next version by it.
///
/// # Errors
/// As [`save`]; and what the items cannot be.
pub fn edit(conn: &mut Conn, id: StudyPlanId, from: i32, changes: Vec<Edit>, by: &Hand) -> Result<()> {
    let plan = writable(conn, id, from)?;
    let draft = begin(conn, &plan, by)?;
    let mut items = store::items(conn, id, draft)?;
    for change in changes {
        let chapters = match &change {
            Edit::Add(matter, _) => store::chapters(conn, *matter)?,
            _ => 0,
        };
        apply(&mut items, change, (plan.ends_on, chapters))?;
    }
    store::set_items(conn, id, draft, &items)?;
    store::set_maker(conn, id, draft, by.account)?;
    by.did(conn, Action::PlanChanged, id)
}

/// `chapters` of what is added.
fn apply(items: &mut Vec<Item>, change: Edit, (ends_on, chapters): (NaiveDate, i32)) -> Result<(), Refusal> {
    let at = |items: &[Item], step: &str| items.iter().position(|item| item.step == step);
    match change {
        Edit::Add(matter, title) => {
            let is_there = items.iter().any(|item| match matter {
                Matter::Meeting => item.matter == matter && item.title == title,
                matter => item.matter == matter,
            });
            if is_there {
                return Err(Refusal::TwicePresent);
            }
            if items.len() >= MOST_ITEMS {
                return Err(Refusal::TooMany);
            }
            let step = random_hex(8);
            items.push(Item { step, matter, title, is_required: true, due_on: ends_on, chapters });
        }
        Edit::Save(rows) => {
            for (step, title, is_required, due_on) in rows {
                if let Some(place) = at(items, &step) {
                    let item = &mut items[place];
                    (item.is_required, item.due_on) = (is_required, due_on);
                    // what is of the portal has its own title
                    if item.matter == Matter::Meeting {
                        item.title = title;
                    }
                }
            }
        }
        Edit::Remove(step) => items.retain(|item| item.step != step),
        Edit::Up(step) => {
            if let Some(place) = at(items, &step).filter(|place| *place > 0) {
                items.swap(place, place - 1);
            }
        }
        Edit::Down(step) => {
            if let Some(place) = at(items, &step).filter(|place| place + 1 < items.len()) {
                items.swap(place, place + 1);
            }
        }
    }
    Ok(())
}

/// The version that is written: begun as a copy of the one in force, where there is none.
fn begin(conn: &mut Conn, plan: &Plan, by: &Hand) -> Result<i32> {
    if plan.has_draft() {
        return Ok(plan.draft_version);
    }
    let (next, force) = (plan.version + 1, store::version(conn, plan.id, plan.version)?);
    store::insert_version(conn, plan.id, next, (force.audience, &force.rule), "", by.account)?;
    let items = store::items(conn, plan.id, plan.version)?;
    store::set_items(conn, plan.id, next, &items)?;
    store::set_draft(conn, plan.id, next)?;
    Ok(next)
}

/// Throws the change of a plan in force away.
///
/// # Errors
/// As [`save`].
pub fn drop_change(conn: &mut Conn, id: StudyPlanId, from: i32, by: &Hand) -> Result<()> {
    let plan = writable(conn, id, from)?;
    if plan.version > 0 && plan.has_draft() {
        store::delete_version(conn, id, plan.draft_version)?;
        store::set_draft(conn, id, plan.version)?;
        by.did(conn, Action::PlanChanged, id)?;
    }
    Ok(())
}

/// Why this draft cannot be handed in.
pub fn hindrance(plan: &Plan, draft: &Version, items: &[Item]) -> Option<Refusal> {
    let is_outside = |item: &Item| item.due_on < plan.starts_on || item.due_on > plan.ends_on;
    match items {
        [] => Some(Refusal::NoItems),
        _ if !items.iter().any(|item| item.is_required) => Some(Refusal::NoneRequired),
        _ if items.iter().any(is_outside) => Some(Refusal::DueOutside),
        _ if plan.version > 0 && draft.reason.is_empty() => Some(Refusal::NoReason),
        _ => None,
    }
}

/// Hands the draft in for the second person.
///
/// # Errors
/// Refused for the reasons of [`hindrance`], and as [`save`].
pub fn submit(conn: &mut Conn, id: StudyPlanId, from: i32, by: &Hand) -> Result<()> {
    let plan = writable(conn, id, from)?;
    let draft = store::version(conn, id, plan.draft_version)?;
    let items = store::items(conn, id, plan.draft_version)?;
    if let Some(refusal) = hindrance(&plan, &draft, &items) {
        return Err(refusal.into());
    }
    if !plan.has_draft() {
        return Err(Refusal::NotSubmitted.into());
    }
    store::submit(conn, id, Some((by.account, by.now)))?;
    by.did(conn, Action::PlanSubmitted, id)
}

/// Takes it back to be changed; the second person sends it back by the same.
///
/// # Errors
/// As [`save`].
pub fn take_back(conn: &mut Conn, id: StudyPlanId, from: i32, by: &Hand) -> Result<()> {
    if !store::touch(conn, id, from)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    store::submit(conn, id, None)?;
    by.did(conn, Action::PlanTakenBack, id)
}

/// Puts the draft into force from today: another person than the one who wrote or submitted it.
///
/// # Errors
/// Refused to those, if it was not submitted, and if somebody changed it since revision `from`.
pub fn publish(conn: &mut Conn, id: StudyPlanId, from: i32, by: &Hand) -> Result<()> {
    if !store::touch(conn, id, from)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let plan = store::plan(conn, id)?;
    let draft = store::version(conn, id, plan.draft_version)?;
    if !plan.has_draft() || !plan.is_submitted() {
        return Err(Refusal::NotSubmitted.into());
    }
    if !plan.is_open() {
        return Err(Refusal::NotOpen.into());
    }
    if plan.submitted_by == Some(by.account) || draft.made_by == by.account {
        return Err(Refusal::OwnHand.into());
    }
    store::publish(conn, &plan, clock::day(by.now), by.account, by.now)?;
    by.did(conn, Action::PlanPublished, id)
}

/// Ends a plan, or withdraws one that was published by mistake.
///
/// # Errors
/// Refused if it is not in force, or was changed meanwhile.
pub fn close(conn: &mut Conn, id: StudyPlanId, from: i32, to: State, by: &Hand) -> Result<()> {
    if !store::touch(conn, id, from)? {
        return Err(Refusal::ChangedMeanwhile.into());
    }
    let plan = store::plan(conn, id)?;
    if plan.state != State::Published || !matches!(to, State::Ended | State::Withdrawn) {
        return Err(Refusal::NotOpen.into());
    }
    store::set_closed(conn, id, to, clock::day(by.now))?;
    by.did(conn, Action::PlanClosed, id)
}

/// Whom the draft would touch, told before it applies.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// Obliged by the draft.
    pub after: usize,
    /// Obliged by the version in force.
    pub before: usize,
    /// Obliged by the draft and not now; and the other way round.
    pub joining: Vec<Member>,
    pub leaving: Vec<Member>,
    /// Titles of items that come, that go, and whose day or weight changes.
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub changed: Vec<(String, Vec<Message>)>,
    pub tree: Tree,
}

/// What the draft changes, by the roster of `day`.
///
/// # Errors
/// Those of the database.
pub fn touched(conn: &mut Conn, plan: &Plan, day: NaiveDate) -> Result<Touched> {
    let draft = store::version(conn, plan.id, plan.draft_version)?;
    let rule = Rule::of(&draft.rule).map_err(Error::internal)?;
    let (after, tree) = audiences::fitting(conn, &rule, plan.org, day)?;
    let items = store::items(conn, plan.id, plan.draft_version)?;
    let mut touched = Touched { after: after.len(), ..Touched::default() };
    if plan.version == 0 {
        touched.added = items.into_iter().map(|item| item.title).collect();
        (touched.joining, touched.tree) = (after, tree);
        return Ok(touched);
    }
    let force = store::version(conn, plan.id, plan.version)?;
    let rule = Rule::of(&force.rule).map_err(Error::internal)?;
    let (before, _) = audiences::fitting(conn, &rule, plan.org, day)?;
    let ids = |members: &[Member]| members.iter().map(|member| member.person).collect::<HashSet<PersonId>>();
    let (had, has) = (ids(&before), ids(&after));
    touched.before = before.len();
    touched.joining = after.into_iter().filter(|member| !had.contains(&member.person)).collect();
    touched.leaving = before.into_iter().filter(|member| !has.contains(&member.person)).collect();
    let old = store::items(conn, plan.id, plan.version)?;
    for item in &items {
        match old.iter().find(|one| one.step == item.step) {
            None => touched.added.push(item.title.clone()),
            Some(was) => {
                let mut said = vec![];
                if was.title != item.title {
                    said.push(msg!("原来叫：{}", was.title));
                }
                if was.due_on != item.due_on {
                    said.push(msg!("{} → {}", was.due_on, item.due_on));
                }
                match (was.is_required, item.is_required) {
                    (true, false) => said.push(msg!("必学改为选学")),
                    (false, true) => said.push(msg!("选学改为必学")),
                    _ => {}
                }
                if !said.is_empty() {
                    touched.changed.push((item.title.clone(), said));
                }
            }
        }
    }
    let is_gone = |one: &&Item| items.iter().all(|item| item.step != one.step);
    touched.removed = old.iter().filter(is_gone).map(|item| item.title.clone()).collect();
    touched.tree = tree;
    Ok(touched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LectureId;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    #[test]
    fn items_are_added_once_moved_changed_and_removed() {
        let mut items = vec![];
        let lecture = Matter::Lecture(LectureId(7));
        apply(&mut items, Edit::Add(lecture, "渠首看水".into()), (day(30), 4)).unwrap();
        apply(&mut items, Edit::Add(Matter::Meeting, "专题研讨".into()), (day(30), 4)).unwrap();
        assert_eq!(
            apply(&mut items, Edit::Add(lecture, "别名".into()), (day(30), 4)),
            Err(Refusal::TwicePresent)
        );
        let meeting = items[1].step.clone();
        apply(&mut items, Edit::Up(meeting.clone()), (day(30), 4)).unwrap();
        assert_eq!(items[0].step, meeting);
        apply(&mut items, Edit::Up(meeting.clone()), (day(30), 4)).unwrap();
        let rows = vec![
            (meeting.clone(), "第二次研讨".into(), false, day(20)),
            (items[1].step.clone(), "不是它的题目".into(), true, day(25)),
        ];
        apply(&mut items, Edit::Save(rows), (day(30), 4)).unwrap();
        let said: Vec<_> =
            items.iter().map(|item| (item.title.as_str(), item.is_required, item.due_on)).collect();
        assert_eq!(said, [("第二次研讨", false, day(20)), ("渠首看水", true, day(25))]);
        apply(&mut items, Edit::Remove(meeting), (day(30), 4)).unwrap();
        assert_eq!(items.len(), 1);
        for n in 0..MOST_ITEMS - 1 {
            apply(&mut items, Edit::Add(Matter::Meeting, n.to_string()), (day(30), 4)).unwrap();
        }
        assert_eq!(
            apply(&mut items, Edit::Add(Matter::Meeting, "还有".into()), (day(30), 4)),
            Err(Refusal::TooMany)
        );
    }
}
