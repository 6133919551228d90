//! The desk's form of a question: adding, changing, retiring.
use super::super::banks::{self, Change, Seen};
use super::super::forms::QuestionForm;
use super::super::question::{Kind, letter};
use super::super::store::{self, Bank};
use super::super::{Question, Saved, bank};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{BankId, BankQuestionId, random_hex};
use crate::web::body;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        post("/studio/banks/{bank}/questions", MakeCourses, create),
        get("/studio/banks/{bank}/questions/new", MakeCourses, new),
        get("/studio/banks/{bank}/questions/{bankquestion}", MakeCourses, edit),
        post("/studio/banks/{bank}/questions/{bankquestion}", MakeCourses, update),
        post("/studio/banks/{bank}/questions/{bankquestion}/retire", MakeCourses, retire),
        post("/studio/banks/{bank}/questions/{bankquestion}/restore", MakeCourses, restore),
    ]
}

/// What somebody else has saved meanwhile.
struct Theirs {
    form: QuestionForm,
    saved: Saved,
}

#[derive(Template)]
#[template(path = "selftests/question.html")]
struct Edit {
    page: Page,
    bank: Bank,
    chapters: Vec<(i32, String)>,
    /// Without one it is not there yet.
    question: Option<(Question, Saved)>,
    kind: Kind,
    form: QuestionForm,
    errors: Errors,
    theirs: Option<Theirs>,
}

impl Edit {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: BankId,
        question: Option<BankQuestionId>,
        kind: Kind,
    ) -> Result<Edit> {
        let bank = bank(conn, viewer, id)?;
        let question = match question {
            Some(question) => {
                let found = store::question(conn, id, question)?;
                let saved = store::saved(conn, question)?;
                Some((found, saved))
            }
            None => None,
        };
        let form = match &question {
            Some((question, _)) => QuestionForm::of(&question.content, question.revision),
            None => QuestionForm { key: random_hex(16), ..QuestionForm::new(kind) },
        };
        let chapters = store::chapters(conn, &bank)?;
        let kind = question.as_ref().map_or(kind, |(question, _)| question.content.kind);
        Ok(Edit { page, bank, chapters, question, kind, form, errors: Errors::default(), theirs: None })
    }
    /// Where the form goes.
    fn action(&self) -> String {
        match &self.question {
            Some((question, _)) => format!("/studio/banks/{}/questions/{}", self.bank.id, question.id),
            None => format!("/studio/banks/{}/questions", self.bank.id),
        }
    }
    fn kinds(&self) -> &'static [Kind] {
        Kind::ALL
    }
    fn words(&self, kind: &Kind) -> String {
        self.page.say(&kind.words())
    }
    fn is(&self, kind: &str) -> bool {
        self.kind.as_str() == kind
    }
    /// Whether what members answer is a choice of those that are typed here.
    fn has_choices(&self) -> bool {
        matches!(self.kind, Kind::Single | Kind::Multiple)
    }
    fn letter(&self, place: &usize) -> char {
        letter(*place)
    }
}

#[derive(Deserialize)]
struct KindQuery {
    kind: Option<String>,
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, query: Query<KindQuery>) -> Reply {
    let kind = query.kind.as_deref().and_then(Kind::of).unwrap_or(Kind::Single);
    let view = db.read(move |conn| Edit::load(conn, page, &viewer, *id, None, kind)).await?;
    reply::page(&view)
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, sent: Payload) -> Reply {
    let form = QuestionForm::sent(&body::pairs(sent, LARGEST_FORM).await?);
    let (doer, id) = (page.doer(), *id);
    let kind = form.kind.unwrap_or(Kind::Single);
    let refused = db
        .write(move |conn| {
            let bank = bank(conn, &viewer, id)?;
            let errors = match (form.check(kind, bank.chapters()), form::key(&form.key)) {
                (Ok(content), Ok(key)) => {
                    // The form's key names the question, so that the form adds it once.
                    let code = format!("q{}", key.get(..10).unwrap_or(&key).to_lowercase());
                    banks::add_question(conn, id, &code, &content, viewer.account, &doer, clock::now())?;
                    return Ok(None);
                }
                (Err(errors), _) => errors,
                (_, Err(problem)) => Errors::default().with("stem", problem),
            };
            let view = Edit::load(conn, page, &viewer, id, None, kind)?;
            Ok(Some(Edit { form: QuestionForm { key: view.form.key, ..form }, errors, ..view }))
        })
        .await?;
    match refused {
        None => reply::see(format!("/studio/banks/{id}?done=added")),
        Some(view) => reply::invalid(&view),
    }
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(BankId, BankQuestionId)>) -> Reply {
    let (bank, question) = ids.into_inner();
    let view =
        db.read(move |conn| Edit::load(conn, page, &viewer, bank, Some(question), Kind::Single)).await?;
    reply::page(&view)
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(BankId, BankQuestionId)>,
    sent: Payload,
) -> Reply {
    let form = QuestionForm::sent(&body::pairs(sent, LARGEST_FORM).await?);
    let (doer, (id, question)) = (page.doer(), ids.into_inner());
    let refused = db
        .write(move |conn| {
            let view = Edit::load(conn, page, &viewer, id, Some(question), Kind::Single)?;
            let (errors, theirs) = match form.check(view.kind, view.bank.chapters()) {
                Ok(content) => {
                    let seen = Seen { bank: id, question, revision: form.revision() };
                    let by = viewer.account;
                    if banks::change_question(conn, seen, &content, by, &doer, clock::now())? == Change::Made
                    {
                        return Ok(None);
                    }
                    let theirs = view.question.as_ref().map(|(present, saved)| Theirs {
                        form: QuestionForm::of(&present.content, present.revision),
                        saved: saved.clone(),
                    });
                    (Errors::default(), theirs)
                }
                Err(errors) => (errors, None),
            };
            // Who has read what somebody else saved may save over it.
            let revision = if theirs.is_some() { view.form.revision } else { form.revision };
            Ok(Some(Edit { form: QuestionForm { revision, ..form }, errors, theirs, ..view }))
        })
        .await?;
    match refused {
        None => reply::see(format!("/studio/banks/{id}?done=saved")),
        Some(view) => reply::invalid(&view),
    }
}

async fn retire(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(BankId, BankQuestionId)>) -> Reply {
    let (doer, (id, question)) = (page.doer(), ids.into_inner());
    db.write(move |conn| {
        bank(conn, &viewer, id)?;
        banks::close_bank_question(conn, id, question, viewer.account, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/studio/banks/{id}?done=saved"))
}

async fn restore(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(BankId, BankQuestionId)>) -> Reply {
    let (doer, (id, question)) = (page.doer(), ids.into_inner());
    db.write(move |conn| {
        bank(conn, &viewer, id)?;
        banks::reopen_bank_question(conn, id, question, viewer.account, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/studio/banks/{id}?done=saved"))
}
