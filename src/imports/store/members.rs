//! Members in bulk: all of them read at once, and what an import changes written in few statements.
use super::super::meanwhile;
use super::super::members::{Act, Home, Member};
use super::super::tree::Node;
use super::CHUNK;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::organization::Level;
use crate::people::{Category, Office, Stage};
use crate::roster::TransferState;
use crate::schema::{
    host_stays, member_categories, membership_stages, memberships, office_terms, orgs, persons, transfers,
};
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::{BTreeMap, HashMap};

/// The organisations of today.
pub fn nodes(conn: &mut Conn) -> Result<Vec<Node>> {
    type Found = (i64, Level, String, String, String);
    let found: Vec<Found> = either!(conn, c => orgs::table
        .filter(orgs::valid_to.is_null())
        .select((orgs::id, orgs::level, orgs::kind, orgs::name, orgs::path))
        .load(c))?;
    Ok(found.into_iter().map(|(id, level, kind, name, path)| Node { id, level, kind, name, path }).collect())
}

/// Everybody who is or was a member, in the order of their ids.
pub fn load(conn: &mut Conn) -> Result<Vec<Member>> {
    type Stay = (i64, i64, i64, String, NaiveDate, Option<NaiveDate>);
    let stays: Vec<Stay> = either!(conn, c => memberships::table
        .order((memberships::person_id, memberships::valid_from))
        .select((memberships::id, memberships::person_id, memberships::branch_id, memberships::member_no, memberships::valid_from, memberships::valid_to))
        .load(c))?;
    type About = (i64, String, Option<String>, Option<i32>, Option<String>);
    let about: Vec<About> = either!(conn, c => persons::table
        .order(persons::id)
        .select((persons::id, persons::name, persons::sex, persons::birth_year, persons::phone))
        .load(c))?;
    let mut places: HashMap<i64, usize> = HashMap::with_capacity(about.len());
    let mut members: Vec<Member> = Vec::with_capacity(about.len());
    for (person, name, sex, birth, phone) in about {
        places.insert(person, members.len());
        members.push(Member { person, name, sex, birth, phone, ..Member::default() });
    }
    for (id, person, branch, number, from, to) in stays {
        let Some(member) = places.get(&person).map(|place| &mut members[*place]) else { continue };
        member.last_number = Some(number.clone());
        member.last_branch = Some(branch);
        member.left = to;
        if to.is_none() {
            member.home = Some(Home { id, branch, number, from });
        }
    }
    let stages: Vec<(i64, i64, Stage, NaiveDate)> = either!(conn, c => membership_stages::table
        .filter(membership_stages::valid_to.is_null())
        .select((membership_stages::id, membership_stages::person_id, membership_stages::stage, membership_stages::valid_from))
        .load(c))?;
    for (id, person, stage, from) in stages {
        if let Some(place) = places.get(&person) {
            members[*place].stage = Some((id, stage, from));
        }
    }
    let categories: Vec<(i64, i64, Category, NaiveDate)> = either!(conn, c => member_categories::table
        .filter(member_categories::valid_to.is_null())
        .order(member_categories::id)
        .select((member_categories::id, member_categories::person_id, member_categories::category, member_categories::valid_from))
        .load(c))?;
    for (id, person, category, from) in categories {
        if let Some(place) = places.get(&person) {
            members[*place].categories.push((id, category, from));
        }
    }
    let offices: Vec<(i64, i64, i64, Office, NaiveDate)> = either!(conn, c => office_terms::table
        .filter(office_terms::valid_to.is_null())
        .order(office_terms::id)
        .select((office_terms::id, office_terms::person_id, office_terms::org_id, office_terms::office, office_terms::valid_from))
        .load(c))?;
    for (id, person, org, office, from) in offices {
        if let Some(place) = places.get(&person) {
            members[*place].offices.push((id, org, office, from));
        }
    }
    let guests: Vec<(i64, i64, i64, NaiveDate)> = either!(conn, c => host_stays::table
        .filter(host_stays::valid_to.is_null())
        .select((host_stays::id, host_stays::person_id, host_stays::host_branch_id, host_stays::valid_from))
        .load(c))?;
    for (id, person, host, from) in guests {
        if let Some(place) = places.get(&person) {
            members[*place].stay = Some((id, host, from));
        }
    }
    let moving: Vec<i64> = either!(conn, c => transfers::table
        .filter(transfers::state.eq(TransferState::Proposed))
        .select(transfers::person_id)
        .load(c))?;
    for person in moving {
        if let Some(place) = places.get(&person) {
            members[*place].is_moving = true;
        }
    }
    members.retain(|member| member.last_number.is_some());
    Ok(members)
}

/// As many ids of this table as there will be rows. Nobody else gets them.
pub fn reserve(conn: &mut Conn, table: &str, count: usize) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    if count == 0 {
        return Ok(vec![]);
    }
    let sql = match conn {
        // One writer at a time: the ids that it would give itself.
        Conn::Sqlite(_) => format!("SELECT COALESCE(MAX(id), 0) + 1 AS id FROM {table}"),
        Conn::Postgres(_) => {
            format!(
                "SELECT nextval(pg_get_serial_sequence('{table}', 'id')) AS id FROM generate_series(1, {count})"
            )
        }
    };
    let found: Vec<Id> = either!(conn, c => diesel::sql_query(sql).load(c))?;
    Ok(match (conn.is_postgres(), found.first()) {
        (false, Some(first)) => (first.id..).take(count).collect(),
        _ => found.into_iter().map(|one| one.id).collect(),
    })
}

/// Ends rows of a table: those that began on their last day were never in force and go. Each must still be open.
macro_rules! end_rows {
    ($conn:expr, $table:ident, $rows:expr) => {{
        let mut unused: Vec<i64> = vec![];
        let mut by_day: BTreeMap<NaiveDate, Vec<i64>> = BTreeMap::new();
        for (id, from, to) in $rows {
            if from >= to {
                unused.push(id);
            } else {
                by_day.entry(to).or_default().push(id);
            }
        }
        for some in unused.chunks(CHUNK) {
            let open = $table::table.filter($table::id.eq_any(some).and($table::valid_to.is_null()));
            let gone = either!($conn, c => diesel::delete(open).execute(c))?;
            must_be(gone, some.len())?;
        }
        for (day, ids) in by_day {
            for some in ids.chunks(CHUNK) {
                let open = $table::table.filter($table::id.eq_any(some).and($table::valid_to.is_null()));
                let ended = either!($conn, c => diesel::update(open).set($table::valid_to.eq(day)).execute(c))?;
                must_be(ended, some.len())?;
            }
        }
    }};
}

fn must_be(done: usize, wanted: usize) -> Result<()> {
    if done == wanted { Ok(()) } else { Err(Error::Refused(meanwhile())) }
}

/// Declares the rows of a table that are inserted many at a time.
macro_rules! rows {
    ($($name:ident in $table:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        struct $name<'a> { $($field: $type),* , #[diesel(skip_insertion)] _of: std::marker::PhantomData<&'a ()> }
        impl $name<'_> {
            fn write(conn: &mut Conn, rows: &[Self]) -> Result<()> {
                for some in rows.chunks(CHUNK) {
                    either!(conn, c => diesel::insert_into($table::table).values(some).execute(c))?;
                }
                Ok(())
            }
        }
    )*};
}

rows! {
    PersonRow in persons {
        id: i64, name: &'a str, sex: Option<&'a str>, birth_year: Option<i32>, phone: Option<&'a str>, reading_aids: &'a str,
        created_at: Timestamp,
    }
    StayRow in memberships { person_id: i64, branch_id: i64, member_no: &'a str, valid_from: NaiveDate }
    StageRow in membership_stages { person_id: i64, stage: Stage, may_vote: bool, valid_from: NaiveDate }
    CategoryRow in member_categories { person_id: i64, category: Category, valid_from: NaiveDate }
    OfficeRow in office_terms { person_id: i64, org_id: i64, office: Office, valid_from: NaiveDate }
}

/// Writes what an import changes: the persons it concerns, in the order of `acts`.
///
/// # Errors
/// [`Error::Refused`] if a row has been ended meanwhile.
pub fn write(conn: &mut Conn, acts: &[Act], today: NaiveDate, now: Timestamp) -> Result<Vec<i64>> {
    let fresh = acts.iter().filter(|act| act.person.is_none()).count();
    let mut ids = reserve(conn, "persons", fresh)?.into_iter();
    let mut subjects = Vec::with_capacity(acts.len());
    for act in acts {
        let new = || ids.next().ok_or_else(|| Error::Internal("too few ids".into()));
        subjects.push(act.person.map_or_else(new, Ok)?);
    }
    end_rows!(conn, memberships, acts.iter().filter_map(|act| act.ends.membership));
    end_rows!(conn, membership_stages, acts.iter().filter_map(|act| act.ends.stage));
    end_rows!(conn, member_categories, acts.iter().flat_map(|act| act.ends.categories.iter().copied()));
    end_rows!(conn, office_terms, acts.iter().flat_map(|act| act.ends.offices.iter().copied()));
    end_rows!(conn, host_stays, acts.iter().filter_map(|act| act.ends.stay));
    let (mut new, mut stays, mut stages, mut categories, mut offices) =
        (vec![], vec![], vec![], vec![], vec![]);
    let _of = std::marker::PhantomData;
    for (act, person) in acts.iter().zip(&subjects) {
        let person_id = *person;
        if let Some((name, sex, birth, phone)) = &act.about {
            if act.person.is_none() {
                new.push(PersonRow {
                    id: person_id,
                    name,
                    sex: sex.as_deref(),
                    birth_year: *birth,
                    phone: phone.as_deref(),
                    reading_aids: "",
                    created_at: now,
                    _of,
                });
            } else {
                let values = (
                    persons::name.eq(name),
                    persons::sex.eq(sex),
                    persons::birth_year.eq(birth),
                    persons::phone.eq(phone),
                );
                either!(conn, c => diesel::update(persons::table.find(person_id)).set(values).execute(c))?;
            }
        }
        // Of somebody new everything holds since they joined; a change holds from today.
        let mut from = today;
        if let Some((branch_id, number, day)) = &act.joins {
            stays.push(StayRow {
                person_id,
                branch_id: *branch_id,
                member_no: number,
                valid_from: *day,
                _of,
            });
            if act.person.is_none() {
                from = *day;
            }
        }
        if let Some(stage) = act.stage {
            stages.push(StageRow { person_id, stage, may_vote: stage == Stage::Full, valid_from: from, _of });
        }
        categories.extend(act.categories.iter().map(|one| CategoryRow {
            person_id,
            category: *one,
            valid_from: from,
            _of,
        }));
        if let Some(org_id) = act.at {
            offices.extend(act.offices.iter().map(|one| OfficeRow {
                person_id,
                org_id,
                office: *one,
                valid_from: from,
                _of,
            }));
        }
    }
    PersonRow::write(conn, &new)?;
    StayRow::write(conn, &stays)?;
    StageRow::write(conn, &stages)?;
    CategoryRow::write(conn, &categories)?;
    OfficeRow::write(conn, &offices)?;
    Ok(subjects)
}
