//! What rankings by ratings say of lectures and instructors: what their own public pages say.
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{InstructorId, LectureId};
use crate::lectures::Stage;
use crate::rankings::Kind;
use crate::schema::{instructors, lecture_instructors, lectures, schools};
use diesel::prelude::*;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A lecture or an instructor that public pages show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Instructors; agreed to be named when they became such.
    pub name: String,
    /// The title of a lecture.
    pub lecture: String,
    /// The school of a lecture, or the unit of an instructor.
    pub school: String,
}

impl Named {
    /// As a file says it: only what there is.
    pub fn to_value(&self) -> Value {
        let said = [("name", &self.name), ("lecture", &self.lecture), ("school", &self.school)];
        let there = said.into_iter().filter(|one| !one.1.is_empty());
        there
            .map(|(name, value)| (name.to_owned(), Value::from(value.as_str())))
            .collect::<Map<_, _>>()
            .into()
    }
}

/// Everything that is public of a kind, by its number.
pub fn named(conn: &mut Conn, kind: Kind) -> Result<BTreeMap<i64, Named>> {
    let mut found = BTreeMap::new();
    if kind == Kind::LecturerRating {
        let rows: Vec<(InstructorId, String, String)> = either!(conn, c => instructors::table
            .order(instructors::id)
            .select((instructors::id, instructors::name, instructors::unit))
            .load(c))?;
        found.extend(
            rows.into_iter().map(|(id, name, school)| (id.0, Named { name, school, ..Named::default() })),
        );
        return Ok(found);
    }
    let rows: Vec<(LectureId, String, Option<String>)> = either!(conn, c => lectures::table
        .left_join(schools::table)
        .filter(lectures::stage.eq(Stage::Published))
        .order(lectures::id)
        .select((lectures::id, lectures::title, schools::name.nullable()))
        .load(c))?;
    let one = |(id, lecture, school): (LectureId, String, Option<String>)| {
        (id.0, Named { name: String::new(), lecture, school: school.unwrap_or_default() })
    };
    found.extend(rows.into_iter().map(one));
    let names: Vec<(LectureId, String)> = either!(conn, c => lecture_instructors::table
        .inner_join(instructors::table)
        .order((lecture_instructors::lecture_id, lecture_instructors::position))
        .select((lecture_instructors::lecture_id, instructors::name))
        .load(c))?;
    for (id, name) in names {
        if let Some(one) = found.get_mut(&id.0) {
            if !one.name.is_empty() {
                one.name.push('、');
            }
            one.name += &name;
        }
    }
    Ok(found)
}
