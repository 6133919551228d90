//! The reviewers' desk of booklets: what waits, and one with what has changed against what is read.
use super::super::difference::{self, Line};
use super::super::forms::{self, VerdictForm};
use super::super::way::{self, Judgement};
use super::super::{Manuscript, Refusal, Spoken, Verdict, Waiting};
use super::super::{find, store, text};
use crate::access::Permission::ReviewCourses;
use crate::access::Viewer;
use crate::booklets::attachments::{self, Owner};
use crate::booklets::{self, About, Fate, Visibility};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::BookletId;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/review/booklets", ReviewCourses, index),
        get("/review/booklets/{booklet}", ReviewCourses, show),
        post("/review/booklets/{booklet}", ReviewCourses, judge),
    ]
}

/// Booklets on a page.
const LINES: i64 = 20;

#[derive(Template)]
#[template(path = "manuscripts/waiting.html")]
struct Index {
    page: Page,
    rows: Vec<Waiting>,
    paging: Paging,
    account: i64,
}

impl Index {
    fn is_own(&self, row: &Waiting) -> bool {
        row.author.0 == self.account
    }
    fn is_writer(&self, row: &Waiting) -> bool {
        row.changed_by.0 == self.account
    }
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| {
        let mut rows = store::waiting(conn, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { page, rows, paging, account: viewer.account.0 })
    });
    reply::page(&view.await?)
}

/// What became of a chapter since it was read last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Same,
    Changed,
    Moved,
    New,
    Gone,
}

/// A chapter before its reviewer.
struct Shown {
    number: usize,
    title: String,
    /// As it is read now, if that is another one.
    old_title: Option<String>,
    change: Change,
    html: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "manuscripts/review.html")]
struct Show {
    page: Page,
    manuscript: Manuscript,
    about: About,
    author: String,
    /// What is said of it where it is read, if there is anything to read and it says something else.
    public: Option<About>,
    has_public: bool,
    chapters: Vec<Shown>,
    gone: Vec<Shown>,
    spoken: Vec<Spoken>,
    /// Why this viewer may not judge.
    barred: Option<Refusal>,
    form: VerdictForm,
    errors: Errors,
}

/// The chapters that are written, beside those that are read; and those that are gone.
fn shown(
    old: &[(String, String)],
    new: &[(String, String)],
    html: impl Fn(&str) -> String,
) -> (Vec<Shown>, Vec<Shown>) {
    let of = |fate: &Fate| match *fate {
        Fate::Kept(before, at) => {
            let (was, is) = (&old[before], &new[at]);
            let lines = match was.1 == is.1 {
                true => vec![],
                false => difference::shortened(difference::lines(&was.1, &is.1)),
            };
            let change = match () {
                () if was != is => Change::Changed,
                () if before != at => Change::Moved,
                () => Change::Same,
            };
            let old_title = (was.0 != is.0).then(|| was.0.clone());
            Shown { number: at + 1, title: is.0.clone(), old_title, change, html: html(&is.1), lines }
        }
        Fate::New(at) => Shown {
            number: at + 1,
            title: new[at].0.clone(),
            old_title: None,
            change: Change::New,
            html: html(&new[at].1),
            lines: vec![],
        },
        Fate::Gone(before) => Shown {
            number: before + 1,
            title: old[before].0.clone(),
            old_title: None,
            change: Change::Gone,
            html: html(&old[before].1),
            lines: vec![],
        },
    };
    booklets::fates(old, new).iter().map(of).partition(|one| one.change != Change::Gone)
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: BookletId) -> Result<Show> {
        let manuscript = find(conn, id)?;
        // Drafts are nobody's but their author's.
        if !manuscript.is_submitted() {
            return Err(Error::NotFound);
        }
        let round = manuscript.draft.as_ref().map(|draft| draft.round).unwrap_or_default();
        let digest = way::digest(conn, &manuscript)?;
        let files = attachments::list(conn, Owner::Booklet(id))?;
        let has_public = manuscript.standing.version > 0;
        let old: Vec<_> =
            booklets::chapters(conn, id)?.into_iter().map(|one| (one.title, one.body)).collect();
        let (chapters, gone) = shown(&old, &text(conn, id)?, |body| booklets::pages::html(3, body, &files));
        let about = manuscript.about(conn)?;
        let public = booklets::public(conn, id)?;
        Ok(Show {
            author: store::name(conn, manuscript.standing.author)?,
            spoken: store::spoken(conn, id)?,
            barred: way::barred(conn, &manuscript, viewer.account)?,
            public: Some(public).filter(|public| has_public && *public != about),
            form: VerdictForm { round: round.to_string(), digest, ..VerdictForm::default() },
            errors: Errors::default(),
            page,
            manuscript,
            about,
            has_public,
            chapters,
            gone,
        })
    }
    fn words(&self, verdict: &Verdict) -> &'static str {
        super::words(&self.page, *verdict)
    }
    fn why(&self, refusal: &Refusal) -> String {
        self.page.say(&refusal.words())
    }
    fn who(&self, about: &About) -> &'static str {
        match about.visibility {
            Visibility::Public => self.page.t("所有人可读"),
            Visibility::Members => self.page.t("登录后可读"),
        }
    }
    fn id(&self) -> BookletId {
        self.manuscript.standing.id
    }
    /// How many chapters are not as they were.
    fn changes(&self) -> usize {
        self.gone.len() + self.chapters.iter().filter(|one| one.change != Change::Same).count()
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    let id = *id;
    reply::page(&db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

async fn judge(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<BookletId>,
    form: Form<VerdictForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let (verdict, remark) = match form.check() {
        Ok(checked) => checked,
        Err(errors) => {
            let view = db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?;
            // What they have seen is what they saw first.
            return reply::invalid(&Show { form, errors, ..view });
        }
    };
    let judgement = Judgement {
        reviewer: viewer.account,
        round: forms::number(&form.round),
        digest: form.digest,
        verdict,
        remark,
    };
    db.write(move |conn| way::review(conn, id, &judgement, &doer, clock::now())).await?;
    let done = if verdict == Verdict::Passed { "course-published" } else { "course-returned" };
    reply::see(format!("/review/booklets?done={done}"))
}
