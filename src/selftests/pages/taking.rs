//! What a member sees of a test: what it is, one question a page, the result.
use super::super::forms::{self, Sent};
use super::super::question::Kind;
use super::super::store::{self, Asked, Attempt, Past, Place, Test};
use super::super::taking::{self, LEARNT, Outcome, is_right, is_told, stands, version};
use super::super::{Feedback, bank, paper};
use crate::access::Access::SignedIn;
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AttemptId, TestId};
use crate::lang::Message;
use crate::msg;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Either, Form, Json, Path, Query};
use askama::Template;
use serde::{Deserialize, Serialize};

pub fn routes() -> Vec<Route> {
    vec![
        get("/tests/{test}", SignedIn, show),
        post("/tests/{test}/start", SignedIn, start),
        get("/attempts/{attempt}", SignedIn, look),
        post("/attempts/{attempt}/answers", SignedIn, answer),
        post("/attempts/{attempt}/submit", SignedIn, submit),
    ]
}

/// Earlier tries that the page of a test lists.
const PAST: i64 = 10;

#[derive(Template)]
#[template(path = "selftests/test.html")]
struct Show {
    page: Page,
    test: Test,
    place: Place,
    open: Option<Attempt>,
    tried: i64,
    past: Vec<Past>,
    is_passed: bool,
    now: Timestamp,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: TestId) -> Result<Show> {
        let now = clock::now();
        let test = store::test(conn, id)?;
        let open = store::open_attempt(conn, viewer.person, Some(id))?;
        let tried = store::tried(conn, viewer.person, id)?;
        // A test that was never open to somebody is not there for them; its makers see what it will be.
        let is_maker = page.may(MakeCourses) && bank(conn, viewer, test.bank).is_ok();
        if !test.is_open && open.is_none() && tried == 0 && !is_maker {
            return Err(Error::NotFound);
        }
        let is_over = open.as_ref().is_some_and(|attempt| attempt.is_over(now));
        Ok(Show {
            place: store::place_of(conn, id)?,
            past: store::past(conn, viewer.person, id, PAST)?,
            is_passed: !super::super::passed(conn, viewer.person, &[id])?.is_empty(),
            tried: tried + i64::from(is_over),
            open,
            test,
            page,
            now,
        })
    }
    fn needed(&self) -> i32 {
        paper::needed(self.test.question_count, self.test.pass_share)
    }
    fn is_immediate(&self) -> bool {
        self.test.feedback == Feedback::Immediate
    }
    /// The attempt to go on with.
    fn running(&self) -> Option<&Attempt> {
        self.open.as_ref().filter(|attempt| !attempt.is_over(self.now))
    }
    /// The attempt whose time ran out while nobody looked.
    fn run_out(&self) -> Option<&Attempt> {
        self.open.as_ref().filter(|attempt| attempt.is_over(self.now))
    }
    /// Tries that are left; `None` for as many as wanted.
    fn left(&self) -> Option<i64> {
        self.test.most_attempts.map(|most| (i64::from(most) - self.tried).max(0))
    }
    fn may_start(&self) -> bool {
        self.test.is_open && self.left() != Some(0)
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<TestId>) -> Reply {
    let view = db.read(move |conn| Show::load(conn, page, &viewer, *id)).await?;
    reply::page(&view)
}

async fn start(page: Page, viewer: Viewer, db: Data<Db>, id: Path<TestId>) -> Reply {
    let doer = page.doer();
    let attempt = db.write(move |conn| taking::start(conn, &viewer, *id, &doer, clock::now())).await?;
    reply::see(format!("/attempts/{attempt}"))
}

/// Which question: its number, `end`, or the first without an answer.
#[derive(Deserialize)]
struct LookQuery {
    q: Option<String>,
}

#[derive(Template)]
#[template(path = "selftests/take.html")]
struct Take {
    page: Page,
    attempt: Attempt,
    place: Option<Place>,
    asked: Vec<Asked>,
    /// The question of this page; without one it is the last page, where the paper is handed in.
    at: Option<usize>,
    /// Minutes that are left, begun ones counted whole; and the seconds, for the script.
    left: Option<(i64, i64)>,
    slug: Option<String>,
    problem: Option<Message>,
    /// What was typed and is no answer.
    typed: Option<String>,
}

impl Take {
    fn load(conn: &mut Conn, page: Page, attempt: Attempt, q: Option<&str>, now: Timestamp) -> Result<Take> {
        let asked = store::asked(conn, attempt.id)?;
        let at = match q {
            Some("end") => None,
            Some(number) => {
                Some(asked.iter().position(|one| one.position.to_string() == number).ok_or(Error::NotFound)?)
            }
            None => asked.iter().position(|one| !one.answer.is_given()),
        };
        let left = attempt.ends_at.map(|end| {
            let seconds = (end - now).num_seconds().max(0);
            ((seconds + 59) / 60, seconds)
        });
        let place = attempt.test.map(|test| store::place_of(conn, test)).transpose()?;
        let slug = place.as_ref().and_then(Place::booklet).map(|(slug, _)| slug.to_owned());
        Ok(Take { page, attempt, place, asked, at, left, slug, problem: None, typed: None })
    }
    fn now(&self) -> Option<&Asked> {
        self.at.and_then(|at| self.asked.get(at))
    }
    fn is_at(&self, place: &usize) -> bool {
        self.at == Some(*place)
    }
    fn answered(&self) -> usize {
        self.asked.iter().filter(|one| one.answer.is_given()).count()
    }
    /// Answers that the reader knows to be right.
    fn right(&self) -> usize {
        self.asked.iter().filter(|one| self.told(one) && is_right(one)).count()
    }
    fn missing(&self) -> Vec<&Asked> {
        self.asked.iter().filter(|one| !one.answer.is_given()).collect()
    }
    fn told(&self, asked: &Asked) -> bool {
        is_told(&self.attempt, &asked.answer)
    }
    fn is_right(&self, asked: &Asked) -> bool {
        is_right(asked)
    }
    fn is_fill(&self, asked: &Asked) -> bool {
        asked.paper.kind() == Kind::Fill
    }
    fn is_multiple(&self, asked: &Asked) -> bool {
        asked.paper.kind() == Kind::Multiple
    }
    fn is_boolean(&self, asked: &Asked) -> bool {
        asked.paper.kind() == Kind::Boolean
    }
    fn has(&self, asked: &Asked, place: &usize) -> bool {
        asked.answer.has(*place)
    }
    fn seen(&self, asked: &Asked) -> i64 {
        version(asked.answered_at)
    }
    /// The answer that stands in the form.
    fn was(&self, asked: &Asked) -> String {
        asked.answer.to_kept()
    }
    fn kind(&self, asked: &Asked) -> String {
        self.page.say(&asked.paper.kind().words())
    }
    /// What stands in the field of a question to fill in.
    fn written<'a>(&'a self, asked: &'a Asked) -> &'a str {
        self.typed.as_deref().unwrap_or(asked.answer.text())
    }
    fn accepted(&self, asked: &Asked) -> String {
        accepted(&self.page, asked)
    }
    fn next(&self) -> String {
        match self.at.and_then(|at| self.asked.get(at + 1)) {
            Some(next) => format!("/attempts/{}?q={}", self.attempt.id, next.position),
            None => format!("/attempts/{}?q=end", self.attempt.id),
        }
    }
    /// Where to stop for now.
    fn away(&self) -> String {
        self.attempt.test.map_or_else(|| "/me/wrong-answers".into(), |test| format!("/tests/{test}"))
    }
    fn title(&self) -> String {
        match &self.place {
            Some(place) => place.test.clone(),
            None => self.page.t("练错题").to_owned(),
        }
    }
}

/// The answers that are right, for one who may know.
fn accepted(page: &Page, asked: &Asked) -> String {
    let texts: Vec<_> = asked.paper.choices().iter().map(|choice| choice.text.as_str()).collect();
    texts.join(page.t("、"))
}

#[derive(Template)]
#[template(path = "selftests/result.html")]
struct Outcomes {
    page: Page,
    attempt: Attempt,
    place: Option<Place>,
    asked: Vec<Asked>,
    right_count: i32,
    is_passed: bool,
    /// The time ran out.
    is_run_out: bool,
    /// Tries that are left; `None` for as many as wanted.
    left: Option<i64>,
    is_open: bool,
    /// Questions that have left the book of wrong answers.
    learnt: usize,
    slug: Option<String>,
}

impl Outcomes {
    fn load(conn: &mut Conn, page: Page, attempt: Attempt) -> Result<Outcomes> {
        let standing = stands(conn, &attempt)?;
        let mut view = Outcomes {
            place: attempt.test.map(|test| store::place_of(conn, test)).transpose()?,
            asked: standing.asked,
            right_count: standing.right_count,
            is_passed: standing.is_passed,
            is_run_out: attempt.ends_at.is_some_and(|end| attempt.submitted_at.is_none_or(|at| at >= end)),
            left: None,
            is_open: false,
            learnt: 0,
            slug: None,
            page,
            attempt,
        };
        if let Some(id) = view.attempt.test {
            let test = store::test(conn, id)?;
            let tried =
                store::tried(conn, view.attempt.person, id)? + i64::from(view.attempt.submitted_at.is_none());
            view.left = test.most_attempts.map(|most| (i64::from(most) - tried).max(0));
            view.is_open = test.is_open;
            view.slug = view.place.as_ref().and_then(Place::booklet).map(|(slug, _)| slug.to_owned());
        } else {
            let ids: Vec<_> = view.asked.iter().map(|one| one.question).collect();
            let there = store::streaks(conn, view.attempt.person, &ids)?;
            let is_gone = |one: &&Asked| is_right(one) && there.iter().all(|row| row.0 != one.question);
            view.learnt = view.asked.iter().filter(is_gone).count();
        }
        Ok(view)
    }
    fn is_right(&self, asked: &Asked) -> bool {
        is_right(asked)
    }
    fn is_fill(&self, asked: &Asked) -> bool {
        asked.paper.kind() == Kind::Fill
    }
    fn is_boolean(&self, asked: &Asked) -> bool {
        asked.paper.kind() == Kind::Boolean
    }
    fn has(&self, asked: &Asked, place: &usize) -> bool {
        asked.answer.has(*place)
    }
    fn accepted(&self, asked: &Asked) -> String {
        accepted(&self.page, asked)
    }
    /// How many more right answers passing would have taken.
    fn short(&self) -> i32 {
        (paper::needed(self.attempt.question_count, self.attempt.pass_share) - self.right_count).max(0)
    }
    fn may_again(&self) -> bool {
        self.is_open && self.left != Some(0)
    }
    fn title(&self) -> String {
        match &self.place {
            Some(place) => place.test.clone(),
            None => self.page.t("练错题").to_owned(),
        }
    }
    fn streak(&self) -> i32 {
        LEARNT
    }
}

/// An attempt that is over shows its result, also where nobody has closed it yet: it counts as it stands.
async fn look(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AttemptId>,
    query: Query<LookQuery>,
) -> Reply {
    let view = db.read(move |conn| {
        let now = clock::now();
        let attempt = taking::own(conn, &viewer, *id)?;
        if attempt.is_over(now) {
            return Ok(Err(Outcomes::load(conn, page, attempt)?));
        }
        Ok(Ok(Take::load(conn, page, attempt, query.q.as_deref(), now)?))
    });
    match view.await? {
        Ok(view) => reply::page(&view),
        Err(view) => reply::page(&view),
    }
}

/// What a script is told.
#[derive(Serialize)]
struct Told {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

async fn answer(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AttemptId>,
    sent: Either<Json<Sent>, Form<Vec<(String, String)>>>,
) -> Reply {
    let id = *id;
    let (given, is_script) = match sent {
        Either::Left(sent) => (sent.into_inner().given(), true),
        Either::Right(pairs) => (forms::given(&pairs), false),
    };
    let (sent, who) = (given.clone(), viewer.clone());
    let outcome = db.write(move |conn| taking::answer(conn, &who, id, &sent, clock::now())).await?;
    if is_script {
        return Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(told(&page, &outcome)));
    }
    let problem = match outcome {
        Outcome::Saved(_) => return go_on(&db, viewer, id, given.position).await,
        // An answer that is final stays; the page shows it.
        Outcome::Changed => return reply::see(format!("/attempts/{id}?q={}", given.position)),
        Outcome::Over => return reply::see(format!("/attempts/{id}?done=test-over")),
        Outcome::Submitted => return reply::see(format!("/attempts/{id}")),
        Outcome::Nothing => msg!("请先作答，再看对不对"),
        Outcome::Wrong(problem) => problem,
    };
    let view = db
        .read(move |conn| {
            let attempt = taking::own(conn, &viewer, id)?;
            let number = given.position.to_string();
            let view = Take::load(conn, page, attempt, Some(&number), clock::now())?;
            Ok(Take { problem: Some(problem), typed: Some(given.written), ..view })
        })
        .await?;
    reply::invalid(&view)
}

/// After an answer: the same question with what is right, or the next one.
async fn go_on(db: &Db, viewer: Viewer, id: AttemptId, position: i32) -> Reply {
    let attempt = db.read(move |conn| taking::own(conn, &viewer, id)).await?;
    match (attempt.is_immediate(), position < attempt.question_count) {
        (true, _) => reply::see(format!("/attempts/{id}?q={position}")),
        (false, true) => reply::see(format!("/attempts/{id}?q={}", position + 1)),
        (false, false) => reply::see(format!("/attempts/{id}?q=end")),
    }
}

fn told(page: &Page, outcome: &Outcome) -> Told {
    let state = |state| Told { state, seen: None, why: None };
    match outcome {
        Outcome::Saved(seen) => Told { seen: Some(*seen), ..state("saved") },
        Outcome::Over => state("over"),
        Outcome::Submitted => state("submitted"),
        Outcome::Changed => state("changed"),
        Outcome::Nothing => state("nothing"),
        Outcome::Wrong(problem) => Told { why: Some(page.say(problem)), ..state("wrong") },
    }
}

async fn submit(viewer: Viewer, db: Data<Db>, id: Path<AttemptId>) -> Reply {
    let id = *id;
    db.write(move |conn| taking::submit(conn, &viewer, id, clock::now())).await?;
    reply::see(format!("/attempts/{id}"))
}
