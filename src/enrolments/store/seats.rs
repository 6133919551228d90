//! Offerings and who has a seat in them. The first statement of each action is [`lock`].
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::enrolments::{Channel, Mode, Offering, Quota, Refusal, Stands, State, Terms, What};
use crate::error::{Error, Result};
use crate::ids::{AccountId, CourseId, EnrolmentId, EventId, OfferingId, OrgId, PersonId, QuotaId};
use crate::organization::after;
use crate::people::Category;
use crate::schema::{enrolments, offering_quotas, offerings, orgs};
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

/// Ids in one statement: SQLite takes 32,766 values.
pub(super) const TOGETHER: usize = 500;

#[derive(Queryable, Selectable)]
#[diesel(table_name = offerings)]
struct OfferingRow {
    id: OfferingId,
    course_id: Option<CourseId>,
    event_id: Option<EventId>,
    mode: Mode,
    code: String,
    opens_at: Option<Timestamp>,
    closes_at: Option<Timestamp>,
    withdraw_until: Option<Timestamp>,
    capacity: Option<i32>,
    taken: i32,
    taken_open: i32,
    reserved: i32,
    waiting: i32,
    asking: i32,
    next_seq: i32,
    audience: String,
    path: String,
    is_closed: bool,
}

impl OfferingRow {
    fn offering(self) -> Result<Offering> {
        let what = match (self.course_id, self.event_id) {
            (Some(id), _) => What::Course(id),
            (_, Some(id)) => What::Event(id),
            _ => return Err(Error::Internal(format!("the offering {} is of nothing", self.id).into())),
        };
        Ok(Offering {
            id: self.id,
            what,
            terms: Terms {
                mode: self.mode,
                code: self.code,
                opens_at: self.opens_at,
                closes_at: self.closes_at,
                withdraw_until: self.withdraw_until,
                capacity: self.capacity,
                audience: self.audience.split(',').filter_map(Category::of).collect(),
                path: self.path,
                is_closed: self.is_closed,
                // Read apart: few offerings have any.
                quotas: vec![],
            },
            taken: self.taken,
            taken_open: self.taken_open,
            reserved: self.reserved,
            waiting: self.waiting,
            asking: self.asking,
        })
    }
}

/// An offering as it is now.
pub fn offering(conn: &mut Conn, id: OfferingId) -> Result<Offering> {
    let it = offerings::table.find(id);
    let row: OfferingRow = either!(conn, c => it.select(OfferingRow::as_select()).first(c))?;
    row.offering()
}

/// The offering of a course.
pub fn of_course(conn: &mut Conn, course: CourseId) -> Result<Offering> {
    let it = offerings::table.filter(offerings::course_id.eq(course));
    let row: OfferingRow = either!(conn, c => it.select(OfferingRow::as_select()).first(c))?;
    row.offering()
}

/// The offering of an event; none where nobody enrols.
pub fn of_event(conn: &mut Conn, event: EventId) -> Result<Option<Offering>> {
    let it = offerings::table.filter(offerings::event_id.eq(event));
    let row: Option<OfferingRow> =
        either!(conn, c => it.select(OfferingRow::as_select()).first(c).optional())?;
    row.map(OfferingRow::offering).transpose()
}

/// The offerings of these events, in no order.
pub fn of_events(conn: &mut Conn, events: &[EventId]) -> Result<Vec<Offering>> {
    let mut found = vec![];
    for some in events.chunks(TOGETHER) {
        let some: Vec<Option<EventId>> = some.iter().copied().map(Some).collect();
        let them = offerings::table.filter(offerings::event_id.eq_any(some));
        let rows: Vec<OfferingRow> = either!(conn, c => them.select(OfferingRow::as_select()).load(c))?;
        for row in rows {
            found.push(row.offering()?);
        }
    }
    Ok(found)
}

/// Locks the offering until the transaction ends and draws the next number of its queue.
pub fn lock(conn: &mut Conn, id: OfferingId) -> Result<(Offering, i32)> {
    let it = offerings::table.find(id);
    let row: OfferingRow = either!(conn, c => diesel::update(it)
        .set(offerings::next_seq.eq(offerings::next_seq + 1))
        .returning(OfferingRow::as_returning())
        .get_result(c))?;
    let seq = row.next_seq;
    Ok((row.offering()?, seq))
}

/// The reserved seats of an offering.
pub fn quotas(conn: &mut Conn, id: OfferingId) -> Result<Vec<Quota>> {
    type QuotaRow = (QuotaId, OrgId, String, String, i32, i32);
    let rows: Vec<QuotaRow> = either!(conn, c => offering_quotas::table
        .inner_join(orgs::table)
        .filter(offering_quotas::offering_id.eq(id))
        .order(offering_quotas::path)
        .select((
            offering_quotas::id, offering_quotas::org_id, orgs::name, offering_quotas::path, offering_quotas::seats,
            offering_quotas::taken,
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, org, name, path, seats, taken)| Quota { id, org, name, path, seats, taken })
        .collect())
}

/// An offering that is not there yet; the one that is, if it is.
pub fn offer(conn: &mut Conn, what: What, capacity: Option<i32>) -> Result<OfferingId> {
    let (course, event) = match what {
        What::Course(id) => (Some(id), None),
        What::Event(id) => (None, Some(id)),
    };
    let row = (
        offerings::course_id.eq(course),
        offerings::event_id.eq(event),
        offerings::mode.eq(Mode::Open),
        offerings::code.eq(""),
        offerings::capacity.eq(capacity),
        offerings::taken.eq(0),
        offerings::taken_open.eq(0),
        offerings::reserved.eq(0),
        offerings::waiting.eq(0),
        offerings::asking.eq(0),
        offerings::next_seq.eq(0),
        offerings::audience.eq(""),
        offerings::path.eq(""),
        offerings::is_closed.eq(false),
    );
    either!(conn, c => diesel::insert_into(offerings::table).values(row).on_conflict_do_nothing().execute(c))?;
    match what {
        What::Course(id) => Ok(of_course(conn, id)?.id),
        What::Event(id) => Ok(of_event(conn, id)?.ok_or(Error::NotFound)?.id),
    }
}

/// Sets the terms; the reserved seats are set apart.
pub fn set_terms(conn: &mut Conn, id: OfferingId, terms: &Terms) -> Result<()> {
    let audience: Vec<&str> = terms.audience.iter().map(|one| one.as_str()).collect();
    let values = (
        offerings::mode.eq(terms.mode),
        offerings::code.eq(&terms.code),
        offerings::opens_at.eq(terms.opens_at),
        offerings::closes_at.eq(terms.closes_at),
        offerings::withdraw_until.eq(terms.withdraw_until),
        offerings::audience.eq(audience.join(",")),
        offerings::path.eq(&terms.path),
        offerings::is_closed.eq(terms.is_closed),
    );
    either!(conn, c => diesel::update(offerings::table.find(id)).set(values).execute(c))?;
    Ok(())
}

/// Sets the seats; the reserved ones are the sum of the quotas.
pub fn set_seats(conn: &mut Conn, id: OfferingId, capacity: Option<i32>, reserved: i32) -> Result<()> {
    let values = (offerings::capacity.eq(capacity), offerings::reserved.eq(reserved));
    either!(conn, c => diesel::update(offerings::table.find(id)).set(values).execute(c))?;
    Ok(())
}

pub fn insert_quota(conn: &mut Conn, id: OfferingId, org: OrgId, path: &str, seats: i32) -> Result<()> {
    let row = (
        offering_quotas::offering_id.eq(id),
        offering_quotas::org_id.eq(org),
        offering_quotas::path.eq(path),
        offering_quotas::seats.eq(seats),
        offering_quotas::taken.eq(0),
    );
    either!(conn, c => diesel::insert_into(offering_quotas::table).values(row).execute(c))?;
    Ok(())
}

pub fn set_quota(conn: &mut Conn, id: QuotaId, seats: i32) -> Result<()> {
    let it = offering_quotas::table.find(id);
    either!(conn, c => diesel::update(it).set(offering_quotas::seats.eq(seats)).execute(c))?;
    Ok(())
}

/// Takes reserved seats away; whoever sits on one sits on an open one from now on. How many that were.
pub fn drop_quota(conn: &mut Conn, id: QuotaId) -> Result<i32> {
    let them = enrolments::table.filter(enrolments::quota_id.eq(id));
    let moved = either!(conn, c => diesel::update(them)
        .set(enrolments::quota_id.eq(None::<QuotaId>))
        .execute(c))?;
    either!(conn, c => diesel::delete(offering_quotas::table.find(id)).execute(c))?;
    Ok(i32::try_from(moved).unwrap_or(i32::MAX))
}

/// Changes of the counts that pages show.
#[derive(Default, Clone, Copy)]
pub struct Change {
    pub taken: i32,
    pub taken_open: i32,
    pub waiting: i32,
    pub asking: i32,
}

pub fn count(conn: &mut Conn, id: OfferingId, change: Change) -> Result<()> {
    let values = (
        offerings::taken.eq(offerings::taken + change.taken),
        offerings::taken_open.eq(offerings::taken_open + change.taken_open),
        offerings::waiting.eq(offerings::waiting + change.waiting),
        offerings::asking.eq(offerings::asking + change.asking),
    );
    either!(conn, c => diesel::update(offerings::table.find(id)).set(values).execute(c))?;
    Ok(())
}

pub fn count_quota(conn: &mut Conn, id: QuotaId, change: i32) -> Result<()> {
    let it = offering_quotas::table.find(id);
    either!(conn, c => diesel::update(it)
        .set(offering_quotas::taken.eq(offering_quotas::taken + change))
        .execute(c))?;
    Ok(())
}

/// Somebody's enrolment.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = enrolments)]
pub struct Enrolment {
    pub id: EnrolmentId,
    #[diesel(column_name = offering_id)]
    pub offering: OfferingId,
    #[diesel(column_name = person_id)]
    pub person: PersonId,
    /// The order in which they came.
    pub seq: i32,
    pub state: State,
    /// The reserved seat that it holds.
    #[diesel(column_name = quota_id)]
    pub quota: Option<QuotaId>,
    /// Of the course.
    pub version: i32,
    /// Where the branch was then, in the tree of organisations.
    pub path: String,
    pub channel: Channel,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// When the course was finished.
    pub finished_at: Option<Timestamp>,
}

pub fn find(conn: &mut Conn, id: EnrolmentId) -> Result<Enrolment> {
    let it = enrolments::table.find(id);
    Ok(either!(conn, c => it.select(Enrolment::as_select()).first(c))?)
}

/// The enrolment of this person that stands, if there is one (INV-E2).
pub fn active(conn: &mut Conn, offering: OfferingId, person: PersonId) -> Result<Option<Enrolment>> {
    let it = enrolments::table.filter(
        enrolments::offering_id
            .eq(offering)
            .and(enrolments::person_id.eq(person))
            .and(enrolments::state.ne_all([State::Cancelled, State::Declined])),
    );
    Ok(either!(conn, c => it.select(Enrolment::as_select()).first(c).optional())?)
}

/// What this key has made.
pub fn by_key(conn: &mut Conn, key: &str) -> Result<Option<(OfferingId, PersonId, Stands)>> {
    let it = enrolments::table.filter(enrolments::key.eq(key));
    let row: Option<Enrolment> = either!(conn, c => it.select(Enrolment::as_select()).first(c).optional())?;
    Ok(row.map(|row| (row.offering, row.person, Stands { id: row.id, state: row.state })))
}

/// An enrolment that is not there yet.
pub struct NewEnrolment<'a> {
    pub offering: OfferingId,
    pub person: PersonId,
    pub seq: i32,
    pub state: State,
    pub quota: Option<QuotaId>,
    pub version: i32,
    pub path: &'a str,
    pub channel: Channel,
    pub by: AccountId,
    pub key: &'a str,
    pub now: Timestamp,
}

pub fn insert(conn: &mut Conn, new: &NewEnrolment<'_>) -> Result<EnrolmentId> {
    let row = (
        enrolments::offering_id.eq(new.offering),
        enrolments::person_id.eq(new.person),
        enrolments::seq.eq(new.seq),
        enrolments::state.eq(new.state),
        enrolments::quota_id.eq(new.quota),
        enrolments::version.eq(new.version),
        enrolments::path.eq(new.path),
        enrolments::channel.eq(new.channel),
        enrolments::enrolled_by.eq(new.by),
        enrolments::created_at.eq(new.now),
        enrolments::changed_at.eq(new.now),
        enrolments::key.eq(new.key),
    );
    match either!(conn, c => diesel::insert_into(enrolments::table)
        .values(row)
        .returning(enrolments::id)
        .get_result(c))
    {
        Ok(id) => Ok(id),
        // The same key came for another offering at the same moment.
        Err(DatabaseError(UniqueViolation, _)) => Err(Refusal::OtherKey.into()),
        Err(other) => Err(other.into()),
    }
}

/// Moves an enrolment from the state that was seen; `false` if it is in another one now, or finished since. A seat that is
/// kept stays the one that it is: which one may have changed since.
pub fn pass(conn: &mut Conn, seen: &Enrolment, to: State, now: Timestamp) -> Result<bool> {
    let is_as_seen = enrolments::state
        .eq(seen.state)
        .and(enrolments::finished_at.is_null().eq(seen.finished_at.is_none()));
    let it = enrolments::table.filter(enrolments::id.eq(seen.id).and(is_as_seen));
    let values = (enrolments::state.eq(to), enrolments::changed_at.eq(now));
    Ok(match to.is_seated() {
        true => either!(conn, c => diesel::update(it).set(values).execute(c))?,
        false => {
            let values = (values, enrolments::quota_id.eq(None::<QuotaId>));
            either!(conn, c => diesel::update(it).set(values).execute(c))?
        }
    } == 1)
}

/// Says that the course is finished; `false` if it is already, or if the person has no place in it any more.
pub fn finish(conn: &mut Conn, id: EnrolmentId, now: Timestamp) -> Result<bool> {
    let is_open = enrolments::finished_at.is_null().and(enrolments::state.eq_any([
        State::Confirmed,
        State::Attended,
        State::NoShow,
        State::Excused,
    ]));
    let it = enrolments::table.filter(enrolments::id.eq(id).and(is_open));
    Ok(either!(conn, c => diesel::update(it).set(enrolments::finished_at.eq(now)).execute(c))? == 1)
}

/// Goes on with this version of the course; `false` where the course is finished, the place given up, or nothing newer.
pub fn set_version(conn: &mut Conn, id: EnrolmentId, version: i32) -> Result<bool> {
    let is_older = enrolments::version.lt(version).and(enrolments::finished_at.is_null());
    let it = enrolments::table
        .filter(enrolments::id.eq(id).and(enrolments::state.eq(State::Confirmed)).and(is_older));
    Ok(either!(conn, c => diesel::update(it).set(enrolments::version.eq(version)).execute(c))? == 1)
}

/// Enrolments with their persons.
pub type Moved = Vec<(EnrolmentId, PersonId)>;

/// Moves enrolments to a state, with the reserved seat that they hold from now on.
pub fn pass_all(
    conn: &mut Conn,
    moved: &Moved,
    to: State,
    quota: Option<QuotaId>,
    now: Timestamp,
) -> Result<()> {
    for some in moved.chunks(TOGETHER) {
        let ids: Vec<EnrolmentId> = some.iter().map(|one| one.0).collect();
        let them = enrolments::table.filter(enrolments::id.eq_any(ids));
        let values =
            (enrolments::state.eq(to), enrolments::quota_id.eq(quota), enrolments::changed_at.eq(now));
        either!(conn, c => diesel::update(them).set(values).execute(c))?;
    }
    Ok(())
}

/// The first of the queue in this state, in their order, below a node of the tree where one is named (INV-E3).
pub fn first(
    conn: &mut Conn,
    offering: OfferingId,
    state: State,
    path: Option<&str>,
    count: i64,
) -> Result<Moved> {
    Ok(either!(conn, c => {
        let mut query = enrolments::table
            .filter(enrolments::offering_id.eq(offering).and(enrolments::state.eq(state)))
            .order(enrolments::seq)
            .limit(count)
            .select((enrolments::id, enrolments::person_id))
            .into_boxed();
        if let Some(path) = path {
            query = query.filter(enrolments::path.ge(path.to_owned()).and(enrolments::path.lt(after(path))));
        }
        query.load(c)
    })?)
}

/// Those of these that are in this state now, in the order of the queue.
pub fn among(conn: &mut Conn, offering: OfferingId, ids: &[EnrolmentId], state: State) -> Result<Moved> {
    let mut found = vec![];
    for some in ids.chunks(TOGETHER) {
        let them = enrolments::table
            .filter(enrolments::id.eq_any(some))
            .filter(enrolments::offering_id.eq(offering).and(enrolments::state.eq(state)))
            .order(enrolments::seq)
            .select((enrolments::id, enrolments::person_id));
        found.append(&mut either!(conn, c => them.load::<(EnrolmentId, PersonId)>(c))?);
    }
    Ok(found)
}

/// Gives reserved seats to those of the organisation who sit on open ones; how many moved.
pub fn shift(conn: &mut Conn, offering: OfferingId, quota: &Quota, count: i64) -> Result<i32> {
    let seated = [State::Confirmed, State::Attended, State::NoShow, State::Excused];
    let ids: Vec<EnrolmentId> = either!(conn, c => enrolments::table
        .filter(enrolments::offering_id.eq(offering).and(enrolments::state.eq_any(seated)))
        .filter(enrolments::quota_id.is_null())
        .filter(enrolments::path.ge(&quota.path).and(enrolments::path.lt(after(&quota.path))))
        .order(enrolments::seq)
        .limit(count)
        .select(enrolments::id)
        .load(c))?;
    for some in ids.chunks(TOGETHER) {
        let them = enrolments::table.filter(enrolments::id.eq_any(some));
        either!(conn, c => diesel::update(them).set(enrolments::quota_id.eq(quota.id)).execute(c))?;
    }
    Ok(i32::try_from(ids.len()).unwrap_or(i32::MAX))
}
