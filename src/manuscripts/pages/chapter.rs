//! A chapter: added, moved, deleted; and its editor, which shows the text as readers will see it, saves by itself, and tells
//! whoever comes second that somebody else saved meanwhile.
use super::super::forms::{self, ChapterForm, StepForm};
use super::super::store;
use super::super::writing::{self, Saved};
use super::super::{ChapterDraft, LONGEST, Refusal};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::booklets;
use crate::booklets::attachments::{self, Attachment, Owner};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{BookletId, ChapterId};
use crate::lang::Message;
use crate::manuscripts::difference::{self, Line};
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Path, Payload};
use askama::Template;

pub fn routes() -> Vec<Route> {
    vec![
        post("/studio/booklets/{booklet}/chapters", MakeCourses, add),
        get("/studio/booklets/{booklet}/chapters/{draft}", MakeCourses, show),
        post("/studio/booklets/{booklet}/chapters/{draft}", MakeCourses, save),
        post("/studio/booklets/{booklet}/chapters/{draft}/auto", MakeCourses, auto),
        post("/studio/booklets/{booklet}/chapters/{draft}/preview", MakeCourses, preview),
        post("/studio/booklets/{booklet}/chapters/{draft}/move", MakeCourses, shift),
        post("/studio/booklets/{booklet}/chapters/{draft}/delete", MakeCourses, erase),
        post("/studio/booklets/{booklet}/chapters/{draft}/revive", MakeCourses, revive),
    ]
}

/// The longest form, in bytes: the longest chapter in Chinese, percent-encoded.
const LARGEST: usize = LONGEST * 9 + 16 * 1024;

async fn add(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>, form: Form<StepForm>) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let mut errors = Errors::default();
    let Some(title) = errors.take("chapter", forms::title(&form.title)) else {
        let view = super::view(page, viewer, &db, id).await?;
        let step = StepForm { title: form.title, ..view.step.clone() };
        return reply::invalid(&super::Show { step, errors, ..view });
    };
    let (base, who) = (forms::number(&form.revision), viewer.clone());
    let made = db
        .write(move |conn| {
            super::super::own(conn, &who, id)?;
            writing::add(conn, id, base, &title, who.account, &doer, clock::now())
        })
        .await?;
    match made {
        Some(chapter) => reply::see(format!("/studio/booklets/{id}/chapters/{chapter}?done=added")),
        // What was typed stays; sent again it counts.
        None => {
            let view = super::view(page, viewer, &db, id).await?;
            let errors = errors.with("chapter", Refusal::MovedKept.words());
            let step = StepForm { title: form.title, ..view.step.clone() };
            reply::html(StatusCode::CONFLICT, &super::Show { step, errors, ..view })
        }
    }
}

#[derive(Template)]
#[template(path = "manuscripts/chapter.html")]
struct Editor {
    page: Page,
    booklet: BookletId,
    booklet_title: String,
    chapter: ChapterDraft,
    /// Its number among the chapters; none for a deleted one.
    number: Option<usize>,
    /// Who saved it last.
    saver: String,
    /// Why it may not be changed now.
    closed: Option<Message>,
    form: ChapterForm,
    /// As readers will see it.
    html: String,
    /// What the preview shows is not saved.
    is_unsaved: bool,
    files: Vec<Attachment>,
    errors: Errors,
}

impl Editor {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        (id, chapter): (BookletId, ChapterId),
        form: Option<ChapterForm>,
    ) -> Result<Editor> {
        let manuscript = super::super::own(conn, viewer, id)?;
        let chapter = store::chapter(conn, id, chapter)?;
        let files = attachments::kept(conn, Owner::Booklet(id))?;
        let form = form.unwrap_or_else(|| ChapterForm {
            title: chapter.title.clone(),
            body: chapter.body.clone(),
            base: chapter.revision,
            is_part: false,
        });
        let closed = match manuscript.writable() {
            Ok(_) => None,
            Err(Error::Refused(why)) => Some(why),
            Err(other) => return Err(other),
        };
        let number = store::chapters(conn, id)?.iter().position(|one| one.id == chapter.id);
        Ok(Editor {
            booklet: id,
            booklet_title: manuscript.about(conn)?.title,
            number: number.map(|place| place + 1),
            saver: store::name(conn, chapter.changed_by)?,
            html: booklets::pages::html(2, &form.body, &files),
            is_unsaved: form.body != chapter.body || form.title != chapter.title,
            errors: Errors::default(),
            page,
            chapter,
            closed,
            form,
            files,
        })
    }
    fn is_open(&self) -> bool {
        self.closed.is_none() && !self.chapter.is_deleted
    }
    fn path(&self) -> String {
        super::path(self.booklet, self.chapter.id)
    }
    /// What to write for a file.
    fn mark(&self, file: &Attachment) -> String {
        let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
        let sign = if file.kind.is_picture() { "!" } else { "" };
        format!("{sign}[{stem}](attachment:{})", file.id)
    }
}

async fn view(
    page: Page,
    viewer: Viewer,
    db: &Db,
    at: (BookletId, ChapterId),
    form: Option<ChapterForm>,
) -> Result<Editor> {
    db.read(move |conn| Editor::load(conn, page, &viewer, at, form)).await
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(BookletId, ChapterId)>) -> Reply {
    reply::page(&view(page, viewer, &db, path.into_inner(), None).await?)
}

async fn read(body: Payload) -> Result<ChapterForm> {
    Ok(ChapterForm::of(&body::pairs(body, LARGEST).await?))
}

/// Both texts, where somebody else saved meanwhile: the sender's own stays in the form, on top of the other one.
#[derive(Template)]
#[template(path = "manuscripts/conflict.html")]
struct Conflict {
    page: Page,
    booklet: BookletId,
    booklet_title: String,
    /// As the other one saved it.
    chapter: ChapterDraft,
    saver: String,
    /// As it was sent.
    form: ChapterForm,
    /// What of the other one's text is not in it, and the other way round.
    lines: Vec<Line>,
    errors: Errors,
}

impl Conflict {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        (id, chapter): (BookletId, ChapterId),
        form: ChapterForm,
    ) -> Result<Conflict> {
        let manuscript = super::super::own(conn, viewer, id)?;
        let chapter = store::chapter(conn, id, chapter)?;
        let lines = difference::shortened(difference::lines(&chapter.body, &form.body));
        Ok(Conflict {
            booklet: id,
            booklet_title: manuscript.about(conn)?.title,
            saver: store::name(conn, chapter.changed_by)?,
            form: ChapterForm { base: chapter.revision, ..form },
            errors: Errors::default(),
            page,
            chapter,
            lines,
        })
    }
}

impl Conflict {
    fn path(&self) -> String {
        super::path(self.booklet, self.chapter.id)
    }
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    body: Payload,
) -> Reply {
    let at @ (booklet, chapter) = path.into_inner();
    let form = read(body).await?;
    let (title, text) = match form.check() {
        Ok(text) => text,
        Err(errors) => {
            let view = view(page, viewer, &db, at, Some(form)).await?;
            return reply::invalid(&Editor { errors, ..view });
        }
    };
    let (doer, who, base) = (page.doer(), viewer.clone(), form.base);
    let saved = db
        .write(move |conn| {
            super::super::own(conn, &who, booklet)?;
            let by = (who.account, &doer);
            let saved = writing::save(conn, at, base, (&title, &text), false, by, clock::now())?;
            Ok((saved, store::chapter(conn, booklet, chapter)?.is_deleted))
        })
        .await;
    match saved {
        Ok((Saved::As(_), _)) => reply::see(format!("{}?done=saved", super::path(booklet, chapter))),
        Ok((Saved::Meanwhile, false)) => {
            let view = db.read(move |conn| Conflict::load(conn, page, &viewer, at, form)).await?;
            reply::html(StatusCode::CONFLICT, &view)
        }
        // It was deleted or handed in meanwhile: why, and the text that was not saved.
        Ok((Saved::Meanwhile, true)) | Err(Error::Refused(_)) => {
            reply::html(StatusCode::CONFLICT, &view(page, viewer, &db, at, Some(form)).await?)
        }
        Err(other) => Err(other),
    }
}

fn told(status: StatusCode, what: serde_json::Value) -> Reply {
    Ok(HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(what))
}

/// The script's save: what became of it, in a word and in a sentence.
async fn auto(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    body: Payload,
) -> Reply {
    let at @ (booklet, _) = path.into_inner();
    let form = read(body).await?;
    let (title, text) = match form.check() {
        Ok(text) => text,
        Err(errors) => {
            let why = errors.iter().map(|(_, problem)| page.say(problem)).collect::<Vec<_>>().join(" ");
            return told(StatusCode::UNPROCESSABLE_ENTITY, serde_json::json!({ "says": why }));
        }
    };
    let (doer, now) = (page.doer(), clock::now());
    let saved = db
        .write(move |conn| {
            super::super::own(conn, &viewer, booklet)?;
            let by = (viewer.account, &doer);
            writing::save(conn, at, form.base, (&title, &text), true, by, now)
        })
        .await;
    match saved {
        Ok(Saved::As(revision)) => {
            let says = page.tf("{} 已自动保存", page.moment(&now));
            told(StatusCode::OK, serde_json::json!({ "revision": revision, "says": says }))
        }
        Ok(Saved::Meanwhile) => {
            let says = page.t("没有保存：别人刚改过这一章。点“保存”看两份文字，再决定留哪一份。");
            told(StatusCode::CONFLICT, serde_json::json!({ "says": says }))
        }
        Err(Error::Refused(why)) => told(StatusCode::CONFLICT, serde_json::json!({ "says": page.say(&why) })),
        Err(other) => Err(other),
    }
}

/// The text as readers will see it, alone.
#[derive(Template)]
#[template(path = "manuscripts/_shown.html")]
struct Part {
    page: Page,
    form: ChapterForm,
    html: String,
}

async fn preview(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    body: Payload,
) -> Reply {
    let form = read(body).await?;
    let is_part = form.is_part;
    let view = view(page, viewer, &db, path.into_inner(), Some(form)).await?;
    match is_part {
        true => {
            let Editor { page, form, html, .. } = view;
            reply::page(&Part { page, form, html })
        }
        false => reply::page(&view),
    }
}

async fn shift(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    form: Form<StepForm>,
) -> Reply {
    let at @ (id, chapter) = path.into_inner();
    let (doer, base, is_up) = (page.doer(), forms::number(&form.revision), form.direction == "up");
    db.write(move |conn| {
        super::super::own(conn, &viewer, id)?;
        writing::shift(conn, at, base, is_up, (viewer.account, &doer), clock::now())
    })
    .await?;
    reply::see(format!("/studio/booklets/{id}?done=moved#chapter-{chapter}"))
}

async fn erase(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    form: Form<StepForm>,
) -> Reply {
    let at @ (id, _) = path.into_inner();
    let (doer, base) = (page.doer(), forms::number(&form.revision));
    db.write(move |conn| {
        super::super::own(conn, &viewer, id)?;
        writing::erase(conn, at, base, (viewer.account, &doer), clock::now())
    })
    .await?;
    reply::see(format!("/studio/booklets/{id}?done=chapter-deleted#deleted"))
}

async fn revive(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BookletId, ChapterId)>,
    form: Form<StepForm>,
) -> Reply {
    let at @ (id, chapter) = path.into_inner();
    let (doer, base) = (page.doer(), forms::number(&form.revision));
    db.write(move |conn| {
        super::super::own(conn, &viewer, id)?;
        writing::revive(conn, at, base, (viewer.account, &doer), clock::now())
    })
    .await?;
    reply::see(format!("/studio/booklets/{id}?done=chapter-revived#chapter-{chapter}"))
}
