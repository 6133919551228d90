//! The pages of the desk of booklets: the list, a booklet with its chapters, its steps, the whole as readers will see it.
//! `chapter` has the editor, `history` what was saved, `files` pictures and attachments, `import` texts from elsewhere,
//! `review` the other person's desk.
mod chapter;
mod files;
mod history;
mod import;
mod review;

use super::forms::{BookletForm, StepForm};
use super::store;
use super::{ChapterDraft, Made, Manuscript, NewBooklet, Refusal, Row, Shelf, Spoken, Verdict};
use crate::access::Permission::{MakeCourses, OrganizeCourses};
use crate::access::Viewer;
use crate::booklets::attachments::{self, Attachment, Owner};
use crate::booklets::{self, About, Stage};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{BookletId, ChapterId, random_hex};
use crate::msg;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/studio/booklets", MakeCourses, index),
        get("/studio/booklets/new", MakeCourses, new),
        post("/studio/booklets", MakeCourses, create),
        get("/studio/booklets/{booklet}", MakeCourses, show),
        post("/studio/booklets/{booklet}", MakeCourses, update),
        get("/studio/booklets/{booklet}/preview", MakeCourses, preview),
        post("/studio/booklets/{booklet}/begin", MakeCourses, begin),
        post("/studio/booklets/{booklet}/submit", MakeCourses, submit),
        post("/studio/booklets/{booklet}/take-back", MakeCourses, take_back),
        post("/studio/booklets/{booklet}/withdraw", MakeCourses, withdraw),
        post("/studio/booklets/{booklet}/reopen", MakeCourses, reopen),
        post("/studio/booklets/{booklet}/archive", MakeCourses, archive),
        post("/studio/booklets/{booklet}/copy", MakeCourses, copy),
    ];
    routes.extend(chapter::routes());
    routes.extend(history::routes());
    routes.extend(files::routes());
    routes.extend(import::routes());
    routes.extend(review::routes());
    routes
}

/// Booklets on a page of the list.
const LINES: i64 = 20;

#[derive(Template)]
#[template(path = "manuscripts/index.html")]
struct Index {
    page: Page,
    rows: Vec<Row>,
    paging: Paging,
    shelf: Option<Shelf>,
    /// Whether everybody's are listed.
    is_all: bool,
}

#[derive(Deserialize)]
struct ListQuery {
    page: Option<String>,
    state: Option<String>,
}

impl Index {
    /// The parts of the list with their words; none is all that is not put away.
    fn shelves(&self) -> Vec<(&'static str, &'static str, bool)> {
        let words = |shelf: Option<Shelf>| match shelf {
            None => self.page.t("全部"),
            Some(Shelf::Draft) => self.page.t("草稿"),
            Some(Shelf::InReview) => self.page.t("审读中"),
            Some(Shelf::Published) => self.page.t("已发布"),
            Some(Shelf::Withdrawn) => self.page.t("已下架"),
            Some(Shelf::Archived) => self.page.t("已归档"),
        };
        std::iter::once(None)
            .chain(Shelf::ALL.iter().copied().map(Some))
            .map(|shelf| (shelf.map_or("", Shelf::as_str), words(shelf), shelf == self.shelf))
            .collect()
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let (number, shelf) = (paging::number(&query.page), query.state.as_deref().and_then(Shelf::of));
    let view = db.read(move |conn| {
        let is_all = viewer.may(OrganizeCourses);
        let author = (!is_all).then_some(viewer.account);
        let mut rows = store::desk(conn, author, shelf, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { page, rows, paging, shelf, is_all })
    });
    reply::page(&view.await?)
}

#[derive(Template)]
#[template(path = "manuscripts/new.html")]
struct New {
    page: Page,
    form: BookletForm,
    errors: Errors,
}

async fn new(page: Page) -> Reply {
    let form = BookletForm {
        style: "1".into(),
        visibility: "public".into(),
        key: random_hex(16),
        ..BookletForm::default()
    };
    reply::page(&New { page, form, errors: Errors::default() })
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, form: Form<BookletForm>) -> Reply {
    let (form, doer) = (form.into_inner(), page.doer());
    let mut errors = Errors::default();
    let slug = errors.take("slug", form.check_slug());
    let key = errors.take("title", form::key(&form.key));
    let (about, slug, key) = match (form.check(), slug, key) {
        (Ok(about), Some(slug), Some(key)) => (about, slug, key),
        (about, ..) => {
            let mut errors = errors;
            if let Err(others) = about {
                errors = others.and(errors);
            }
            let key = form::key(&form.key).unwrap_or_else(|_| random_hex(16));
            return reply::invalid(&New { page, form: BookletForm { key, ..form }, errors });
        }
    };
    let new = NewBooklet { about, slug, key };
    let made = db.write(move |conn| super::create(conn, &new, viewer.account, &doer, clock::now())).await?;
    match made {
        Made::New(id) | Made::Same(id) => reply::see(format!("/studio/booklets/{id}?done=booklet-made")),
        Made::Taken => {
            let errors = Errors::default().with("slug", msg!("这个地址已经有读本在用，请换一个"));
            reply::invalid(&New { page, form, errors })
        }
    }
}

#[derive(Template)]
#[template(path = "manuscripts/show.html")]
struct Show {
    page: Page,
    manuscript: Manuscript,
    about: About,
    author: String,
    chapters: Vec<ChapterDraft>,
    deleted: Vec<ChapterDraft>,
    /// What is read, where nobody has begun to write.
    public: Vec<booklets::Heading>,
    files: Vec<Attachment>,
    spoken: Vec<Spoken>,
    /// Verdicts from before there was this desk.
    earlier: Vec<(String, Verdict, clock::Timestamp)>,
    /// What the form shows: as it is stored, or as it was typed.
    form: BookletForm,
    /// What somebody else stored while the form was being filled in.
    meanwhile: Option<About>,
    step: StepForm,
    errors: Errors,
    key: String,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: BookletId) -> Result<Show> {
        let manuscript = super::own(conn, viewer, id)?;
        let about = manuscript.about(conn)?;
        let revision = manuscript.draft.as_ref().map(|draft| draft.revision).unwrap_or_default();
        Ok(Show {
            author: store::name(conn, manuscript.standing.author)?,
            chapters: store::chapters(conn, id)?,
            deleted: store::deleted(conn, id)?,
            public: if manuscript.draft.is_none() { booklets::contents(conn, id)? } else { vec![] },
            files: attachments::kept(conn, Owner::Booklet(id))?,
            spoken: store::spoken(conn, id)?,
            earlier: store::earlier(conn, id)?,
            form: BookletForm::of(&about, revision),
            step: StepForm { revision: revision.to_string(), ..StepForm::default() },
            meanwhile: None,
            errors: Errors::default(),
            key: random_hex(16),
            page,
            manuscript,
            about,
        })
    }
    fn id(&self) -> BookletId {
        self.manuscript.standing.id
    }
    fn is_writable(&self) -> bool {
        self.manuscript.writable().is_ok()
    }
    fn has_draft(&self) -> bool {
        self.manuscript.draft.is_some()
    }
    fn is_published(&self) -> bool {
        self.manuscript.standing.stage == Stage::Published
    }
    fn is_withdrawn(&self) -> bool {
        self.manuscript.standing.stage == Stage::Withdrawn
    }
    fn is_archived(&self) -> bool {
        self.manuscript.standing.archived_at.is_some()
    }
    /// Whether there is something to hand in.
    fn may_submit(&self) -> bool {
        self.is_writable() && (!self.is_published() || self.manuscript.is_changed())
    }
    /// What is missing before it can be handed in.
    fn missing(&self) -> Option<String> {
        let refusal = match () {
            () if self.chapters.is_empty() => Refusal::NoChapters,
            () if self.chapters.iter().any(|one| one.body.trim().is_empty()) => Refusal::EmptyChapter,
            () => return None,
        };
        Some(self.page.say(&refusal.words()))
    }
    /// What a reviewer asked for, while nothing was handed in again.
    fn returned(&self) -> Option<&Spoken> {
        let round = self.manuscript.draft.as_ref().filter(|draft| !draft.is_submitted)?.round;
        self.spoken.first().filter(|one| one.round == round && one.verdict == Verdict::Returned)
    }
    fn words(&self, verdict: &Verdict) -> &'static str {
        words(&self.page, *verdict)
    }
    fn count(&self, body: &str) -> usize {
        body.chars().filter(|c| !c.is_whitespace()).count()
    }
    fn size(&self, bytes: &i64) -> String {
        files::shown(*bytes)
    }
}

/// The address of a chapter's editor.
fn path(booklet: BookletId, chapter: ChapterId) -> String {
    format!("/studio/booklets/{booklet}/chapters/{chapter}")
}

/// A verdict in words.
fn words(page: &Page, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => page.t("通过"),
        Verdict::Returned => page.t("退回修改"),
    }
}

async fn view(page: Page, viewer: Viewer, db: &Db, id: BookletId) -> Result<Show> {
    db.read(move |conn| Show::load(conn, page, &viewer, id)).await
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    reply::page(&view(page, viewer, &db, *id).await?)
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<BookletId>,
    form: Form<BookletForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let saved = db
        .write(move |conn| {
            super::own(conn, &who, id)?;
            match sent.check() {
                Ok(about) => {
                    let (base, by) = (sent.revision(), who.account);
                    super::describe(conn, id, base, &about, by, &doer, clock::now()).map(Ok)
                }
                Err(errors) => Ok(Err(errors)),
            }
        })
        .await?;
    match saved {
        Ok(true) => reply::see(format!("/studio/booklets/{id}?done=saved")),
        // Theirs stays in the form, beside what is stored now; sent again it counts.
        Ok(false) => {
            let view = view(page, viewer, &db, id).await?;
            let form = BookletForm { revision: view.form.revision.clone(), ..form };
            let meanwhile = Some(view.about.clone());
            reply::html(StatusCode::CONFLICT, &Show { form, meanwhile, ..view })
        }
        Err(errors) => {
            let view = view(page, viewer, &db, id).await?;
            reply::invalid(&Show { form, errors, ..view })
        }
    }
}

/// The whole as readers will see it.
#[derive(Template)]
#[template(path = "manuscripts/preview.html")]
struct Preview {
    page: Page,
    id: BookletId,
    about: About,
    /// Number, title and text as HTML.
    chapters: Vec<(i32, String, String)>,
}

async fn preview(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let id = *id;
    let view = db.read_long(move |conn| {
        let manuscript = super::own(conn, &viewer, id)?;
        let files = attachments::kept(conn, Owner::Booklet(id))?;
        let texts = match manuscript.draft {
            Some(_) => super::text(conn, id)?,
            None => booklets::chapters(conn, id)?.into_iter().map(|one| (one.title, one.body)).collect(),
        };
        let chapters = (1..)
            .zip(texts)
            .map(|(number, (title, body))| (number, title, booklets::pages::html(3, &body, &files)))
            .collect();
        Ok(Preview { about: manuscript.about(conn)?, page, id, chapters })
    });
    reply::page(&view.await?)
}

/// A step of one's own booklet that asks for nothing, and where it leads.
async fn step(
    viewer: Viewer,
    db: &Db,
    id: BookletId,
    done: &str,
    work: impl FnOnce(&mut Conn) -> Result<()> + Send + 'static,
) -> Reply {
    db.write(move |conn| {
        super::own(conn, &viewer, id)?;
        work(conn)
    })
    .await?;
    reply::see(format!("/studio/booklets/{id}?done={done}"))
}

async fn begin(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    step(viewer, &db, id, "booklet-begun", move |conn| super::begin(conn, id, &doer, clock::now())).await
}

async fn submit(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    step(viewer, &db, id, "course-submitted", move |conn| super::submit(conn, id, &doer, clock::now())).await
}

async fn take_back(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    step(viewer, &db, id, "taken-back", move |conn| super::take_back(conn, id, &doer, clock::now())).await
}

async fn withdraw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<BookletId>,
    form: Form<StepForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let mut errors = Errors::default();
    let Some(reason) = errors.take("reason", form::text(&form.reason, 200)) else {
        let view = view(page, viewer, &db, id).await?;
        let step = StepForm { reason: form.into_inner().reason, ..view.step.clone() };
        return reply::invalid(&Show { errors, step, ..view });
    };
    let done = "withdrawn";
    step(viewer, &db, id, done, move |conn| super::withdraw(conn, id, &reason, &doer, clock::now())).await
}

async fn reopen(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    step(viewer, &db, id, "reopened", move |conn| super::reopen(conn, id, &doer, clock::now())).await
}

async fn archive(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    step(viewer, &db, id, "booklet-archived", move |conn| super::archive(conn, id, &doer, clock::now())).await
}

async fn copy(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>, form: Form<StepForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let key = form::key(&form.key).map_err(Error::Malformed)?;
    let made = db.write(move |conn| {
        let from = super::own(conn, &viewer, id)?;
        let title: String = from.about(conn)?.title.chars().take(34).collect();
        super::copy(conn, &from, title + "（副本）", &key, viewer.account, &doer, clock::now())
    });
    reply::see(format!("/studio/booklets/{}?done=course-copied", made.await?))
}
