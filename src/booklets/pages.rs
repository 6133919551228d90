//! The pages of booklets: the shelf, one booklet's contents, a chapter, and the whole on one page for printing.
use super::store::Chapter;
use super::{BookletCard, Heading, store};
use crate::access::Access::Anyone;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::PersonId;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use crate::web::slug::Slug;
use crate::web::text::markdown;
use actix_web::web::{Data, Path};
use askama::Template;

pub fn routes() -> Vec<Route> {
    vec![
        get("/booklets", Anyone, index).kept(&[]),
        get("/booklets/{slug}", Anyone, show).kept(&[]),
        get("/booklets/{slug}/print", Anyone, print).kept(&[]),
        get("/booklets/{slug}/{chapter}", Anyone, read).kept(&[]),
    ]
}

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

#[derive(Template)]
#[template(path = "booklets/show.html")]
struct Show {
    page: Page,
    booklet: BookletCard,
    contents: Vec<Heading>,
}

async fn show(page: Page, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let viewer = reader(&page);
    let view = db.read(move |conn| {
        let booklet = super::open(conn, slug.as_str(), viewer)?;
        let contents = store::contents(conn, booklet.id)?;
        Ok(Show { page, booklet, contents })
    });
    reply::page(&view.await?)
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
    fn load(conn: &mut Conn, page: Page, slug: &str, number: i32) -> Result<Read> {
        let booklet = super::open(conn, slug, reader(&page))?;
        let chapter = store::chapter(conn, booklet.id, number)?;
        let contents = store::contents(conn, booklet.id)?;
        let neighbour = |n: i32| contents.iter().find(|heading| heading.number == n).cloned();
        Ok(Read {
            before: neighbour(number - 1),
            after: neighbour(number.saturating_add(1)),
            html: html(2, &chapter.body),
            title: chapter.title,
            number,
            contents,
            booklet,
            page,
        })
    }
}

async fn read(page: Page, db: Data<Db>, path: Path<(Slug, i32)>) -> Reply {
    let (slug, number) = path.into_inner();
    let view = db.read(move |conn| Read::load(conn, page, slug.as_str(), number)).await?;
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
        let booklet = super::open(conn, slug.as_str(), viewer)?;
        let chapters = store::chapters(conn, booklet.id)?
            .into_iter()
            .map(|Chapter { number, title, body }| (number, title, html(3, &body)))
            .collect();
        Ok(Print { page, booklet, chapters })
    });
    reply::page(&view.await?)
}

/// A chapter for reading, its headings from level `top` on. The empty corner of a table is no heading of a column.
fn html(top: usize, body: &str) -> String {
    headings_from(top, &markdown(body)).replace("<th scope=\"col\"></th>", "<td></td>")
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
