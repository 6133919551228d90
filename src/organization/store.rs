//! Rows of the tree.
use super::{Level, OrgKind};
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::msg;
use crate::schema::{org_kinds, org_names, org_placements, orgs};
use chrono::NaiveDate;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Debug, Clone, PartialEq, Eq)]
#[diesel(table_name = orgs)]
pub struct Org {
    pub id: OrgId,
    pub level: Level,
    pub kind: OrgKind,
    pub name: String,
    /// The ids from the root to here: `/1/7/42/`.
    pub path: String,
}

/// The first text after all those that begin with `prefix`, which ends in a slash.
pub(crate) fn after(prefix: &str) -> String {
    format!("{}0", prefix.trim_end_matches('/'))
}

pub fn find(conn: &mut Conn, id: OrgId) -> Result<Org> {
    Ok(either!(conn, c => orgs::table.find(id).select(Org::as_select()).first(c))?)
}

/// The organisations of one level below `path`, in the order of the tree, `count` at most.
pub fn within(conn: &mut Conn, path: &str, level: Level, count: i64) -> Result<Vec<Org>> {
    Ok(either!(conn, c => orgs::table
        .filter(orgs::path.ge(path).and(orgs::path.lt(after(path))).and(orgs::level.eq(level)).and(orgs::valid_to.is_null()))
        .order(orgs::path)
        .limit(count)
        .select(Org::as_select())
        .load(c))?)
}

/// The organisation at `path`, the city for `/`, and what stands directly below it; `count` at most.
pub fn topmost(conn: &mut Conn, path: &str, count: i64) -> Result<Vec<Org>> {
    let is_open = orgs::valid_to.is_null();
    let own: Org = match path {
        "/" => either!(conn, c => orgs::table
            .filter(orgs::level.eq(Level::City).and(is_open))
            .order(orgs::id)
            .select(Org::as_select())
            .first(c))?,
        path => {
            either!(conn, c => orgs::table.filter(orgs::path.eq(path)).select(Org::as_select()).first(c))?
        }
    };
    let mut all = vec![own];
    let below: Vec<Org> = either!(conn, c => orgs::table
        .inner_join(org_placements::table.on(org_placements::org_id.eq(orgs::id)))
        .filter(org_placements::parent_id.eq(all[0].id).and(org_placements::valid_to.is_null()).and(is_open))
        .order(orgs::path)
        .limit(count - 1)
        .select(Org::as_select())
        .load(c))?;
    all.extend(below);
    Ok(all)
}

/// An organisation with its name.
pub(super) type Named = (OrgId, Level, OrgKind, String);

/// Organisations, and which stood above which.
pub(super) type OnDay = (Vec<Named>, Vec<(OrgId, OrgId)>);

/// Placements that held on a day.
macro_rules! placed {
    ($day:expr) => {
        org_placements::valid_from
            .le($day)
            .and(org_placements::valid_to.is_null().or(org_placements::valid_to.gt($day)))
    };
}

/// Every organisation that there was on a day, in the order of their ids, and which stood above which.
pub(super) fn on_day(conn: &mut Conn, day: NaiveDate) -> Result<OnDay> {
    let above = either!(conn, c => org_placements::table
        .filter(placed!(day))
        .select((org_placements::org_id, org_placements::parent_id))
        .load(c))?;
    Ok((names(conn, day, None)?, above))
}

/// The same of one organisation alone, what stood directly below it, and its line to the root. What it costs does not grow with
/// the city.
pub(super) fn around_on_day(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<OnDay> {
    let mut above: Vec<(OrgId, OrgId)> = either!(conn, c => org_placements::table
        .filter(placed!(day).and(org_placements::parent_id.eq(org)))
        .select((org_placements::org_id, org_placements::parent_id))
        .load(c))?;
    let mut ids: Vec<OrgId> = above.iter().map(|one| one.0).collect();
    let mut at = Some(org);
    while let Some(id) = at {
        ids.push(id);
        at = either!(conn, c => org_placements::table
            .filter(placed!(day).and(org_placements::org_id.eq(id)))
            .select(org_placements::parent_id)
            .first(c)
            .optional())?;
        above.extend(at.map(|parent| (id, parent)));
    }
    Ok((names(conn, day, Some(&ids))?, above))
}

/// The organisations that there were on a day, or those of them with these ids, each of the kind that it was.
fn names(conn: &mut Conn, day: NaiveDate, ids: Option<&[OrgId]>) -> Result<Vec<Named>> {
    let was = orgs::valid_from.le(day).and(orgs::valid_to.is_null().or(orgs::valid_to.gt(day)));
    let named: Vec<Named> = either!(conn, c => {
        let mut them = orgs::table
            .filter(was)
            .order(orgs::id)
            .select((orgs::id, orgs::level, orgs::kind, orgs::name))
            .into_boxed();
        if let Some(ids) = ids {
            them = them.filter(orgs::id.eq_any(ids));
        }
        them.load(c)
    })?;
    let old: Vec<(OrgId, OrgKind)> = either!(conn, c => {
        let mut kinds = org_kinds::table
            .filter(org_kinds::valid_to.gt(day))
            .order((org_kinds::valid_to.desc(), org_kinds::id.desc()))
            .select((org_kinds::org_id, org_kinds::kind))
            .into_boxed();
        if let Some(ids) = ids {
            kinds = kinds.filter(org_kinds::org_id.eq_any(ids));
        }
        kinds.load(c)
    })?;
    Ok(of_old_kind(named, old))
}

/// What kind each was: the first one that ended after that day, which comes last.
fn of_old_kind(mut named: Vec<Named>, old: Vec<(OrgId, OrgKind)>) -> Vec<Named> {
    for (org, kind) in old {
        if let Ok(place) = named.binary_search_by_key(&org, |one| one.0) {
            named[place].2 = kind;
        }
    }
    named
}

/// Adds the node; its path is complete when this returns.
pub(super) fn insert(
    conn: &mut Conn,
    level: Level,
    kind: OrgKind,
    name: &str,
    above: &str,
    from: NaiveDate,
) -> Result<OrgId> {
    let row = (
        orgs::level.eq(level),
        orgs::kind.eq(kind),
        orgs::name.eq(name),
        // unique until the id is known
        orgs::path.eq(crate::ids::random_hex(16)),
        orgs::valid_from.eq(from),
    );
    let id: OrgId =
        either!(conn, c => diesel::insert_into(orgs::table).values(row).returning(orgs::id).get_result(c))?;
    either!(conn, c => diesel::update(orgs::table.find(id)).set(orgs::path.eq(format!("{above}{id}/"))).execute(c))?;
    Ok(id)
}

pub(super) fn place(conn: &mut Conn, org: OrgId, parent: OrgId, from: NaiveDate) -> Result<()> {
    let row = (
        org_placements::org_id.eq(org),
        org_placements::parent_id.eq(parent),
        org_placements::valid_from.eq(from),
    );
    either!(conn, c => diesel::insert_into(org_placements::table).values(row).execute(c))?;
    Ok(())
}

/// Ends the open placement; one that began today was never in force and goes.
pub(super) fn end_placement(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<()> {
    let open = org_placements::org_id.eq(org).and(org_placements::valid_to.is_null());
    either!(conn, c => diesel::delete(org_placements::table.filter(open).filter(org_placements::valid_from.ge(day))).execute(c))?;
    either!(conn, c => diesel::update(org_placements::table.filter(open)).set(org_placements::valid_to.eq(day)).execute(c))?;
    Ok(())
}

/// Rewrites the paths of a node and all below it.
pub(super) fn rebase(conn: &mut Conn, old: &str, new: &str) -> Result<()> {
    let moved: Vec<(OrgId, String)> = either!(conn, c => orgs::table
        .filter(orgs::path.ge(old).and(orgs::path.lt(after(old))))
        .select((orgs::id, orgs::path))
        .load(c))?;
    for (id, path) in moved {
        let path = format!("{new}{}", &path[old.len()..]);
        either!(conn, c => diesel::update(orgs::table.find(id)).set(orgs::path.eq(path)).execute(c))?;
    }
    Ok(())
}

/// The organisation, if it lies in one of these sub-trees; not found otherwise, as if there were none.
///
/// # Errors
/// Those of the database.
pub fn find_within(conn: &mut Conn, paths: &[String], id: OrgId) -> Result<Org> {
    let org = find(conn, id)?;
    if paths.iter().any(|path| org.path.starts_with(path.as_str())) { Ok(org) } else { Err(Error::NotFound) }
}

/// Since when an organisation exists, and until when, if it is closed.
///
/// # Errors
/// Not found if there is none.
pub fn validity(conn: &mut Conn, id: OrgId) -> Result<(NaiveDate, Option<NaiveDate>)> {
    Ok(either!(conn, c => orgs::table.find(id).select((orgs::valid_from, orgs::valid_to)).first(c))?)
}

/// Holds an open organisation until the transaction ends; refused if it is closed.
///
/// # Errors
/// Refused as said.
pub fn lock(conn: &mut Conn, id: OrgId) -> Result<()> {
    let open = orgs::table.filter(orgs::id.eq(id).and(orgs::valid_to.is_null()));
    let held = either!(conn, c => diesel::update(open).set(orgs::valid_to.eq(None::<NaiveDate>)).execute(c))?;
    if held == 1 { Ok(()) } else { Err(Error::Refused(msg!("这个组织已经撤销，不能再改。"))) }
}

/// The open organisations directly below one, those of higher level first; `count` after the first `skip`.
///
/// # Errors
/// Those of the database.
pub fn children(conn: &mut Conn, parent: OrgId, skip: i64, count: i64) -> Result<Vec<Org>> {
    Ok(either!(conn, c => org_placements::table
        .inner_join(orgs::table.on(orgs::id.eq(org_placements::org_id)))
        .filter(org_placements::parent_id.eq(parent).and(org_placements::valid_to.is_null()).and(orgs::valid_to.is_null()))
        .order((orgs::level.desc(), orgs::id))
        .offset(skip)
        .limit(count)
        .select(Org::as_select())
        .load(c))?)
}

/// The open organisations of these sub-trees that somebody means by a number, a whole name or a part of one; `count` at most. Of
/// those with the whole name only they are meant.
///
/// # Errors
/// Those of the database.
pub fn meant(
    conn: &mut Conn,
    paths: &[String],
    levels: &[Level],
    text: &str,
    count: i64,
) -> Result<Vec<Org>> {
    if let Ok(id) = text.parse::<i64>() {
        let mut found: Vec<Org> = either!(conn, c => orgs::table
            .filter(orgs::id.eq(id).and(orgs::valid_to.is_null()))
            .select(Org::as_select())
            .load(c))?;
        found.retain(|org| {
            levels.contains(&org.level) && paths.iter().any(|path| org.path.starts_with(path.as_str()))
        });
        return Ok(found);
    }
    let same = named(conn, paths, levels, (text, true), count)?;
    if same.is_empty() { named(conn, paths, levels, (text, false), count) } else { Ok(same) }
}

/// The open organisations of these sub-trees and levels with this whole name, or with this in their name; `count` at most.
fn named(
    conn: &mut Conn,
    paths: &[String],
    levels: &[Level],
    (text, is_whole): (&str, bool),
    count: i64,
) -> Result<Vec<Org>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    Ok(either!(conn, c => {
        let mut query = orgs::table.select(Org::as_select()).order(orgs::id).limit(count).into_boxed();
        if !paths.iter().any(|path| path == "/") {
            for path in paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        query = query.filter(orgs::valid_to.is_null());
        query = query.filter(orgs::level.eq_any(levels.to_vec()));
        query = match is_whole {
            true => query.filter(orgs::name.eq(text.to_owned())),
            false => query.filter(orgs::name.like(format!("%{escaped}%")).escape('\\')),
        };
        query.load(c)
    })?)
}

/// The names that an organisation had, the newest first: `[from, to)`.
///
/// # Errors
/// Those of the database.
pub fn names_of(conn: &mut Conn, org: OrgId) -> Result<Vec<(String, NaiveDate, NaiveDate)>> {
    Ok(either!(conn, c => org_names::table
        .filter(org_names::org_id.eq(org))
        .order(org_names::valid_from.desc())
        .limit(200)
        .select((org_names::name, org_names::valid_from, org_names::valid_to))
        .load(c))?)
}

pub(super) fn set_name(conn: &mut Conn, org: OrgId, name: &str) -> Result<()> {
    either!(conn, c => diesel::update(orgs::table.find(org)).set(orgs::name.eq(name)).execute(c))?;
    Ok(())
}

pub(super) fn keep_name(
    conn: &mut Conn,
    org: OrgId,
    name: &str,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<()> {
    let row = (
        org_names::org_id.eq(org),
        org_names::name.eq(name),
        org_names::valid_from.eq(from),
        org_names::valid_to.eq(to),
    );
    either!(conn, c => diesel::insert_into(org_names::table).values(row).execute(c))?;
    Ok(())
}

/// The day of its last change of kind.
pub(super) fn kind_since(conn: &mut Conn, org: OrgId) -> Result<Option<NaiveDate>> {
    let own =
        org_kinds::table.filter(org_kinds::org_id.eq(org)).select(diesel::dsl::max(org_kinds::valid_to));
    Ok(either!(conn, c => own.first(c))?)
}

/// Gives it another kind from `day` on, and keeps the one that it had.
pub(super) fn set_kind(conn: &mut Conn, org: OrgId, kind: OrgKind, day: NaiveDate) -> Result<()> {
    let old: OrgKind = either!(conn, c => orgs::table.find(org).select(orgs::kind).first(c))?;
    let row = (org_kinds::org_id.eq(org), org_kinds::kind.eq(old), org_kinds::valid_to.eq(day));
    either!(conn, c => diesel::insert_into(org_kinds::table).values(row).execute(c))?;
    either!(conn, c => diesel::update(orgs::table.find(org)).set(orgs::kind.eq(kind)).execute(c))?;
    Ok(())
}

pub(super) fn close(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<()> {
    either!(conn, c => diesel::update(orgs::table.find(org)).set(orgs::valid_to.eq(day)).execute(c))?;
    Ok(())
}

/// The open placement: its parent and since when.
pub(super) fn placement(conn: &mut Conn, org: OrgId) -> Result<Option<(OrgId, NaiveDate)>> {
    let open = org_placements::org_id.eq(org).and(org_placements::valid_to.is_null());
    Ok(either!(conn, c => org_placements::table
        .filter(open)
        .select((org_placements::parent_id, org_placements::valid_from))
        .first(c)
        .optional())?)
}

/// The places that an organisation had, the newest first: the parent, its name, `[from, to)`.
///
/// # Errors
/// Those of the database.
#[allow(clippy::type_complexity)]
pub fn places_of(conn: &mut Conn, org: OrgId) -> Result<Vec<(OrgId, String, NaiveDate, Option<NaiveDate>)>> {
    Ok(either!(conn, c => org_placements::table
        .inner_join(orgs::table.on(orgs::id.eq(org_placements::parent_id)))
        .filter(org_placements::org_id.eq(org))
        .order(org_placements::valid_from.desc())
        .limit(200)
        .select((orgs::id, orgs::name, org_placements::valid_from, org_placements::valid_to))
        .load(c))?)
}
