//! The screens of schools: their addresses, what they play, what they say they have played.
use crate::broadcast::{PlanState, SlotState};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, LectureId, MediaId, SchoolId, ScreeningId};
use crate::lectures::Stage;
use crate::schema::{
    broadcast_items, broadcast_plans, kiosk_plays, kiosks, lectures, media, schools, screenings, streams,
};
use diesel::dsl::exists;
use diesel::prelude::*;

/// The address of a school's screen.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = kiosks)]
pub struct Kiosk {
    pub code: String,
    pub made_at: Timestamp,
    /// When it last played something to its end.
    pub seen_at: Option<Timestamp>,
}

/// The one that holds.
pub fn kiosk_of(conn: &mut Conn, school: SchoolId) -> Result<Option<Kiosk>> {
    let open = kiosks::school_id.eq(school).and(kiosks::withdrawn_at.is_null());
    Ok(either!(conn, c => kiosks::table.filter(open).select(Kiosk::as_select()).first(c).optional())?)
}

/// The school behind an address, with its name.
///
/// # Errors
/// Not found for one that was withdrawn, or never was.
pub fn school_of_code(conn: &mut Conn, code: &str) -> Result<(SchoolId, String)> {
    let open = kiosks::code.eq(code).and(kiosks::withdrawn_at.is_null()).and(schools::valid_to.is_null());
    Ok(either!(conn, c => kiosks::table
        .inner_join(schools::table)
        .filter(open)
        .select((schools::id, schools::name))
        .first(c))?)
}

pub fn insert_kiosk(
    conn: &mut Conn,
    school: SchoolId,
    code: &str,
    by: AccountId,
    now: Timestamp,
) -> Result<()> {
    let row = (
        kiosks::school_id.eq(school),
        kiosks::code.eq(code),
        kiosks::made_by.eq(by),
        kiosks::made_at.eq(now),
    );
    // Of two at the same moment one is the address.
    either!(conn, c => diesel::insert_into(kiosks::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// `false` if there was none.
pub fn withdraw_kiosk(conn: &mut Conn, school: SchoolId, now: Timestamp) -> Result<bool> {
    let open = kiosks::school_id.eq(school).and(kiosks::withdrawn_at.is_null());
    let set = kiosks::withdrawn_at.eq(now);
    Ok(either!(conn, c => diesel::update(kiosks::table.filter(open)).set(set).execute(c))? > 0)
}

/// What a screen plays.
#[derive(Queryable, Debug, Clone)]
pub struct Cast {
    pub id: ScreeningId,
    pub lecture: LectureId,
    pub title: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub media: MediaId,
    pub duration_ms: i32,
}

/// What a school shows and has not ended yet, of plans that are public, until `to`: only lectures that still are.
pub fn program(conn: &mut Conn, school: SchoolId, now: Timestamp, to: Timestamp) -> Result<Vec<Cast>> {
    let coming = screenings::school_id
        .eq(school)
        .and(screenings::starts_at.ge(now - chrono::Duration::days(1)))
        .and(screenings::starts_at.lt(to))
        .and(screenings::ends_at.gt(now));
    Ok(either!(conn, c => screenings::table
        .inner_join(broadcast_plans::table)
        .inner_join(broadcast_items::table.inner_join(lectures::table.inner_join(media::table)))
        .filter(coming)
        .filter(screenings::state.eq(SlotState::Planned))
        .filter(broadcast_plans::state.ne(PlanState::Draft))
        .filter(lectures::stage.eq(Stage::Published))
        .order((screenings::starts_at, screenings::id))
        .limit(200)
        .select((
            screenings::id,
            lectures::id,
            lectures::title,
            screenings::starts_at,
            screenings::ends_at,
            media::id,
            media::duration_ms,
        ))
        .load(c))?)
}

/// Where the recording of a lecture is that a school shows: the folder of its stream, or its flat file.
///
/// # Errors
/// Not found for what the school does not show, or nobody may see any more.
pub fn may_play(
    conn: &mut Conn,
    school: SchoolId,
    lecture: LectureId,
    now: Timestamp,
) -> Result<(Option<String>, String)> {
    let shown = screenings::table
        .inner_join(broadcast_plans::table)
        .inner_join(broadcast_items::table)
        .filter(screenings::school_id.eq(school).and(screenings::state.eq(SlotState::Planned)))
        .filter(screenings::ends_at.gt(now - chrono::Duration::days(1)))
        .filter(broadcast_plans::state.ne(PlanState::Draft))
        .filter(broadcast_items::lecture_id.eq(lecture));
    Ok(either!(conn, c => lectures::table
        .inner_join(media::table.left_join(streams::table))
        .filter(lectures::id.eq(lecture).and(lectures::stage.eq(Stage::Published)))
        .filter(exists(shown))
        .select((streams::folder.nullable(), media::video_file))
        .first(c))?)
}

/// How often a screen may say that it has played the same.
const MOST_PLAYS: i32 = 100;

/// Counts a showing that a screen says it has played; `false` for one that is not its school's, or not now.
pub fn count_play(
    conn: &mut Conn,
    school: SchoolId,
    code: &str,
    id: ScreeningId,
    now: Timestamp,
) -> Result<bool> {
    let its = screenings::table
        .find(id)
        .filter(screenings::school_id.eq(school).and(screenings::starts_at.le(now)))
        .filter(screenings::ends_at.gt(now - chrono::Duration::days(7)));
    let is_its: bool = either!(conn, c => diesel::select(exists(its)).get_result(c))?;
    if !is_its {
        return Ok(false);
    }
    let row = (kiosk_plays::screening_id.eq(id), kiosk_plays::plays.eq(1), kiosk_plays::last_at.eq(now));
    let rows = either!(conn, c => diesel::insert_into(kiosk_plays::table)
        .values(row)
        .on_conflict(kiosk_plays::screening_id)
        .do_nothing()
        .execute(c))?;
    if rows == 0 {
        let again = kiosk_plays::table.find(id).filter(kiosk_plays::plays.lt(MOST_PLAYS));
        let set = (kiosk_plays::plays.eq(kiosk_plays::plays + 1), kiosk_plays::last_at.eq(now));
        either!(conn, c => diesel::update(again).set(set).execute(c))?;
    }
    let set = kiosks::seen_at.eq(now);
    either!(conn, c => diesel::update(kiosks::table.filter(kiosks::code.eq(code))).set(set).execute(c))?;
    Ok(true)
}
