//! What of the portal can become an item, found by words of its title.
use super::super::Matter;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{BookletId, CourseId, LectureId, PersonId};
use crate::schema::{booklets, courses, lectures, memberships, orgs};
use diesel::prelude::*;

/// Lines of each kind that a search shows.
const FOUND: i64 = 10;

/// Published lectures, booklets and courses with this text in their titles, the newest first.
pub fn matters_like(conn: &mut Conn, text: &str) -> Result<Vec<(Matter, String)>> {
    let like = format!("%{}%", text.replace(['\\', '%', '_'], ""));
    let of: Vec<(LectureId, String)> = either!(conn, c => lectures::table
        .filter(lectures::stage.eq("published").and(lectures::title.like(&like)))
        .order(lectures::id.desc())
        .limit(FOUND)
        .select((lectures::id, lectures::title))
        .load(c))?;
    let mut found: Vec<(Matter, String)> =
        of.into_iter().map(|(id, title)| (Matter::Lecture(id), title)).collect();
    let of: Vec<(BookletId, String)> = either!(conn, c => booklets::table
        .filter(booklets::stage.eq("published").and(booklets::title.like(&like)))
        .order(booklets::id.desc())
        .limit(FOUND)
        .select((booklets::id, booklets::title))
        .load(c))?;
    found.extend(of.into_iter().map(|(id, title)| (Matter::Booklet(id), title)));
    let of: Vec<(CourseId, String)> = either!(conn, c => courses::table
        .filter(courses::stage.eq("published").and(courses::title.like(&like)))
        .order(courses::id.desc())
        .limit(FOUND)
        .select((courses::id, courses::title))
        .load(c))?;
    found.extend(of.into_iter().map(|(id, title)| (Matter::Course(id), title)));
    Ok(found)
}

/// The title of something that can become an item; none if it is not published.
pub fn title_of(conn: &mut Conn, matter: Matter) -> Result<Option<String>> {
    Ok(match matter {
        Matter::Lecture(id) => either!(conn, c => lectures::table
            .filter(lectures::id.eq(id).and(lectures::stage.eq("published")))
            .select(lectures::title)
            .first(c)
            .optional())?,
        Matter::Booklet(id) => either!(conn, c => booklets::table
            .filter(booklets::id.eq(id).and(booklets::stage.eq("published")))
            .select(booklets::title)
            .first(c)
            .optional())?,
        Matter::Course(id) => either!(conn, c => courses::table
            .filter(courses::id.eq(id).and(courses::stage.eq("published")))
            .select(courses::title)
            .first(c)
            .optional())?,
        Matter::Meeting => None,
    })
}

/// How many chapters a booklet has now; 0 for everything else.
pub fn chapters(conn: &mut Conn, matter: Matter) -> Result<i32> {
    let Matter::Booklet(id) = matter else { return Ok(0) };
    Ok(either!(conn, c => booklets::table.find(id).select(booklets::chapter_count).first(c))?)
}

/// The addresses of these courses and booklets, by their slugs.
pub fn address_of(conn: &mut Conn, matter: Matter) -> Result<Option<String>> {
    Ok(match matter {
        Matter::Lecture(id) => Some(format!("/lectures/{id}")),
        Matter::Booklet(id) => {
            let slug: Option<String> =
                either!(conn, c => booklets::table.find(id).select(booklets::slug).first(c).optional())?;
            slug.map(|slug| format!("/booklets/{slug}"))
        }
        Matter::Course(id) => {
            let slug: Option<String> =
                either!(conn, c => courses::table.find(id).select(courses::slug).first(c).optional())?;
            slug.map(|slug| format!("/courses/{slug}"))
        }
        Matter::Meeting => None,
    })
}

/// Where a member's branch stands in the tree today; none for those who are no members.
pub fn of_member(conn: &mut Conn, person: PersonId) -> Result<Option<(crate::ids::OrgId, String)>> {
    Ok(either!(conn, c => memberships::table
        .inner_join(orgs::table)
        .filter(memberships::person_id.eq(person).and(memberships::valid_to.is_null()))
        .select((orgs::id, orgs::path))
        .first(c)
        .optional())?)
}
