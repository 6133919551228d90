//! Questions to instructors, and their answers.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, LectureId, PersonId, QuestionId};
use crate::lectures::NewQuestion;
use crate::schema::{instructors, lecture_instructors, lectures, questions};
use diesel::prelude::*;

#[derive(Queryable, Debug, Clone)]
pub struct Question {
    pub id: QuestionId,
    pub lecture: LectureId,
    pub lecture_title: String,
    pub person: PersonId,
    pub text: String,
    pub asked_at: Timestamp,
    pub answer: Option<String>,
}

type Columns = (
    questions::id,
    questions::lecture_id,
    lectures::title,
    questions::person_id,
    questions::text,
    questions::asked_at,
    questions::answer,
);
const COLUMNS: Columns = (
    questions::id,
    questions::lecture_id,
    lectures::title,
    questions::person_id,
    questions::text,
    questions::asked_at,
    questions::answer,
);

/// What is shown under a lecture: answered questions, and those of `person` that wait; all that wait, if `sees_all`.
/// The newest fifty.
pub fn questions(
    conn: &mut Conn,
    lecture: LectureId,
    person: Option<PersonId>,
    sees_all: bool,
) -> Result<Vec<Question>> {
    Ok(either!(conn, c => {
        let mut query = questions::table
            .inner_join(lectures::table)
            .filter(questions::lecture_id.eq(lecture))
            .order(questions::id.desc())
            .limit(50)
            .select(COLUMNS)
            .into_boxed();
        if !sees_all {
            let own = questions::person_id.eq(person.unwrap_or(PersonId(-1)));
            query = query.filter(questions::answered_at.is_not_null().or(own));
        }
        query.load(c)
    })?)
}

/// The questions that wait under the lectures of this instructor, oldest first.
pub fn open_questions_for(
    conn: &mut Conn,
    instructor: PersonId,
    skip: i64,
    count: i64,
) -> Result<Vec<Question>> {
    let own = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(instructors::person_id.eq(instructor))
        .select(lecture_instructors::lecture_id);
    Ok(either!(conn, c => questions::table
        .inner_join(lectures::table)
        .filter(questions::lecture_id.eq_any(own).and(questions::answered_at.is_null()))
        .order(questions::id)
        .offset(skip)
        .limit(count)
        .select(COLUMNS)
        .load(c))?)
}

pub fn is_instructor(conn: &mut Conn, lecture: LectureId, person: PersonId) -> Result<bool> {
    let row = lecture_instructors::table
        .inner_join(instructors::table)
        .filter(lecture_instructors::lecture_id.eq(lecture).and(instructors::person_id.eq(person)));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(row)).get_result(c))?)
}

pub fn open_questions_of(conn: &mut Conn, person: PersonId) -> Result<i64> {
    let waiting = questions::person_id.eq(person).and(questions::answered_at.is_null());
    Ok(either!(conn, c => questions::table.filter(waiting).count().get_result(c))?)
}

/// The new question's id; `None` if one with this key was there.
pub fn insert_question(conn: &mut Conn, new: &NewQuestion, now: Timestamp) -> Result<Option<QuestionId>> {
    let row = (
        questions::lecture_id.eq(new.lecture),
        questions::person_id.eq(new.person),
        questions::acted_by.eq(new.acted_by),
        questions::text.eq(&new.text),
        questions::asked_at.eq(now),
        questions::idem_key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(questions::table)
        .values(row)
        .on_conflict(questions::idem_key)
        .do_nothing()
        .returning(questions::id)
        .get_result(c)
        .optional())?)
}

/// The lecture of this question, if the person gives it; not found otherwise.
pub fn lecture_of_question(conn: &mut Conn, id: QuestionId, instructor: PersonId) -> Result<LectureId> {
    let lecture = either!(conn, c => questions::table.find(id).select(questions::lecture_id).first(c))?;
    if is_instructor(conn, lecture, instructor)? { Ok(lecture) } else { Err(crate::error::Error::NotFound) }
}

/// One statement, so that the first answer stays: `false` if there is one.
pub fn set_answer(
    conn: &mut Conn,
    id: QuestionId,
    by: AccountId,
    text: &str,
    now: Timestamp,
) -> Result<bool> {
    let open = questions::table.find(id).filter(questions::answered_at.is_null());
    let values = (questions::answer.eq(text), questions::answered_by.eq(by), questions::answered_at.eq(now));
    Ok(either!(conn, c => diesel::update(open).set(values).execute(c))? == 1)
}
