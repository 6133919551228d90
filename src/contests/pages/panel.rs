//! The organizer's desk of judges: who is invited, who must not judge what, and who gets which entries.
#![allow(clippy::cmp_owned)] // lists of choices compare whatever names a choice by its words, in a macro that all pages share
use super::super::forms::judging::kind_of;
use super::super::judges::{self, Invitation};
use super::super::recusals;
use super::super::store::{self, Conflict, Place, RecusalRequest};
use super::super::{Assignment, AssignmentState, Contest, Judge, JudgeState, PlaceState, Round, RoundState};
use super::{by, held, held_round};
use crate::access::Permission::{RunContests, SuperviseContests, WatchContests};
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{ContestId, EntryId, JudgeId, PersonId, RoundId};
use crate::msg;
use crate::web::form::{Errors, optional, text};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/contests/{contest}/judges", WatchContests, show),
        post("/organize/contests/{contest}/judges", RunContests, invite),
        post("/organize/judges/{judge}/panel", RunContests, set_panel),
        post("/organize/judges/{judge}/withdraw", RunContests, withdraw),
        post("/organize/contests/{contest}/conflicts", SuperviseContests, declare),
        post("/organize/contests/{contest}/conflicts/remove", SuperviseContests, remove),
        post("/organize/rounds/{round}/assign", RunContests, assign),
        post("/organize/rounds/{round}/assign-one", RunContests, assign_one),
    ]
}

/// A round with what is assigned in it.
struct Table {
    round: Round,
    places: Vec<Place>,
    assignments: Vec<Assignment>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct InviteForm {
    person: String,
    unit: String,
    expertise: String,
    panel: String,
}

#[derive(Template)]
#[template(path = "contests/score/panel.html")]
struct Show {
    page: Page,
    contest: Contest,
    judges: Vec<Judge>,
    candidates: Vec<(PersonId, String)>,
    conflicts: Vec<Conflict>,
    /// Whom entrants named that is no judge yet, or is written otherwise.
    named: Vec<RecusalRequest>,
    entries: Vec<(EntryId, String)>,
    tables: Vec<Table>,
    /// The most panels of a round that has not begun.
    panels: i32,
    form: InviteForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: ContestId) -> Result<Show> {
        let contest = held(conn, viewer, id, &[WatchContests])?;
        let judges = store::judges(conn, id)?;
        let candidates = if page.may(RunContests) { store::candidates(conn, id)? } else { vec![] };
        let mut tables = vec![];
        let mut panels = 1;
        for round in store::rounds(conn, id)? {
            panels = panels.max(round.panels);
            if round.state != RoundState::Waiting {
                let (places, assignments) =
                    (store::places(conn, round.id)?, store::assignments(conn, round.id)?);
                tables.push(Table { round, places, assignments });
            }
        }
        let is_open =
            |request: &RecusalRequest| !judges.iter().any(|judge| recusals::concerns(request, judge));
        let mut named = store::recusal_requests_in(conn, id)?;
        named.retain(is_open);
        Ok(Show {
            named,
            conflicts: store::conflicts(conn, id)?,
            entries: store::named_entries(conn, id)?,
            candidates: candidates
                .into_iter()
                .map(|(person, name, account)| (person, format!("{name}（{account}）")))
                .collect(),
            page,
            contest,
            judges,
            tables,
            panels,
            form: InviteForm::default(),
            errors: Errors::default(),
        })
    }
    fn may_run(&self) -> bool {
        self.page.may(RunContests)
    }
    fn may_supervise(&self) -> bool {
        self.page.may(SuperviseContests)
    }
    fn state(&self, judge: &Judge) -> (&'static str, &'static str) {
        match judge.state {
            JudgeState::Invited => ("wait", self.page.t("等答复")),
            JudgeState::Accepted => ("done", self.page.t("已接受")),
            JudgeState::Declined => ("", self.page.t("未接受")),
            JudgeState::Withdrawn => ("", self.page.t("已退出")),
        }
    }
    fn is_active(&self, judge: &Judge) -> bool {
        matches!(judge.state, JudgeState::Invited | JudgeState::Accepted)
    }
    fn judge(&self, id: &JudgeId) -> &str {
        self.judges.iter().find(|one| one.id == *id).map_or("", |one| &one.name)
    }
    fn entry(&self, id: &EntryId) -> &str {
        self.entries.iter().find(|one| one.0 == *id).map_or("", |one| &one.1)
    }
    fn panel_name(&self, panel: &i32) -> String {
        self.page.tf("第 {} 组", panel)
    }
    fn sits_in(&self, judge: &Judge, panel: &i32) -> bool {
        judge.panel == Some(*panel)
    }
    fn has_panels(&self) -> bool {
        self.panels > 1
    }
    fn is_drawn(&self, table: &Table) -> bool {
        table.round.state == RoundState::Drawn
    }
    fn is_live(&self, table: &Table) -> bool {
        matches!(table.round.state, RoundState::Drawn | RoundState::Judging)
    }
    /// The judges of an entry in a round: name and state.
    fn of(&self, table: &Table, place: &Place) -> Vec<(String, bool)> {
        table
            .assignments
            .iter()
            .filter(|one| one.entry == place.entry)
            .map(|one| {
                let is_in = matches!(one.state, AssignmentState::Assigned | AssignmentState::Submitted);
                (self.judge(&one.judge).to_owned(), is_in)
            })
            .collect()
    }
    /// An entry has fewer judges than the round needs.
    fn is_short(&self, table: &Table, place: &Place) -> bool {
        let fewest = match table.round.sheets_each {
            0 => table.round.method.trim.least as usize,
            each => each as usize,
        };
        place.state == PlaceState::Competing
            && self.of(table, place).iter().filter(|one| one.1).count() < fewest
    }
    fn load_of(&self, table: &Table, judge: &Judge) -> usize {
        let is_in = |one: &&Assignment| {
            one.judge == judge.id
                && matches!(one.state, AssignmentState::Assigned | AssignmentState::Submitted)
        };
        table.assignments.iter().filter(is_in).count()
    }
    fn accepted(&self) -> Vec<(JudgeId, String)> {
        let is_in = |one: &&Judge| one.state == JudgeState::Accepted;
        self.judges.iter().filter(is_in).map(|one| (one.id, one.name.clone())).collect()
    }
    fn active(&self) -> Vec<(JudgeId, String)> {
        self.judges.iter().filter(|one| self.is_active(one)).map(|one| (one.id, one.name.clone())).collect()
    }
    fn standing(&self) -> Vec<&Conflict> {
        self.conflicts.iter().filter(|one| one.removed_at.is_none()).collect()
    }
    fn kinds(&self) -> Vec<(&'static str, String)> {
        super::super::ConflictKind::ALL
            .iter()
            .map(|kind| (kind.as_str(), self.page.say(&kind.words())))
            .collect()
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<ContestId>) -> Reply {
    let id = *id;
    reply::page(&db.read_long(move |conn| Show::load(conn, page, &viewer, id)).await?)
}

/// A panel from 1 to `most`, or none.
fn panel_of(sent: &str, most: i32) -> Result<Option<i32>, crate::lang::Message> {
    match sent.trim() {
        "" => Ok(None),
        sent => sent
            .parse()
            .ok()
            .filter(|panel| (1..=most).contains(panel))
            .map(Some)
            .ok_or_else(|| msg!("没有这一组")),
    }
}

async fn invite(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<InviteForm>,
) -> Reply {
    let (id, form, again, who) = (*id, form.into_inner(), page.clone(), viewer.clone());
    let view = db.read_long(move |conn| Show::load(conn, again, &who, id)).await?;
    let mut errors = Errors::default();
    let person = view.candidates.iter().find(|one| one.0.to_string() == form.person).map(|one| one.0);
    let person = errors.take("person", person.ok_or_else(|| msg!("请选要邀请的人")));
    let unit = errors.take("unit", text(&form.unit, 60));
    let expertise = errors.take("expertise", optional(&form.expertise, 60));
    let panel = errors.take("panel", panel_of(&form.panel, view.panels));
    let (Some(person), Some(unit), Some(expertise), Some(panel)) = (person, unit, expertise, panel) else {
        return reply::invalid(&Show { form, errors, ..view });
    };
    let invitation = Invitation { person, unit, expertise, panel };
    let by = by(&page, &viewer);
    let invited = db
        .write(move |conn| {
            held(conn, &viewer, id, &[RunContests])?;
            judges::invite(conn, id, &invitation, &by)
        })
        .await;
    match invited {
        Ok(_) => reply::see(format!("/organize/contests/{id}/judges?done=added")),
        Err(Error::Refused(why)) => {
            reply::invalid(&Show { form, errors: Errors::default().with("person", why), ..view })
        }
        Err(other) => Err(other),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PanelForm {
    panel: String,
}

async fn set_panel(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<JudgeId>,
    form: Form<PanelForm>,
) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let contest = db
        .write(move |conn| {
            let contest = store::judge(conn, id)?.contest;
            held(conn, &viewer, contest, &[RunContests])?;
            let most = store::rounds(conn, contest)?.iter().map(|round| round.panels).max().unwrap_or(1);
            let panel = panel_of(&form.panel, most).map_err(Error::Refused)?;
            judges::set_panel(conn, id, panel, &by)?;
            Ok(contest)
        })
        .await?;
    reply::see(format!("/organize/contests/{contest}/judges?done=saved"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReasonForm {
    reason: String,
}

async fn withdraw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<JudgeId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let reason = text(&form.reason, 200).map_err(Error::Refused)?;
    let contest = db
        .write(move |conn| {
            let contest = store::judge(conn, id)?.contest;
            held(conn, &viewer, contest, &[RunContests])?;
            judges::withdraw(conn, id, &reason, &by)?;
            Ok(contest)
        })
        .await?;
    reply::see(format!("/organize/contests/{contest}/judges?done=saved"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DeclareForm {
    judge: String,
    entry: String,
    kind: String,
    reason: String,
}

async fn declare(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<DeclareForm>,
) -> Reply {
    let (id, again, who) = (*id, page.clone(), viewer.clone());
    let view = db.read_long(move |conn| Show::load(conn, again, &who, id)).await?;
    let mut errors = Errors::default();
    let judge = view.judges.iter().find(|one| one.id.to_string() == form.judge).map(|one| one.id);
    let judge = errors.take("judge", judge.ok_or_else(|| msg!("请选评委")));
    let entry = view.entries.iter().find(|one| one.0.to_string() == form.entry).map(|one| one.0);
    let entry = errors.take("entry", entry.ok_or_else(|| msg!("请选作品")));
    let kind = errors.take("kind", kind_of(&form.kind));
    let reason = errors.take("reason", optional(&form.reason, 300));
    let (Some(judge), Some(entry), Some(kind), Some(reason)) = (judge, entry, kind, reason) else {
        return reply::invalid(&Show { errors, ..view });
    };
    let by = by(&page, &viewer);
    db.write(move |conn| {
        held(conn, &viewer, id, &[SuperviseContests])?;
        judges::declare(conn, id, (judge, entry, kind), &reason, &by)
    })
    .await?;
    reply::see(format!("/organize/contests/{id}/judges?done=saved"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RemoveForm {
    conflict: i64,
    reason: String,
}

async fn remove(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<ContestId>,
    form: Form<RemoveForm>,
) -> Reply {
    let (id, by, conflict) = (*id, by(&page, &viewer), form.conflict);
    let reason = text(&form.reason, 200).map_err(Error::Refused)?;
    db.write(move |conn| {
        held(conn, &viewer, id, &[SuperviseContests])?;
        judges::remove_conflict(conn, id, conflict, &reason, &by)
    })
    .await?;
    reply::see(format!("/organize/contests/{id}/judges?done=saved"))
}

async fn assign(page: Page, viewer: Viewer, db: Data<Db>, id: Path<RoundId>) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let contest = db
        .write(move |conn| {
            let round = held_round(conn, &viewer, id, &[RunContests])?;
            judges::assign(conn, id, &by)?;
            Ok(round.contest)
        })
        .await?;
    reply::see(format!("/organize/contests/{contest}/judges?done=saved"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OneForm {
    judge: String,
    entry: String,
}

async fn assign_one(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<RoundId>,
    form: Form<OneForm>,
) -> Reply {
    let (id, by) = (*id, by(&page, &viewer));
    let missing = || Error::Refused(msg!("请选评委和作品。"));
    let judge = form.judge.parse().map(JudgeId).map_err(|_| missing())?;
    let entry = form.entry.parse().map(EntryId).map_err(|_| missing())?;
    let contest = db
        .write(move |conn| {
            let round = held_round(conn, &viewer, id, &[RunContests])?;
            judges::assign_one(conn, id, judge, entry, &by)?;
            Ok(round.contest)
        })
        .await?;
    reply::see(format!("/organize/contests/{contest}/judges?done=saved"))
}
