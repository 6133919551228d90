//! The desk of banks: the list, a bank with its questions and tests, and the form of a test.
use super::super::banks::{self, Change, NewBank};
use super::super::forms::{BankForm, ListQuery, TestForm};
use super::super::store::{self, Bank, BankRow, QuestionRow, Test};
use super::super::{Belongs, Kind, bank, paper, whose};
use crate::access::Permission::{MakeCourses, OrganizeCourses};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{BankId, BookletId, CourseId, TestId, random_hex};
use crate::msg;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/studio/banks", MakeCourses, index),
        post("/studio/banks", MakeCourses, create),
        get("/studio/banks/new", MakeCourses, new),
        get("/studio/banks/{bank}", MakeCourses, show),
        post("/studio/banks/{bank}", MakeCourses, update),
        post("/studio/banks/{bank}/tests", MakeCourses, create_test),
        get("/studio/banks/{bank}/tests/new", MakeCourses, new_test),
        get("/studio/banks/{bank}/tests/{test}", MakeCourses, edit_test),
        post("/studio/banks/{bank}/tests/{test}", MakeCourses, update_test),
    ]
}

/// Banks and questions on a page of a list.
const LINES: i64 = 30;

#[derive(Template)]
#[template(path = "selftests/banks.html")]
struct Index {
    page: Page,
    rows: Vec<BankRow>,
    paging: Paging,
    is_everybodys: bool,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| {
        let mut rows = store::bank_rows(conn, whose(&viewer), (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { is_everybodys: page.may(OrganizeCourses), page, rows, paging })
    });
    reply::page(&view.await?)
}

/// What a bank may belong to.
#[derive(Default)]
struct Owners {
    booklets: Vec<(BookletId, String)>,
    courses: Vec<(CourseId, String)>,
}

impl Owners {
    /// `present` is what it belongs to now, which stays a choice.
    fn load(conn: &mut Conn, viewer: &Viewer, present: Option<&Bank>) -> Result<Owners> {
        let mut owners = Owners {
            booklets: store::booklets_for(conn, whose(viewer))?,
            courses: store::courses_for(conn, whose(viewer))?,
        };
        if let Some((belongs, title)) = present.and_then(|bank| Some((bank.belongs(), bank.of()?.to_owned())))
        {
            match belongs {
                Belongs::Booklet(id) if owners.booklets.iter().all(|one| one.0 != id) => {
                    owners.booklets.push((id, title));
                }
                Belongs::Course(id) if owners.courses.iter().all(|one| one.0 != id) => {
                    owners.courses.push((id, title));
                }
                _ => {}
            }
        }
        Ok(owners)
    }
    /// Each with the value of its option.
    fn options(&self) -> Vec<(String, &str)> {
        let booklets = self.booklets.iter().map(|(id, title)| (format!("booklet-{id}"), title.as_str()));
        booklets.collect()
    }
    fn course_options(&self) -> Vec<(String, &str)> {
        self.courses.iter().map(|(id, title)| (format!("course-{id}"), title.as_str())).collect()
    }
}

#[derive(Template)]
#[template(path = "selftests/bank_new.html")]
struct New {
    page: Page,
    owners: Owners,
    form: BankForm,
    errors: Errors,
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let owners = db.read(move |conn| Owners::load(conn, &viewer, None)).await?;
    let form = BankForm { key: random_hex(16), ..BankForm::default() };
    reply::page(&New { page, owners, form, errors: Errors::default() })
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, form: Form<BankForm>) -> Reply {
    let (form, doer) = (form.into_inner(), page.doer());
    let sent = form.clone();
    let made = db
        .write(move |conn| {
            let owners = Owners::load(conn, &viewer, None)?;
            let checked = sent.check(&owners.booklets, &owners.courses);
            let (title, belongs, key) = match (checked, form::key(&sent.key)) {
                (Ok((title, belongs)), Ok(key)) => (title, belongs, key),
                (Err(errors), _) => return Ok(Err((owners, errors))),
                (_, Err(problem)) => return Ok(Err((owners, Errors::default().with("title", problem)))),
            };
            let new = NewBank { title, belongs, key };
            Ok(Ok(banks::make_bank(conn, &new, viewer.account, &doer, clock::now())?))
        })
        .await?;
    match made {
        Ok(id) => reply::see(format!("/studio/banks/{id}?done=saved")),
        Err((owners, errors)) => {
            let form = BankForm { key: random_hex(16), ..form };
            reply::invalid(&New { page, owners, form, errors })
        }
    }
}

#[derive(Template)]
#[template(path = "selftests/bank.html")]
struct Show {
    page: Page,
    bank: Bank,
    rows: Vec<QuestionRow>,
    paging: Paging,
    query: ListQuery,
    chapters: Vec<(i32, String)>,
    tests: Vec<Test>,
    owners: Owners,
    form: BankForm,
    errors: Errors,
    /// Somebody else has saved the name meanwhile.
    is_overtaken: bool,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: BankId, query: ListQuery) -> Result<Show> {
        let bank = bank(conn, viewer, id)?;
        let number = paging::number(&query.page);
        let skip = (number - 1) * LINES;
        let mut rows = store::question_rows(conn, id, &query.filter(), skip, LINES + 1)?;
        Ok(Show {
            paging: Paging::cut(&page.path, number, &mut rows, LINES)?,
            chapters: store::chapters(conn, &bank)?,
            tests: store::tests_of(conn, id)?,
            owners: Owners::load(conn, viewer, Some(&bank))?,
            form: BankForm::of(&bank.title, bank.belongs()),
            errors: Errors::default(),
            is_overtaken: false,
            page,
            bank,
            rows,
            query,
        })
    }
    fn kinds(&self) -> &'static [Kind] {
        Kind::ALL
    }
    fn kind_words(&self, kind: &Kind) -> String {
        self.page.say(&kind.words())
    }
    fn needed(&self, test: &Test) -> i32 {
        paper::needed(test.question_count, test.pass_share)
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, query: Query<ListQuery>) -> Reply {
    let view = db.read(move |conn| Show::load(conn, page, &viewer, *id, query.into_inner())).await?;
    reply::page(&view)
}

async fn update(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, form: Form<BankForm>) -> Reply {
    let (form, doer, id) = (form.into_inner(), page.doer(), *id);
    let refused = db
        .write(move |conn| {
            // Of two who save at once the second sees what the first has saved.
            store::bank_locked(conn, id)?;
            let bank = bank(conn, &viewer, id)?;
            let owners = Owners::load(conn, &viewer, Some(&bank))?;
            let present = BankForm::state(&bank.title, bank.belongs());
            let mut is_overtaken = false;
            let errors = match form.check(&owners.booklets, &owners.courses) {
                Ok((_, belongs)) if belongs != bank.belongs() && store::uses_chapters(conn, id)? => {
                    let problem = msg!("题目或自测里标了章，不能换。请先把章都去掉。");
                    Errors::default().with("belongs", problem)
                }
                // Sent twice, or nothing new.
                Ok((title, belongs)) if BankForm::state(&title, belongs) == present => return Ok(None),
                Ok(_) if form.seen != present => {
                    is_overtaken = true;
                    Errors::default()
                }
                Ok((title, belongs)) => {
                    banks::change_bank(conn, id, &title, belongs, &doer, clock::now())?;
                    return Ok(None);
                }
                Err(errors) => errors,
            };
            let view = Show::load(conn, page, &viewer, id, ListQuery::default())?;
            // Who has read what somebody else saved may save over it.
            let seen = if is_overtaken { present } else { form.seen.clone() };
            Ok(Some(Show { form: BankForm { seen, ..form }, errors, is_overtaken, ..view }))
        })
        .await?;
    match refused {
        None => reply::see(format!("/studio/banks/{id}?done=saved")),
        Some(view) => reply::invalid(&view),
    }
}

#[derive(Template)]
#[template(path = "selftests/test_edit.html")]
struct EditTest {
    page: Page,
    bank: Bank,
    chapters: Vec<(i32, String)>,
    /// Without one it is not there yet.
    test: Option<Test>,
    form: TestForm,
    errors: Errors,
    /// Somebody else has saved this meanwhile.
    is_overtaken: bool,
}

impl EditTest {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: BankId,
        test: Option<TestId>,
    ) -> Result<EditTest> {
        let bank = bank(conn, viewer, id)?;
        let test = test.map(|test| store::test(conn, test)).transpose()?;
        if test.as_ref().is_some_and(|test| test.bank != id) {
            return Err(Error::NotFound);
        }
        let form = match &test {
            Some(test) => TestForm::of(test),
            None => TestForm {
                question_count: bank.question_count.clamp(1, 10).to_string(),
                pass_share: "60".into(),
                feedback: "immediate".into(),
                key: random_hex(16),
                ..TestForm::default()
            },
        };
        let chapters = store::chapters(conn, &bank)?;
        Ok(EditTest { page, bank, chapters, test, form, errors: Errors::default(), is_overtaken: false })
    }
    /// Where the form goes.
    fn action(&self) -> String {
        match &self.test {
            Some(test) => format!("/studio/banks/{}/tests/{}", self.bank.id, test.id),
            None => format!("/studio/banks/{}/tests", self.bank.id),
        }
    }
}

async fn new_test(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>) -> Reply {
    let view = db.read(move |conn| EditTest::load(conn, page, &viewer, *id, None)).await?;
    reply::page(&view)
}

async fn create_test(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<BankId>,
    form: Form<TestForm>,
) -> Reply {
    let (form, doer, id) = (form.into_inner(), page.doer(), *id);
    let refused = db
        .write(move |conn| {
            let bank = bank(conn, &viewer, id)?;
            let errors = match (form.check(bank.chapters()), form::key(&form.key)) {
                (Ok(draft), Ok(key)) => match few(conn, id, &draft)? {
                    Some(errors) => errors,
                    None => {
                        banks::make_test(conn, &bank, &draft, &key, viewer.account, &doer, clock::now())?;
                        return Ok(None);
                    }
                },
                (Err(errors), _) => errors,
                (_, Err(problem)) => Errors::default().with("title", problem),
            };
            let view = EditTest::load(conn, page, &viewer, id, None)?;
            Ok(Some(EditTest { form: TestForm { key: view.form.key, ..form }, errors, ..view }))
        })
        .await?;
    match refused {
        None => reply::see(format!("/studio/banks/{id}?done=saved#tests")),
        Some(view) => reply::invalid(&view),
    }
}

/// A test cannot ask for more questions than there are, whether it is open or not.
fn few(conn: &mut Conn, bank: BankId, draft: &banks::TestDraft) -> Result<Option<Errors>> {
    let there = store::available(conn, bank, draft.chapter)?;
    let problem = msg!("这里只有 {} 道题可以出", there);
    let is_few = there < i64::from(draft.question_count);
    Ok(is_few.then(|| Errors::default().with("question_count", problem)))
}

async fn edit_test(page: Page, viewer: Viewer, db: Data<Db>, ids: Path<(BankId, TestId)>) -> Reply {
    let (bank, test) = ids.into_inner();
    let view = db.read(move |conn| EditTest::load(conn, page, &viewer, bank, Some(test))).await?;
    reply::page(&view)
}

async fn update_test(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(BankId, TestId)>,
    form: Form<TestForm>,
) -> Reply {
    let (form, doer) = (form.into_inner(), page.doer());
    let (id, test) = ids.into_inner();
    let refused = db
        .write(move |conn| {
            let view = EditTest::load(conn, page, &viewer, id, Some(test))?;
            let mut is_overtaken = false;
            let errors = match form.check(view.bank.chapters()) {
                Ok(draft) => match few(conn, id, &draft)? {
                    Some(errors) => errors,
                    None => {
                        let now = clock::now();
                        if banks::change_test(conn, id, test, form.revision(), &draft, &doer, now)?
                            == Change::Made
                        {
                            return Ok(None);
                        }
                        is_overtaken = true;
                        Errors::default()
                    }
                },
                Err(errors) => errors,
            };
            // Who has read what somebody else saved may save over it.
            let revision = if is_overtaken { view.form.revision } else { form.revision };
            Ok(Some(EditTest { form: TestForm { revision, ..form }, errors, is_overtaken, ..view }))
        })
        .await?;
    match refused {
        None => reply::see(format!("/studio/banks/{id}?done=saved#tests")),
        Some(view) => reply::invalid(&view),
    }
}
