//! The way of a course: made, changed, handed in, passed by another person, published, changed beside the public version,
//! withdrawn, archived.
use super::store;
use super::{About, Course, Item, NewItem, Refusal, Stage, Task, Verdict};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, CourseId, ItemId, digest, random_hex};
use std::collections::BTreeSet;

/// Steps that a course may have: more than anybody studies, few enough for a page.
pub const MOST_ITEMS: usize = 120;

fn did(conn: &mut Conn, doer: &Doer, action: Action, id: CourseId, now: Timestamp) -> Result<()> {
    doer.did(conn, action, ("course", id.0), now)
}

/// Makes a draft without steps. The same key makes the same course.
///
/// # Errors
/// [`Refusal::SlugTaken`] if another course has this name in addresses.
pub fn create(
    conn: &mut Conn,
    slug: &str,
    about: &About,
    author: AccountId,
    key: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<CourseId> {
    Ok(make(conn, slug, about, author, key, doer, now)?.0)
}

/// As [`create`]; with whether this call made it. Two posts at once are told apart by the unique keys.
fn make(
    conn: &mut Conn,
    slug: &str,
    about: &About,
    author: AccountId,
    key: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<(CourseId, bool)> {
    if let Some(id) = store::made_by_key(conn, key)? {
        return Ok((id, false));
    }
    let Some(id) = store::insert(conn, slug, about, author, key, now)? else {
        return Ok((store::made_by_key(conn, key)?.ok_or(Refusal::SlugTaken)?, false));
    };
    did(conn, doer, Action::CourseMade, id, now)?;
    Ok((id, true))
}

/// Saves what is said of a draft. `false`, and nothing is changed, if somebody saved since `revision`.
///
/// # Errors
/// A [`Refusal`] while it is in review, published or archived.
pub fn update(
    conn: &mut Conn,
    id: CourseId,
    revision: i32,
    about: &About,
    doer: &Doer,
    now: Timestamp,
) -> Result<bool> {
    let course = store::find(conn, id)?;
    if course.stage != Stage::Draft {
        return Err(refusal_of(&course).into());
    }
    if course.archived_at.is_some() {
        return Err(Refusal::Archived.into());
    }
    if !store::save(conn, id, revision, about)? {
        return Ok(false);
    }
    did(conn, doer, Action::CourseChanged, id, now)?;
    Ok(true)
}

/// Why a course is not open for changes.
fn refusal_of(course: &Course) -> Refusal {
    match course {
        _ if course.archived_at.is_some() => Refusal::Archived,
        _ if course.is_submitted => Refusal::InReview,
        _ if course.stage == Stage::Withdrawn => Refusal::Withdrawn,
        _ => Refusal::NotDraft,
    }
}

/// Why the steps of a course may not be changed now; nothing, if they may.
pub fn shut(course: &Course) -> Option<Refusal> {
    (!course.is_open()).then(|| refusal_of(course))
}

/// The course, locked, if its steps may be changed now.
fn changeable(conn: &mut Conn, id: CourseId) -> Result<Course> {
    store::touch(conn, id)?;
    let course = store::find(conn, id)?;
    if course.is_open() { Ok(course) } else { Err(refusal_of(&course).into()) }
}

/// Begins a new version of the steps of a published course, as a copy of the public one.
///
/// # Errors
/// A [`Refusal`] if it is not published or is being changed already.
pub fn begin_change(conn: &mut Conn, id: CourseId, doer: &Doer, now: Timestamp) -> Result<()> {
    store::touch(conn, id)?;
    let course = store::find(conn, id)?;
    if !course.is_published() {
        return Err(Refusal::NotPublished.into());
    }
    if course.has_change() {
        return Ok(());
    }
    let next = Course { draft_version: course.version + 1, ..course.clone() };
    if !store::pass(conn, &course, &next)? {
        return Err(Refusal::Changed.into());
    }
    for item in store::items(conn, id, course.version)? {
        store::insert_item(conn, id, next.draft_version, (item.position, &item.step), &item.what)?;
    }
    did(conn, doer, Action::CourseChanged, id, now)
}

/// Gives up the new version; the public one stays.
///
/// # Errors
/// A [`Refusal`] if there is none, or while it is in review.
pub fn drop_change(conn: &mut Conn, id: CourseId, doer: &Doer, now: Timestamp) -> Result<()> {
    let course = changeable(conn, id)?;
    if !course.has_change() {
        return Err(Refusal::NothingChanged.into());
    }
    store::delete_version(conn, id, course.draft_version)?;
    let back = Course { draft_version: course.version, ..course.clone() };
    if !store::pass(conn, &course, &back)? {
        return Err(Refusal::Changed.into());
    }
    did(conn, doer, Action::CourseChanged, id, now)
}

/// Adds a step behind the last one.
///
/// # Errors
/// As [`add_items`].
pub fn add_item(
    conn: &mut Conn,
    id: CourseId,
    item: &NewItem,
    doer: &Doer,
    now: Timestamp,
) -> Result<ItemId> {
    let made = add_items(conn, id, std::slice::from_ref(item), &random_hex(16), doer, now)?;
    made.first().copied().ok_or(Error::NotFound)
}

/// Adds steps behind the last one. The same key adds the same steps: those that are there are not added again.
///
/// # Errors
/// A [`Refusal`] where the steps may not be changed now, of what the course has already, and of too many.
pub fn add_items(
    conn: &mut Conn,
    id: CourseId,
    new: &[NewItem],
    key: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<Vec<ItemId>> {
    let course = changeable(conn, id)?;
    let present = store::items(conn, id, course.draft_version)?;
    let mut last = present.last().map_or(0, |item| item.position);
    let (mut there, mut made) = (vec![], vec![]);
    for (place, item) in new.iter().enumerate() {
        let step = digest(&format!("{key} {place}"))[..12].to_owned();
        if let Some(item) = present.iter().find(|item| item.step == step) {
            there.push(item.id);
            continue;
        }
        let is_same = |other: &Item| other.what.task.is_same(item.task);
        if let Some(same) = present.iter().find(|other| is_same(other)) {
            return Err(Refusal::There(same.what.title.clone()).into());
        }
        if present.len() + made.len() >= MOST_ITEMS {
            return Err(Refusal::TooManyItems.into());
        }
        last += 1;
        made.push(store::insert_item(conn, id, course.draft_version, (last, &step), item)?);
    }
    if !made.is_empty() {
        did(conn, doer, Action::CourseChanged, id, now)?;
    }
    there.extend(made);
    Ok(there)
}

/// The step of the version that is written.
fn own_item(conn: &mut Conn, course: &Course, id: ItemId) -> Result<(Vec<Item>, usize)> {
    let items = store::items(conn, course.id, course.draft_version)?;
    let place = items.iter().position(|item| item.id == id).ok_or(Error::NotFound)?;
    Ok((items, place))
}

/// Saves a step over what it `was`; `false` if somebody has changed it since. Its kind stays: another kind is another step.
///
/// # Errors
/// As [`add_item`].
pub fn update_item(
    conn: &mut Conn,
    id: CourseId,
    item: ItemId,
    (was, new): (&NewItem, &NewItem),
    doer: &Doer,
    now: Timestamp,
) -> Result<bool> {
    if was.task.kind() != new.task.kind() {
        return Err(Error::NotFound);
    }
    let course = changeable(conn, id)?;
    let (items, place) = own_item(conn, &course, item)?;
    if items[place].what != *was {
        return Ok(false);
    }
    store::save_item(conn, item, new)?;
    did(conn, doer, Action::CourseChanged, id, now)?;
    Ok(true)
}

/// Moves a step one place up or down.
///
/// # Errors
/// As [`add_item`].
pub fn move_item(
    conn: &mut Conn,
    id: CourseId,
    item: ItemId,
    is_up: bool,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let course = changeable(conn, id)?;
    let (mut items, place) = own_item(conn, &course, item)?;
    let other = if is_up { place.checked_sub(1) } else { Some(place + 1).filter(|n| *n < items.len()) };
    let Some(other) = other else { return Ok(()) };
    items.swap(place, other);
    store::number_items(conn, &items)?;
    did(conn, doer, Action::CourseChanged, id, now)
}

/// Takes a step out.
///
/// # Errors
/// As [`add_item`].
pub fn remove_item(conn: &mut Conn, id: CourseId, item: ItemId, doer: &Doer, now: Timestamp) -> Result<()> {
    let course = changeable(conn, id)?;
    let (mut items, place) = own_item(conn, &course, item)?;
    store::delete_item(conn, item)?;
    items.remove(place);
    store::number_items(conn, &items)?;
    did(conn, doer, Action::CourseChanged, id, now)
}

/// Says which courses have to be finished before. Holds at once, like the terms of enrolment.
///
/// # Errors
/// [`Refusal::Circle`] if one of them needs this course.
pub fn set_prerequisites(
    conn: &mut Conn,
    id: CourseId,
    required: &[CourseId],
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    // All of them, in one order: two courses that are made to need each other at once wait for one another here.
    let touched: BTreeSet<CourseId> = required.iter().copied().chain([id]).collect();
    for one in touched {
        store::lock(conn, one)?;
    }
    if store::find(conn, id)?.archived_at.is_some() {
        return Err(Refusal::Archived.into());
    }
    let mut seen: Vec<CourseId> = vec![];
    let mut next = required.to_vec();
    while !next.is_empty() {
        if next.contains(&id) {
            return Err(Refusal::Circle.into());
        }
        seen.extend(&next);
        next = store::required_by(conn, &next)?;
        next.retain(|one| !seen.contains(one));
    }
    store::set_prerequisites(conn, id, required)?;
    did(conn, doer, Action::CourseChanged, id, now)
}

/// What stands against handing in.
///
/// # Errors
/// Those of the database.
pub fn problems(conn: &mut Conn, course: &Course) -> Result<Vec<Refusal>> {
    let items = store::items(conn, course.id, course.draft_version)?;
    let mut found = vec![];
    if items.is_empty() {
        found.push(Refusal::NoItems);
    } else if items.iter().all(|item| !item.what.is_required) {
        found.push(Refusal::NothingRequired);
    }
    found.extend(store::stale_steps(conn, &items)?.into_iter().map(Refusal::Gone));
    let dates = store::sessions(conn, course.id)?;
    for item in items.iter().filter(|item| item.what.task == Task::Session) {
        if !dates.iter().any(|date| date.step == item.step && date.state != "cancelled") {
            found.push(Refusal::NoDates(item.what.title.clone()));
        }
    }
    Ok(found)
}

/// Hands in the version that is written.
///
/// # Errors
/// The first of [`problems`], or that it is not open.
pub fn submit(conn: &mut Conn, id: CourseId, doer: &Doer, now: Timestamp) -> Result<()> {
    let course = changeable(conn, id)?;
    if let Some(first) = problems(conn, &course)?.into_iter().next() {
        return Err(first.into());
    }
    let stage = if course.stage == Stage::Draft { Stage::InReview } else { course.stage };
    let next = Course { stage, is_submitted: true, round: course.round + 1, ..course.clone() };
    if !store::pass(conn, &course, &next)? {
        return Err(Refusal::Changed.into());
    }
    did(conn, doer, Action::CourseSubmitted, id, now)
}

/// The course as it is when it goes back to its author.
fn sent_back(course: &Course) -> Course {
    let stage = if course.stage == Stage::InReview { Stage::Draft } else { course.stage };
    Course { stage, is_submitted: false, ..course.clone() }
}

/// Takes a version back from its review.
///
/// # Errors
/// [`Refusal::NotInReview`].
pub fn take_back(conn: &mut Conn, id: CourseId, doer: &Doer, now: Timestamp) -> Result<()> {
    let course = store::find(conn, id)?;
    if !course.is_submitted || !store::pass(conn, &course, &sent_back(&course))? {
        return Err(Refusal::NotInReview.into());
    }
    did(conn, doer, Action::CourseChanged, id, now)
}

/// Why this person may not judge the version that waits; nothing, if they may.
///
/// # Errors
/// Those of the database.
pub fn bars_from_review(conn: &mut Conn, course: &Course, reviewer: AccountId) -> Result<Option<Refusal>> {
    Ok(if course.author == reviewer || store::has_changed(conn, course.id, reviewer)? {
        Some(Refusal::OwnCourse)
    } else if store::has_judged(conn, course, reviewer)? {
        Some(Refusal::ReviewedAlready)
    } else {
        None
    })
}

/// Says what `reviewer` thinks of the version handed in as `round`. Passed by one person who neither made nor changed it,
/// it is published (product.md).
///
/// # Errors
/// A [`Refusal`]: of one's own, twice, of another round than the present one, or of what nobody could study now.
pub fn review(
    conn: &mut Conn,
    id: CourseId,
    (round, verdict, remark): (i32, Verdict, &str),
    reviewer: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    store::touch(conn, id)?;
    let course = store::find(conn, id)?;
    if !course.is_submitted {
        return Err(Refusal::NotInReview.into());
    }
    if course.round != round {
        return Err(Refusal::Changed.into());
    }
    if let Some(refusal) = bars_from_review(conn, &course, reviewer)? {
        return Err(refusal.into());
    }
    store::insert_review(conn, &course, reviewer, verdict, remark, now)?;
    did(conn, doer, Action::CourseReviewed, id, now)?;
    let next = match verdict {
        Verdict::Returned => sent_back(&course),
        Verdict::Passed => {
            if let Some(first) = problems(conn, &course)?.into_iter().next() {
                return Err(first.into());
            }
            did(conn, doer, Action::CoursePublished, id, now)?;
            Course {
                stage: Stage::Published,
                is_submitted: false,
                version: course.draft_version,
                published_at: course.published_at.or(Some(now)),
                reason: String::new(),
                ..course.clone()
            }
        }
    };
    if store::pass(conn, &course, &next)? { Ok(()) } else { Err(Refusal::Changed.into()) }
}

/// Takes a course off the public pages; its address says why. Whoever is enrolled keeps what was done.
///
/// # Errors
/// [`Refusal::NotPublished`].
pub fn withdraw(conn: &mut Conn, id: CourseId, reason: &str, doer: &Doer, now: Timestamp) -> Result<()> {
    let course = store::find(conn, id)?;
    if !course.is_published() {
        return Err(Refusal::NotPublished.into());
    }
    let next =
        Course { stage: Stage::Withdrawn, is_submitted: false, reason: reason.to_owned(), ..course.clone() };
    if !store::pass(conn, &course, &next)? {
        return Err(Refusal::Changed.into());
    }
    did(conn, doer, Action::CourseWithdrawn, id, now)
}

/// Makes a withdrawn course a draft again: everything may be changed, and it is reviewed anew.
///
/// # Errors
/// A [`Refusal`] if it is not withdrawn.
pub fn reopen(conn: &mut Conn, id: CourseId, doer: &Doer, now: Timestamp) -> Result<()> {
    store::touch(conn, id)?;
    let course = store::find(conn, id)?;
    if course.archived_at.is_some() {
        return Err(Refusal::Archived.into());
    }
    if course.stage != Stage::Withdrawn {
        return Err(Refusal::NotPublished.into());
    }
    let has_change = course.draft_version > course.version;
    let next = Course { stage: Stage::Draft, draft_version: course.version + 1, ..course.clone() };
    if !store::pass(conn, &course, &next)? {
        return Err(Refusal::Changed.into());
    }
    if !has_change {
        for item in store::items(conn, id, course.version)? {
            store::insert_item(conn, id, next.draft_version, (item.position, &item.step), &item.what)?;
        }
    }
    did(conn, doer, Action::CourseChanged, id, now)
}

/// Puts away a course that nobody studies any more.
///
/// # Errors
/// A [`Refusal`] while it is public, or while somebody is enrolled.
pub fn archive(conn: &mut Conn, id: CourseId, doer: &Doer, now: Timestamp) -> Result<()> {
    let course = store::find(conn, id)?;
    match course.stage {
        Stage::Draft | Stage::Withdrawn if course.archived_at.is_none() => {}
        Stage::Draft | Stage::Withdrawn => return Ok(()),
        Stage::InReview => return Err(Refusal::InReview.into()),
        Stage::Published => return Err(Refusal::HasEnrolments.into()),
    }
    if store::has_enrolments(conn, id)? {
        return Err(Refusal::HasEnrolments.into());
    }
    let next = Course { archived_at: Some(now), ..course.clone() };
    if !store::pass(conn, &course, &next)? {
        return Err(Refusal::Changed.into());
    }
    did(conn, doer, Action::CourseArchived, id, now)
}

/// A new draft with the same steps; dates are not copied.
///
/// # Errors
/// As [`create`].
pub fn duplicate(
    conn: &mut Conn,
    id: CourseId,
    (slug, title, key): (&str, &str, &str),
    author: AccountId,
    doer: &Doer,
    now: Timestamp,
) -> Result<CourseId> {
    let course = store::find(conn, id)?;
    let about = About { title: title.to_owned(), due_on: None, ..course.about };
    let (copy, is_new) = make(conn, slug, &about, author, key, doer, now)?;
    if !is_new {
        return Ok(copy);
    }
    for item in store::items(conn, id, course.draft_version)? {
        store::insert_item(conn, copy, 1, (item.position, &random_hex(6)), &item.what)?;
    }
    Ok(copy)
}
