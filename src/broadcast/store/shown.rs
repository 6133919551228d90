//! What the pages of the broadcast list: showings by time and school, and the coverage of a plan.
use crate::broadcast::{PlanState, SlotState};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AllianceId, BroadcastId, BroadcastItemId, LectureId, OrgId, SchoolId, ScreeningId};
use crate::organization::{Level, after};
use crate::schema::{
    alliance_schools, broadcast_items, broadcast_plans, broadcast_schools, lectures, orgs, schools,
    screenings,
};
use diesel::prelude::*;

/// A screening in a list.
#[derive(Queryable, Debug, Clone)]
pub struct Showing {
    pub id: ScreeningId,
    pub school: SchoolId,
    pub school_name: String,
    pub lecture: LectureId,
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub is_confirmed: bool,
    pub present: i32,
    pub state: SlotState,
}

/// Which showings: those that begin within `[from, to)`, and are over after `ends_after`.
#[derive(Debug, Clone, Default)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
    pub ends_after: Timestamp,
    pub school: Option<SchoolId>,
    /// Only of this plan, in whatever state it is, with what was cancelled; otherwise of those that are public.
    pub plan: Option<BroadcastId>,
    pub lecture: Option<LectureId>,
    /// In the name of the school.
    pub named: String,
    pub backwards: bool,
}

/// Showings in the order of time, `count` after the first `skip`.
pub fn showings(conn: &mut Conn, span: &Span, skip: i64, count: i64) -> Result<Vec<Showing>> {
    Ok(either!(conn, c => {
        let mut query = screenings::table
            .inner_join(broadcast_plans::table)
            .inner_join(schools::table)
            .inner_join(broadcast_items::table.inner_join(lectures::table))
            .filter(screenings::starts_at.ge(span.from).and(screenings::starts_at.lt(span.to)))
            .filter(screenings::ends_at.gt(span.ends_after))
            .offset(skip)
            .limit(count)
            .select((
                screenings::id,
                schools::id,
                schools::name,
                lectures::id,
                lectures::title,
                screenings::starts_at,
                screenings::ends_at,
                screenings::is_confirmed,
                screenings::present,
                screenings::state,
            ))
            .into_boxed();
        match span.plan {
            Some(plan) => query = query.filter(screenings::plan_id.eq(plan)),
            None => {
                query = query
                    .filter(screenings::state.eq(SlotState::Planned))
                    .filter(broadcast_plans::state.ne(PlanState::Draft))
            }
        }
        if let Some(school) = span.school {
            query = query.filter(screenings::school_id.eq(school));
        }
        if let Some(lecture) = span.lecture {
            query = query.filter(broadcast_items::lecture_id.eq(lecture));
        }
        if !span.named.is_empty() {
            let like = format!("%{}%", span.named.replace(['\\', '%', '_'], ""));
            query = query.filter(schools::name.like(like));
        }
        match span.backwards {
            true => query.order((screenings::starts_at.desc(), screenings::id.desc())),
            false => query.order((screenings::starts_at, screenings::id)),
        }
        .load(c)
    })?)
}

/// One of them.
pub fn one(conn: &mut Conn, id: ScreeningId) -> Result<Showing> {
    Ok(either!(conn, c => screenings::table
        .inner_join(schools::table)
        .inner_join(broadcast_items::table.inner_join(lectures::table))
        .filter(screenings::id.eq(id))
        .select((
            screenings::id,
            schools::id,
            schools::name,
            lectures::id,
            lectures::title,
            screenings::starts_at,
            screenings::ends_at,
            screenings::is_confirmed,
            screenings::present,
            screenings::state,
        ))
        .first(c))?)
}

/// How many schools there are.
pub fn count_schools(conn: &mut Conn) -> Result<i64> {
    Ok(either!(conn, c => schools::table.filter(schools::valid_to.is_null()).count().get_result(c))?)
}

/// The committees, for a filter.
pub fn committees(conn: &mut Conn) -> Result<Vec<(OrgId, String)>> {
    Ok(either!(conn, c => orgs::table
        .filter(orgs::level.eq(Level::Committee).and(orgs::valid_to.is_null()))
        .order(orgs::path)
        .limit(500)
        .select((orgs::id, orgs::name))
        .load(c))?)
}

/// A school in the coverage of a plan.
#[derive(Queryable, Debug, Clone)]
pub struct Row {
    pub school: SchoolId,
    pub name: String,
    /// Lectures of the plan that it has shown; `None` for none.
    pub covered: Option<i32>,
}

/// The schools of these sub-trees with what they have shown of a plan; by their numbers, never by how much.
pub fn coverage(
    conn: &mut Conn,
    plan: (BroadcastId, i32),
    paths: &[String],
    (alliance, below, only_missing): (Option<AllianceId>, Option<&str>, bool),
    (skip, count): (i64, i64),
) -> Result<Vec<Row>> {
    if paths.is_empty() {
        return Ok(vec![]);
    }
    let (plan, of) = plan;
    Ok(either!(conn, c => {
        let counted = broadcast_schools::school_id.eq(schools::id).and(broadcast_schools::plan_id.eq(plan));
        let mut query = schools::table
            .inner_join(orgs::table)
            .left_join(broadcast_schools::table.on(counted))
            .order(schools::id)
            .offset(skip)
            .limit(count)
            .select((schools::id, schools::name, broadcast_schools::covered.nullable()))
            .into_boxed();
        if !paths.iter().any(|path| path == "/") {
            for path in paths {
                query = query.or_filter(orgs::path.ge(path.clone()).and(orgs::path.lt(after(path))));
            }
        }
        query = query.filter(schools::valid_to.is_null());
        if let Some(alliance) = alliance {
            let members = alliance_schools::table
                .filter(alliance_schools::alliance_id.eq(alliance).and(alliance_schools::valid_to.is_null()))
                .select(alliance_schools::school_id);
            query = query.filter(schools::id.eq_any(members));
        }
        if let Some(path) = below {
            query = query.filter(orgs::path.ge(path.to_owned()).and(orgs::path.lt(after(path))));
        }
        if only_missing {
            query = query
                .filter(broadcast_schools::covered.nullable().is_null().or(broadcast_schools::covered.nullable().lt(of)));
        }
        query.load(c)
    })?)
}

/// A screening as a cell of the coverage.
#[derive(Queryable, Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub school: SchoolId,
    pub item: BroadcastItemId,
    pub id: ScreeningId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub is_confirmed: bool,
    pub present: i32,
}

/// The screenings of a plan in the schools from one number to another.
pub fn cells(conn: &mut Conn, plan: BroadcastId, from: SchoolId, to: SchoolId) -> Result<Vec<Cell>> {
    Ok(either!(conn, c => screenings::table
        .filter(screenings::plan_id.eq(plan).and(screenings::state.eq(SlotState::Planned)))
        .filter(screenings::school_id.ge(from).and(screenings::school_id.le(to)))
        .order((screenings::school_id, screenings::item_id, screenings::starts_at))
        .select((
            screenings::school_id,
            screenings::item_id,
            screenings::id,
            screenings::starts_at,
            screenings::ends_at,
            screenings::is_confirmed,
            screenings::present,
        ))
        .load(c))?)
}
