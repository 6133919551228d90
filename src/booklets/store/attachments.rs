//! Rows of files that belong to booklets and courses; and who may read one.
use crate::access::Permission::{MakeCourses, OrganizeCourses, ReviewCourses};
use crate::access::Viewer;
use crate::booklets::attachments::{Kind, Owner};
use crate::booklets::{Stage, Visibility};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::ids::{AccountId, AttachmentId, BookletId, CourseId};
use crate::schema::{attachments, booklet_chapters, booklet_drafts, booklets, courses};
use crate::web::text::attachments_in;
use diesel::prelude::*;

/// A file that is kept.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub name: String,
    pub kind: Kind,
    pub size: i64,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Of the media store.
    pub folder: String,
    pub added_at: Timestamp,
    pub removed_at: Option<Timestamp>,
}

/// A file whose bytes are in the store and that has no row yet.
#[derive(Debug, Clone)]
pub struct New {
    pub name: String,
    pub kind: Kind,
    pub size: i64,
    pub digest: String,
    pub folder: String,
}

/// The two columns of an owner.
fn columns(owner: Owner) -> (Option<BookletId>, Option<CourseId>) {
    match owner {
        Owner::Booklet(id) => (Some(id), None),
        Owner::Course(id) => (None, Some(id)),
    }
}

const COLUMNS: (
    attachments::id,
    attachments::name,
    attachments::kind,
    attachments::size,
    attachments::digest,
    attachments::folder,
    attachments::added_at,
    attachments::removed_at,
) = (
    attachments::id,
    attachments::name,
    attachments::kind,
    attachments::size,
    attachments::digest,
    attachments::folder,
    attachments::added_at,
    attachments::removed_at,
);

/// The files of a booklet or course, those that were removed among them: a text that is read may still show one.
pub fn list(conn: &mut Conn, owner: Owner) -> Result<Vec<Attachment>> {
    let (booklet, course) = columns(owner);
    // What is NULL is nobody's.
    let of = attachments::booklet_id.eq(booklet).or(attachments::course_id.eq(course));
    Ok(either!(conn, c => attachments::table.filter(of).order(attachments::id).select(COLUMNS).load(c))?)
}

/// Those that are in use: not the removed ones.
pub fn kept(conn: &mut Conn, owner: Owner) -> Result<Vec<Attachment>> {
    Ok(list(conn, owner)?.into_iter().filter(|file| file.removed_at.is_none()).collect())
}

pub fn insert(
    conn: &mut Conn,
    owner: Owner,
    new: &New,
    by: AccountId,
    now: Timestamp,
) -> Result<AttachmentId> {
    let (booklet, course) = columns(owner);
    let row = (
        attachments::booklet_id.eq(booklet),
        attachments::course_id.eq(course),
        attachments::name.eq(&new.name),
        attachments::kind.eq(new.kind),
        attachments::size.eq(new.size),
        attachments::digest.eq(&new.digest),
        attachments::folder.eq(&new.folder),
        attachments::added_by.eq(by),
        attachments::added_at.eq(now),
    );
    Ok(either!(conn, c => diesel::insert_into(attachments::table)
        .values(row)
        .returning(attachments::id)
        .get_result(c))?)
}

/// Gives the files of one owner to another too: their old and new numbers. The bytes are shared, they never change.
pub fn copy(
    conn: &mut Conn,
    from: Owner,
    to: Owner,
    by: AccountId,
    now: Timestamp,
) -> Result<Vec<(AttachmentId, AttachmentId)>> {
    let mut numbers = vec![];
    for file in kept(conn, from)? {
        let Attachment { id, name, kind, size, digest, folder, .. } = file;
        numbers.push((id, insert(conn, to, &New { name, kind, size, digest, folder }, by, now)?));
    }
    Ok(numbers)
}

/// Removes a file from its owner's list; `false` if it is not there. Its bytes stay: what is read may show it.
pub fn remove(conn: &mut Conn, owner: Owner, id: AttachmentId, now: Timestamp) -> Result<bool> {
    let (booklet, course) = columns(owner);
    let of = attachments::booklet_id.eq(booklet).or(attachments::course_id.eq(course));
    let it = attachments::table
        .filter(of)
        .filter(attachments::id.eq(id))
        .filter(attachments::removed_at.is_null());
    Ok(either!(conn, c => diesel::update(it).set(attachments::removed_at.eq(now)).execute(c))? == 1)
}

/// The file, for whoever may read it: what a published text shows, as that text; before that the author, organizers, and
/// while it is handed in its reviewers.
///
/// # Errors
/// Not found for everybody else; that a visitor has to sign in.
pub fn readable(conn: &mut Conn, id: AttachmentId, viewer: Option<&Viewer>) -> Result<Attachment> {
    type Owners = (Option<BookletId>, Option<CourseId>);
    let owners: Owners = either!(conn, c => attachments::table
        .find(id)
        .select((attachments::booklet_id, attachments::course_id))
        .first(c))?;
    match owners {
        (Some(booklet), _) => in_booklet(conn, id, booklet, viewer)?,
        (None, Some(course)) => in_course(conn, course, viewer)?,
        (None, None) => return Err(Error::NotFound),
    }
    Ok(either!(conn, c => attachments::table.find(id).select(COLUMNS).first(c))?)
}

/// Whether the viewer writes the text, or is to review it.
fn is_at_work(viewer: Option<&Viewer>, author: AccountId, is_submitted: bool) -> bool {
    viewer.is_some_and(|viewer| {
        viewer.may(OrganizeCourses)
            || viewer.may(MakeCourses) && viewer.account == author
            || viewer.may(ReviewCourses) && is_submitted
    })
}

fn in_booklet(conn: &mut Conn, id: AttachmentId, booklet: BookletId, viewer: Option<&Viewer>) -> Result<()> {
    type Row = (Stage, Visibility, AccountId, Option<bool>);
    let (stage, visibility, author, is_submitted): Row = either!(conn, c => booklets::table
        .left_join(booklet_drafts::table.on(booklet_drafts::booklet_id.eq(booklets::id)))
        .filter(booklets::id.eq(booklet))
        .select((
            booklets::stage,
            booklets::visibility,
            booklets::author_id,
            booklet_drafts::is_submitted.nullable(),
        ))
        .first(c))?;
    if is_at_work(viewer, author, is_submitted == Some(true)) {
        return Ok(());
    }
    if stage != Stage::Published {
        return Err(Error::NotFound);
    }
    let named = booklet_chapters::booklet_id
        .eq(booklet)
        .and(booklet_chapters::body.like(format!("%attachment:{id}%")));
    let bodies: Vec<String> =
        either!(conn, c => booklet_chapters::table.filter(named).select(booklet_chapters::body).load(c))?;
    if !bodies.iter().any(|body| attachments_in(body).contains(&id.0)) {
        return Err(Error::NotFound);
    }
    if visibility == Visibility::Members && viewer.is_none() { Err(Error::SignIn) } else { Ok(()) }
}

fn in_course(conn: &mut Conn, course: CourseId, viewer: Option<&Viewer>) -> Result<()> {
    let (stage, visibility, author, is_submitted): (String, String, AccountId, bool) = either!(conn, c => courses::table
        .find(course)
        .select((courses::stage, courses::visibility, courses::author_id, courses::is_submitted))
        .first(c))?;
    match stage.as_str() {
        _ if is_at_work(viewer, author, is_submitted || stage == "in_review") => Ok(()),
        "published" if visibility != "members" || viewer.is_some() => Ok(()),
        "published" => Err(Error::SignIn),
        _ => Err(Error::NotFound),
    }
}
