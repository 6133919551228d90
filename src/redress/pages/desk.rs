//! The desk of those who answer: what waits in their scope, and one case. Nothing stands here that an answer does not need.
use super::super::forms::DecisionForm;
use super::super::{self as redress, CORRECTIONS, Subject, What, store};
use super::mine::{Line, lines, tag};
use super::{Fact, LINES, facts};
use crate::access::Permission::DecideCases;
use crate::access::Viewer;
use crate::audit::Action;
use crate::cases::{self, Case, Level, Outcome, State, Step, Which};
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::events::{self, MAKEUP_DAYS, Status, Via, via_word};
use crate::ids::CaseId;
use crate::lang::Message;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::NaiveDate;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "redress/desk.html")]
struct Index {
    page: Page,
    rows: Vec<Line>,
    paging: Paging,
    which: Which,
    /// How many are late.
    overdue: i64,
    today: NaiveDate,
    viewer: Viewer,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: Viewer, which: Which, number: i64) -> Result<Index> {
        let (paths, today) = (viewer.paths(DecideCases), clock::day(clock::now()));
        let slice = ((number - 1) * LINES, LINES + 1);
        let mut found = cases::listed_within(conn, &paths, (which, today), slice)?;
        let paging = Paging::cut(&page.path, number, &mut found, LINES)?;
        let overdue = cases::overdue_within(conn, &paths, today)?;
        Ok(Index { page, rows: lines(conn, found)?, paging, which, overdue, today, viewer })
    }
    fn is_shown(&self, which: Which) -> bool {
        self.which == which
    }
    fn tag(&self, state: &State) -> &'static str {
        tag(*state)
    }
    /// Somebody else has to answer this one.
    fn is_barred(&self, case: &Case) -> bool {
        case.barrier(&self.viewer).is_some()
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct IndexQuery {
    show: String,
    page: Option<String>,
}

pub(super) async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<IndexQuery>) -> Reply {
    let number = paging::number(&query.page);
    let which = match query.show.as_str() {
        "overdue" => Which::Overdue,
        "answered" => Which::Answered,
        _ => Which::Open,
    };
    let view = db.read(move |conn| Index::load(conn, page, viewer, which, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "redress/decide.html")]
struct Show {
    page: Page,
    case: Case,
    subject: Subject,
    branch: Option<String>,
    facts: Vec<Fact>,
    /// Empty for those who do not answer: the words are not theirs to read.
    steps: Vec<Step>,
    /// Of the case whose answer is appealed.
    earlier: Vec<Step>,
    barrier: Option<Message>,
    /// What is recorded now, where it is about attendance.
    recorded: Option<Status>,
    /// What can have made up for it.
    offered: Vec<(Via, String)>,
    today: NaiveDate,
    form: DecisionForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: CaseId) -> Result<Show> {
        let case = cases::find_within(conn, viewer, id)?;
        let subject = Subject::of_case(&case)?;
        let about = store::about(conn, subject, case.person)?;
        let barrier = redress::barrier(conn, viewer, &case)?.map(cases::Refusal::words);
        let (steps, earlier) = match (&barrier, case.appealed) {
            (Some(_), _) => (vec![], vec![]),
            (None, Some(first)) => (cases::steps(conn, id)?, cases::steps(conn, first)?),
            (None, None) => (cases::steps(conn, id)?, vec![]),
        };
        let (recorded, offered) = match about.what {
            What::Attendance { event, status, .. } if barrier.is_none() && case.state.is_open() => {
                let event = events::find(conn, event)?;
                (Some(status), events::makeups(conn, &event, case.person, MAKEUP_DAYS)?)
            }
            What::Attendance { status, .. } => (Some(status), vec![]),
            _ => (None, vec![]),
        };
        Ok(Show {
            branch: store::org_at(conn, &case.path)?,
            facts: facts(&page, &about, false),
            today: clock::day(clock::now()),
            form: DecisionForm::default(),
            errors: Errors::default(),
            page,
            case,
            subject,
            steps,
            earlier,
            barrier,
            recorded,
            offered,
        })
    }
    fn tag(&self, state: &State) -> &'static str {
        tag(*state)
    }
    fn is_appeal(&self) -> bool {
        self.case.level == Level::Second
    }
    /// What can be answered, with its words and what follows from it.
    fn outcomes(&self) -> Vec<(Outcome, &'static str)> {
        let words = |outcome: &Outcome| match (outcome, self.subject) {
            (Outcome::Upheld, Subject::Attendance(_)) => self.page.t("成立：按下面的更正重新登记"),
            (Outcome::Upheld, Subject::Completion(_)) => self.page.t("成立：收回这条学习记录"),
            (Outcome::Upheld, Subject::Record(_)) => self.page.t("成立：收回结业记录"),
            (Outcome::Upheld, Subject::Visit(_)) => self.page.t("成立：这次送学不作数"),
            (Outcome::Upheld, Subject::Fact(..)) => self.page.t("成立：确认有误，由登记这一条的部门改正"),
            (Outcome::Upheld, Subject::Copy(_)) => self.page.t("成立：收回这条签领记录"),
            (Outcome::Upheld, Subject::Snapshot(_)) => self.page.t("成立：公布新的一版"),
            (Outcome::Partly, _) => self.page.t("部分成立：按下面的更正重新登记"),
            (Outcome::Dismissed, _) => self.page.t("不成立：记录不变"),
            (Outcome::Inadmissible, _) => self.page.t("不受理：不是这里能办的事，或内容不清楚"),
        };
        self.subject.outcomes().iter().map(|outcome| (*outcome, words(outcome))).collect()
    }
    fn via(&self, via: &Via) -> String {
        via_word(*via)
    }
    fn is_event(&self, via: &Via) -> bool {
        matches!(via, Via::Event(_))
    }
    /// What can be recorded instead. All leaves are there, whichever was recorded: the list would say which one it was.
    fn corrections(&self) -> Vec<(Status, String)> {
        let others = CORRECTIONS.iter().filter(|status| match status {
            // Another event or lecture may have made up for it.
            Status::Makeup => !self.offered.is_empty(),
            _ => status.is_leave() || Some(**status) != self.recorded,
        });
        others
            .map(|status| match status {
                Status::Void => (*status, self.page.t("作废，不作数").to_owned()),
                Status::LeaveOfficial => (*status, self.page.t("请假：因公").to_owned()),
                Status::LeaveSick => (*status, self.page.t("请假：因病").to_owned()),
                Status::LeavePrivate => (*status, self.page.t("请假：因事").to_owned()),
                other => (*other, self.page.say(&other.words())),
            })
            .collect()
    }
}

pub(super) async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<CaseId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id)).await?;
    // A case shows the person's record and words: that somebody looked is recorded, or the page is not shown.
    let person = view.case.person;
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, person, clock::now())).await?;
    reply::page(&view)
}

pub(super) async fn decide(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<CaseId>,
    form: Form<DecisionForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let who = viewer.clone();
    let view = db.read(move |conn| Show::load(conn, page, &who, id)).await?;
    let decision = match form.check(view.subject, &view.offered) {
        Ok(decision) => decision,
        // Somebody else's to answer, or answered: the rule says so, whatever the form says.
        Err(errors) => match &view.barrier {
            Some(why) => return Err(Error::Refused(why.clone())),
            None if !view.case.state.is_open() => return Err(cases::Refusal::Closed.into()),
            None => return reply::invalid(&Show { form, errors, ..view }),
        },
    };
    db.write(move |conn| redress::decide(conn, id, &decision, &viewer, &doer, clock::now())).await?;
    reply::see("/cases?done=case-decided")
}
