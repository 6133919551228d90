//! The pages of booklets: the shelf, one booklet's contents, a chapter, and the whole on one page for printing. `files` has
//! their pictures and attachments, `epub` the book to take away.
mod epub;
mod files;

use super::attachments::{self, Attachment, Owner};
use super::{BookletCard, Chapter, Gone, Heading, store};
use crate::access::Access::Anyone;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{BookletId, PersonId, TestId};
use crate::selftests;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use crate::web::slug::Slug;
use crate::web::text::markdown_with;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/booklets", Anyone, index).kept(&[]),
        get("/booklets/{slug}", Anyone, show).kept(&[]),
        get("/booklets/{slug}/print", Anyone, print).kept(&[]),
    ];
    routes.extend(epub::routes());
    routes.push(get("/booklets/{slug}/{chapter}", Anyone, read).kept(&[]));
    routes.extend(files::routes());
    routes
}

pub use files::read as bytes;

/// More than any city prints; the list is not paged.
const MOST: i64 = 200;

fn reader(page: &Page) -> Option<PersonId> {
    page.viewer.as_ref().map(|viewer| viewer.person)
}

#[derive(Template)]
#[template(path = "booklets/index.html")]
struct Index {
    page: Page,
    booklets: Vec<BookletCard>,
}

async fn index(page: Page, db: Data<Db>) -> Reply {
    let viewer = reader(&page);
    let booklets = db.read(move |conn| store::shelf(conn, viewer, MOST)).await?;
    reply::page(&Index { page, booklets })
}

/// In the place of a booklet that was withdrawn.
#[derive(Template)]
#[template(path = "booklets/gone.html")]
struct Withdrawn {
    page: Page,
    gone: Gone,
}

/// A page of a booklet, or the word that it was withdrawn.
type Found<T> = std::result::Result<T, Withdrawn>;

fn answer<T: Template>(found: &Found<T>) -> Reply {
    match found {
        Ok(view) => reply::page(view),
        Err(gone) => reply::html(StatusCode::GONE, gone),
    }
}

/// The files of a booklet, if one of these texts names any.
fn files_of<'a>(
    conn: &mut Conn,
    booklet: BookletId,
    mut texts: impl Iterator<Item = &'a str>,
) -> Result<Vec<Attachment>> {
    match texts.any(|text| text.contains("attachment:")) {
        true => attachments::list(conn, Owner::Booklet(booklet)),
        false => Ok(vec![]),
    }
}

#[derive(Template)]
#[template(path = "booklets/show.html")]
struct Show {
    page: Page,
    booklet: BookletCard,
    contents: Vec<Heading>,
    /// Its open self-tests, for those who may take them.
    tests: Vec<(TestId, String)>,
}

async fn show(page: Page, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let viewer = reader(&page);
    let view = db.read(move |conn| {
        let booklet = match super::open(conn, slug.as_str(), viewer)? {
            Ok(booklet) => booklet,
            Err(gone) => return Ok(Err(Withdrawn { page, gone })),
        };
        let contents = store::contents(conn, booklet.id)?;
        // Pages of visitors are kept, and who takes a test signs in.
        let tests = match viewer {
            Some(_) => selftests::of_booklet(conn, booklet.id)?,
            None => vec![],
        };
        Ok(Ok(Show { page, booklet, contents, tests }))
    });
    answer(&view.await?)
}

#[derive(Template)]
#[template(path = "booklets/read.html")]
struct Read {
    page: Page,
    booklet: BookletCard,
    contents: Vec<Heading>,
    number: i32,
    title: String,
    html: String,
    before: Option<Heading>,
    after: Option<Heading>,
}

impl Read {
    fn load(conn: &mut Conn, page: Page, slug: &str, number: i32) -> Result<Found<Read>> {
        let booklet = match super::open(conn, slug, reader(&page))? {
            Ok(booklet) => booklet,
            Err(gone) => return Ok(Err(Withdrawn { page, gone })),
        };
        let chapter = store::chapter(conn, booklet.id, number)?;
        let files = files_of(conn, booklet.id, std::iter::once(chapter.body.as_str()))?;
        let contents = store::contents(conn, booklet.id)?;
        let neighbour = |n: i32| contents.iter().find(|heading| heading.number == n).cloned();
        Ok(Ok(Read {
            before: neighbour(number - 1),
            after: neighbour(number.saturating_add(1)),
            html: html(2, &chapter.body, &files),
            title: chapter.title,
            number,
            contents,
            booklet,
            page,
        }))
    }
}

async fn read(page: Page, db: Data<Db>, path: Path<(Slug, i32)>) -> Reply {
    let (slug, number) = path.into_inner();
    let view = match db.read(move |conn| Read::load(conn, page, slug.as_str(), number)).await? {
        Ok(view) => view,
        gone => return answer(&gone),
    };
    // A GET changes nothing that anybody decided. The one thing kept here is where the reader is, as a bookmark that
    // moves with the page: written only when it moved, only for the reader's own reading, and a page is shown even if
    // the bookmark could not be moved.
    if let Some(viewer) = view.page.viewer.as_ref().filter(|viewer| !viewer.is_acting())
        && view.booklet.reached != Some(number)
    {
        let (person, booklet) = (viewer.person, view.booklet.id);
        let kept =
            db.write(move |conn| super::keep_position(conn, person, booklet, number, clock::now())).await;
        if let Err(error) = kept {
            tracing::warn!(request = view.page.request_id, %error, "a reading position was not kept");
        }
    }
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "booklets/print.html")]
struct Print {
    page: Page,
    booklet: BookletCard,
    /// Number, title and text as HTML.
    chapters: Vec<(i32, String, String)>,
}

async fn print(page: Page, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let viewer = reader(&page);
    let view = db.read_long(move |conn| {
        let booklet = match super::open(conn, slug.as_str(), viewer)? {
            Ok(booklet) => booklet,
            Err(gone) => return Ok(Err(Withdrawn { page, gone })),
        };
        let chapters = store::chapters(conn, booklet.id)?;
        let files = files_of(conn, booklet.id, chapters.iter().map(|chapter| chapter.body.as_str()))?;
        let chapters = chapters
            .into_iter()
            .map(|Chapter { number, title, body }| (number, title, html(3, &body, &files)))
            .collect();
        Ok(Ok(Print { page, booklet, chapters }))
    });
    answer(&view.await?)
}

/// A chapter for reading, its headings from level `top` on, with the pictures among these files.
pub fn html(top: usize, body: &str, files: &[Attachment]) -> String {
    finished(top, &markdown_with(body, &attachments::finder(files)))
}

/// The empty corner of a table is no heading of a column.
pub(super) fn finished(top: usize, html: &str) -> String {
    headings_from(top, html).replace("<th scope=\"col\"></th>", "<td></td>")
}

/// The HTML of a chapter with its highest headings at level `top`, so that they follow the page's own without a gap,
/// whatever level the author began with. Only tags that the Markdown writer made contain `<`; text has `&lt;`.
fn headings_from(top: usize, html: &str) -> String {
    let Some(highest) = (1..=6).find(|level| html.contains(&format!("<h{level}>"))) else {
        return html.to_owned();
    };
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find("<h").into_iter().chain(rest.find("</h")).min() {
        let digit = start + rest[start..].find('h').unwrap_or_default() + 1;
        match rest[digit..].chars().next().and_then(|c| c.to_digit(10)) {
            Some(level) => {
                out.push_str(&rest[..digit]);
                out.push_str(&(level as usize + top - highest).min(6).to_string());
                rest = &rest[digit + 1..];
            }
            // <hr> and the like
            None => {
                out.push_str(&rest[..digit]);
                rest = &rest[digit..];
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_a_chapter_follow_those_of_its_page() {
        assert_eq!(
            headings_from(2, "<h3>一</h3><hr /><p>a &lt;h3&gt;</p><h4>二</h4>"),
            "<h2>一</h2><hr /><p>a &lt;h3&gt;</p><h3>二</h3>"
        );
        assert_eq!(headings_from(3, "<h1>一</h1><h6>六</h6>"), "<h3>一</h3><h6>六</h6>");
        assert_eq!(headings_from(2, "<p>没有标题</p>"), "<p>没有标题</p>");
    }
}
