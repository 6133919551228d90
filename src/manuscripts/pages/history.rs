//! Every text of a chapter that was saved: the list, one of them, and going back to it.
use super::super::forms::{self, StepForm};
use super::super::store;
use super::super::writing::{self, Saved};
use super::super::{ChapterDraft, Refusal, Save};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::booklets;
use crate::booklets::attachments::{self, Owner};
use crate::clock;
use crate::db::Db;
use crate::ids::{BookletId, ChapterId};
use crate::manuscripts::difference::{self, Line};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/studio/booklets/{booklet}/chapters/{draft}/saves", MakeCourses, index),
        get("/studio/booklets/{booklet}/chapters/{draft}/saves/{save}", MakeCourses, show),
        post("/studio/booklets/{booklet}/chapters/{draft}/saves/{save}", MakeCourses, restore),
    ]
}

/// Saves on a page.
const LINES: i64 = 30;

#[derive(Template)]
#[template(path = "manuscripts/saves.html")]
struct Index {
    page: Page,
    booklet: BookletId,
    chapter: ChapterDraft,
    rows: Vec<Save>,
    paging: Paging,
}

impl Index {
    fn path(&self) -> String {
        super::path(self.booklet, self.chapter.id)
    }
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

async fn index(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    query: Query<PageQuery>,
) -> Reply {
    let (booklet, chapter) = path.into_inner();
    let number = paging::number(&query.page);
    let view = db.read(move |conn| {
        super::super::own(conn, &viewer, booklet)?;
        let chapter = store::chapter(conn, booklet, chapter)?;
        let mut rows = store::saves(conn, chapter.id, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { page, booklet, chapter, rows, paging })
    });
    reply::page(&view.await?)
}

#[derive(Template)]
#[template(path = "manuscripts/save.html")]
struct Show {
    page: Page,
    booklet: BookletId,
    /// As it is now.
    chapter: ChapterDraft,
    save: Save,
    body: String,
    /// As readers would see it.
    html: String,
    /// What has changed since.
    lines: Vec<Line>,
    is_writable: bool,
}

impl Show {
    fn path(&self) -> String {
        super::path(self.booklet, self.chapter.id)
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(BookletId, ChapterId, i32)>) -> Reply {
    let (booklet, chapter, revision) = path.into_inner();
    let view = db.read(move |conn| {
        let manuscript = super::super::own(conn, &viewer, booklet)?;
        let chapter = store::chapter(conn, booklet, chapter)?;
        let (save, body) = store::save_of(conn, chapter.id, revision)?;
        let files = attachments::list(conn, Owner::Booklet(booklet))?;
        Ok(Show {
            html: booklets::pages::html(3, &body, &files),
            lines: difference::shortened(difference::lines(&body, &chapter.body)),
            is_writable: manuscript.writable().is_ok() && !chapter.is_deleted,
            page,
            booklet,
            chapter,
            save,
            body,
        })
    });
    reply::page(&view.await?)
}

async fn restore(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId, i32)>,
    form: Form<StepForm>,
) -> Reply {
    let (booklet, chapter, revision) = path.into_inner();
    let (doer, base) = (page.doer(), forms::number(&form.base));
    db.write(move |conn| {
        super::super::own(conn, &viewer, booklet)?;
        let by = (viewer.account, &doer);
        match writing::restore(conn, (booklet, chapter), base, revision, by, clock::now())? {
            Saved::As(_) => Ok(()),
            Saved::Meanwhile => Err(Refusal::SavedMeanwhile.into()),
        }
    })
    .await?;
    reply::see(format!("/studio/booklets/{booklet}/chapters/{chapter}?done=restored"))
}
