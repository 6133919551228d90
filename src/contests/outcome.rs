//! From the lock to the places: what a result follows from, read from the rows; the ranking that is made of it; and what becomes of
//! the entries when it is final. domain.md §4.3, §5.1–5.5.
use super::entries;
use super::result::{Apart, Competing, Counted, Inputs, Problem, Row, compute};
use super::store::{self, Place};
use super::way::{By, lock_round, step, tell};
use super::{
    AssignmentState, Contest, Entry, EntryState, Method, Panels, PlaceState, Refusal, Round, RoundState,
    RulingKind, State,
};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{RoundId, SnapshotId};
use crate::lang::Message;
use crate::msg;
use crate::rankings::{self, Draft, Named, Press, Snapshot};
use crate::scoring::diagnosis::Agreement;
use crate::scoring::exact::{self, Exact, mean};
use crate::scoring::ranks::{Ties, numbers};
use num_traits::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};

/// What a ranking of a round is about.
pub const SUBJECT: &str = "contest_round";
/// Working days for which a result is open to objections at least.
const LEAST_NOTICE: i32 = rankings::LEAST_NOTICE;

/// What published files call a panel: A, B, C.
pub fn panel_code(panel: i32) -> String {
    char::from(b'A' + (panel.clamp(1, 26) - 1) as u8).to_string()
}

/// All that a locked round's result follows from, and the entries that are not in it, with why.
#[derive(Debug, Clone)]
pub struct Gathered {
    pub inputs: Inputs,
    pub excluded: Vec<(String, &'static str)>,
}

/// Reads the inputs of a round.
///
/// # Errors
/// Refused before the lock: nothing reads scores earlier (INV-C7).
pub fn gather(conn: &mut Conn, round: &Round) -> Result<Gathered> {
    if round.locked_at.is_none() {
        return Err(Refusal::NotNow.into());
    }
    collect(conn, round)
}

/// What would keep a round from having a result once it is locked, when nothing can be added any more: a time, ballots, a sheet, one
/// more sheet where one departs too far from the fit. A tie that judges decide is no hindrance: they vote after the lock. Tells no
/// score.
///
/// # Errors
/// Those of the database, and while sheets are open.
pub fn hindrance(conn: &mut Conn, round: &Round) -> Result<Option<Message>> {
    let gathered = collect(conn, round)?;
    Ok(match compute(&round.method, &gathered.inputs) {
        Ok(_) | Err(Problem::Undecided(_)) => one_more(round, &gathered.inputs),
        Err(problem) => Some(problem.words()),
    })
}

/// The entries that need one more sheet than was planned, since one of theirs lies beyond three standard errors. domain.md §5.3, rule
/// of use. Where every judge was planned, an entry has one more than others.
fn one_more(round: &Round, inputs: &Inputs) -> Option<Message> {
    let totals = totals(&round.method, inputs);
    let planned = match usize::try_from(round.sheets_each) {
        Ok(each) if each > 0 => each,
        _ => totals.values().map(BTreeMap::len).min().unwrap_or(0),
    };
    let mut entries: Vec<String> = doubtful(&round.method, &totals).into_iter().map(|one| one.0).collect();
    entries.dedup();
    entries.retain(|entry| totals.get(entry.as_str()).is_some_and(|sheets| sheets.len() <= planned));
    if entries.is_empty() {
        return None;
    }
    Some(msg!(
        "{} 有一份评分表与其余的对不上，还不能定名次。请给它再分配一位评委，收齐以后再锁定。",
        entries.join("、")
    ))
}

fn collect(conn: &mut Conn, round: &Round) -> Result<Gathered> {
    let places = store::places(conn, round.id)?;
    let times: BTreeMap<i64, i32> = store::times(conn, round.id)?.into_iter().collect();
    let (competing, others): (Vec<Place>, Vec<Place>) =
        places.into_iter().partition(|place| place.state == PlaceState::Competing);
    let audience = audience_places(&competing);
    let mut entries: Vec<Competing> = competing
        .iter()
        .map(|place| Competing {
            entry: place.code.clone(),
            panel: panel_code(place.panel),
            alliance: place.alliance.map(|alliance| format!("X{alliance}")).unwrap_or_default(),
            seconds: times.get(&place.id).map(|seconds| i64::from(*seconds)),
            audience_place: round.method.audience.as_ref().and(audience.get(&place.code).copied()),
            votes: place.votes.map(i64::from),
        })
        .collect();
    entries.sort_by(|a, b| a.entry.cmp(&b.entry));
    let (mut sheets, mut apart) = (vec![], vec![]);
    for (code, entry, number, _, state, scores) in store::lines(conn, round.id)? {
        if !competing.iter().any(|place| place.entry == entry) {
            continue;
        }
        let judge = u32::try_from(number).map_err(Error::internal)?;
        match (state, scores) {
            (AssignmentState::Submitted, Some(scores)) => sheets.push(Counted { entry: code, judge, scores }),
            (AssignmentState::Submitted | AssignmentState::Assigned, _) => {
                return Err(Error::Internal(format!("a locked round has an open sheet of {code}").into()));
            }
            (state, _) => apart.push(Apart { entry: code, judge, why: state.as_str().to_owned() }),
        }
    }
    let why = |state| if state == PlaceState::Withdrawn { "withdrawn" } else { "disqualified" };
    let mut excluded: Vec<_> = others.into_iter().map(|place| (place.code, why(place.state))).collect();
    excluded.sort();
    Ok(Gathered { inputs: Inputs { entries, sheets, apart }, excluded })
}

/// Places by the audience's ballots; equals share one (1224). Only where every entry has its ballots counted.
fn audience_places(places: &[Place]) -> BTreeMap<String, i64> {
    let mut order: Vec<(i32, &str)> =
        places.iter().filter_map(|place| Some((place.audience?, place.code.as_str()))).collect();
    order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let ballots: Vec<i32> = order.iter().map(|one| one.0).collect();
    let numbers = numbers(&ballots, Ties::Standard);
    order.iter().zip(numbers).filter_map(|(one, place)| Some((one.1.to_owned(), place.to_i64()?))).collect()
}

/// The result of a locked round, as its method and its sheets say.
///
/// # Errors
/// Refused before the lock, and with what is missing where there is no result yet.
pub fn result(conn: &mut Conn, round: &Round) -> Result<(Gathered, Vec<Row>)> {
    let gathered = gather(conn, round)?;
    let rows = compute(&round.method, &gathered.inputs).map_err(|problem| Error::Refused(problem.words()))?;
    Ok((gathered, rows))
}

/// Computes the result of a locked round, as the next revision of its ranking. A second person checks it.
///
/// # Errors
/// Refused before the lock, where the sheets give no result yet, and without a reason after a revision was published.
pub fn compute_ranking(conn: &mut Conn, id: RoundId, reason: Option<String>, by: &By) -> Result<SnapshotId> {
    let (contest, round) = lock_round(conn, id)?;
    if !matches!(round.state, RoundState::Locked | RoundState::Provisional) {
        return Err(Refusal::NotNow.into());
    }
    let (gathered, rows) = result(conn, &round)?;
    let mut names = BTreeMap::new();
    for place in store::places(conn, id)?.iter().filter(|place| place.state == PlaceState::Competing) {
        let entry = store::entry(conn, place.entry)?;
        let alliance = match entry.alliance {
            Some(alliance) => Some(crate::schools::alliance(conn, alliance)?.name),
            None => None,
        };
        let link = store::public_lecture(conn, place.entry)?.map(|lecture| format!("/lectures/{lecture}"));
        let named = Named { name: name_of(&entry, alliance.as_deref()), agreed: true, link };
        names.insert(place.code.clone(), named);
    }
    let draft = Draft {
        subject: (SUBJECT, id.0),
        kind: rankings::Kind::Contest,
        title: format!("{} · {}", contest.title, round.title),
        method: serde_json::from_str(&round.method.json()).map_err(Error::internal)?,
        inputs: gathered.inputs.leaves(),
        rows: rows.iter().map(Row::json).collect(),
        excluded: gathered
            .excluded
            .into_iter()
            .map(|(id, reason)| serde_json::json!({"id": id, "reason": reason}))
            .collect(),
        names,
        reason,
        object_path: Some(format!("/contests/{}/objections/{id}", contest.slug)),
    };
    let snapshot = rankings::compute(conn, &draft, &by.doer, by.now)?;
    by.note(conn, (contest.id, Some(id)), ("computed", ""))?;
    Ok(snapshot)
}

/// Publishes a result that somebody checked: from now on it is open to objections.
///
/// # Errors
/// As in [`rankings::publish`].
pub fn publish(conn: &mut Conn, press: &Press, id: RoundId, snapshot: SnapshotId, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let days = contest.notice_days.max(LEAST_NOTICE);
    rankings::publish(conn, press, snapshot, Some(days), &by.doer, by.now)?;
    follow(conn, &contest, &round, by)?;
    let published = rankings::snapshot(conn, snapshot)?;
    let title = format!("赛课结果公示：{} 第 {} 版", published.title, published.revision);
    let until =
        published.notice_until.map(|until| format!("公示到 {until}，期间可以提出异议。")).unwrap_or_default();
    tell(conn, &contest, (&format!("round-{id}-{}", published.revision), title), until, by)?;
    by.note(conn, (contest.id, Some(id)), ("round_published", ""))
}

/// A round whose result is published is open to objections. One that was published at the desk of rankings, when that was still
/// possible, follows when it is made final.
fn follow(conn: &mut Conn, contest: &Contest, round: &Round, by: &By) -> Result<()> {
    if round.state == RoundState::Locked {
        store::move_round(conn, round.id, (RoundState::Locked, RoundState::Provisional))?;
        if is_last(conn, round)? {
            step(conn, contest, (State::Locked, State::Provisional), ("published", ""), by)?;
        }
    }
    Ok(())
}

/// Makes a published result final, after its notice period; the entries go on, or are awarded.
///
/// # Errors
/// As in [`rankings::finish`]; refused while a ruling is not in the published revision.
pub fn finish(conn: &mut Conn, press: &Press, id: RoundId, snapshot: &Snapshot, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let is_published = matches!(round.state, RoundState::Locked | RoundState::Provisional);
    if !is_published || owes_revision(conn, id, snapshot)? {
        return Err(Refusal::NotNow.into());
    }
    follow(conn, &contest, &round, by)?;
    // The desk of rankings could do this once: then the entries are still to follow.
    if snapshot.state != rankings::State::Final {
        rankings::finish(conn, press, snapshot.id, &by.doer, by.now)?;
    }
    settle(conn, id, snapshot, by)
}

/// Whether a ruling has changed what a result follows from since this one was computed, or it was opened again when it was final.
///
/// # Errors
/// Those of the database.
pub fn owes_revision(conn: &mut Conn, id: RoundId, snapshot: &Snapshot) -> Result<bool> {
    let reopened = store::reopened_at(conn, id)?;
    let rulings = store::rulings(conn, id)?;
    let is_changed =
        rulings.iter().any(|one| one.kind != RulingKind::Nothing && one.at > snapshot.computed_at);
    Ok(is_changed || reopened.is_some_and(|at| at > snapshot.computed_at))
}

/// Whether the next revision of a round is being made: judges may vote about a tie in it.
///
/// # Errors
/// Those of the database.
pub fn is_revising(conn: &mut Conn, round: &Round) -> Result<bool> {
    match (round.state, rankings::newest(conn, (SUBJECT, round.id.0))?) {
        (RoundState::Locked, _) | (RoundState::Provisional, None) => Ok(true),
        (RoundState::Provisional, Some(newest)) => Ok(!newest.state.is_public()
            || newest.state == rankings::State::Withdrawn
            || owes_revision(conn, round.id, &newest)?),
        _ => Ok(false),
    }
}

/// Whether a round is the last of its contest.
///
/// # Errors
/// Those of the database.
pub(super) fn is_last(conn: &mut Conn, round: &Round) -> Result<bool> {
    Ok(store::rounds(conn, round.contest)?.last().is_some_and(|last| last.id == round.id))
}

/// What becomes of the entries when the result of a round is final, as it was published: some go on, or are awarded after the last
/// round.
///
/// # Errors
/// Refused if the round is not published.
fn settle(conn: &mut Conn, id: RoundId, snapshot: &Snapshot, by: &By) -> Result<()> {
    let (contest, round) = lock_round(conn, id)?;
    let is_last = is_last(conn, &round)?;
    if !store::move_round(conn, id, (RoundState::Provisional, RoundState::Final))? {
        return Err(Refusal::NotNow.into());
    }
    let places = store::places(conn, id)?;
    let rows = rankings::rows(conn, snapshot.id, 0, i64::try_from(places.len()).map_err(Error::internal)?)?;
    let rows: BTreeMap<&str, &rankings::Row> = rows.iter().map(|row| (row.subject.as_str(), row)).collect();
    for place in &places {
        let Some(row) = rows.get(place.code.as_str()) else { continue };
        let to = match (row.is_promoted, is_last) {
            (false, _) => EntryState::Eliminated,
            (true, false) => EntryState::Promoted,
            (true, true) => EntryState::Awarded,
        };
        store::move_entry(conn, place.entry, (EntryState::Scored, to), by, "")?;
        let title = match to {
            EntryState::Awarded => msg!("您的作品在“{}”入选", contest.title),
            EntryState::Promoted => msg!("您的作品进入“{}”的下一轮", contest.title),
            _ => msg!("“{}”的结果已确定，评语在您的作品页", contest.title),
        };
        let entry = store::entry(conn, place.entry)?;
        entries::tell_entrant(conn, &contest, &entry, title, "", by)?;
    }
    if is_last {
        step(conn, &contest, (State::Provisional, State::Final), ("final", ""), by)?;
        // One that was corrected is news again.
        let what = match snapshot.revision {
            1 => "final".to_owned(),
            revision => format!("final-{revision}"),
        };
        tell(conn, &contest, (&what, format!("赛课结果确定：{}", contest.title)), String::new(), by)?;
    }
    by.note(conn, (contest.id, Some(id)), ("round_final", ""))
}

/// What an entry is called where its people agreed to be named; otherwise only what it teaches.
pub fn name_of(entry: &Entry, alliance: Option<&str>) -> serde_json::Value {
    if entry.may_name {
        serde_json::json!({"name": entry.entrant_name, "lecture": entry.title, "school": entry.school_name,
            "alliance": alliance.unwrap_or_default()})
    } else {
        serde_json::json!({"lecture": entry.title})
    }
}

/// A judge as the chief scorer sees them after the lock: no score changes by it (D3).
#[derive(Debug, Clone)]
pub struct Severity {
    pub number: u32,
    pub sheets: usize,
    pub mean: f64,
    /// The judge's mean less that of all judges of the same entries: above nought is mild.
    pub mildness: f64,
    /// Sheets more than ten points from the middle of the entry's.
    pub far: usize,
}

/// How the judges of a round agree.
#[derive(Debug, Clone, Default)]
pub struct Diagnosis {
    pub judges: Vec<Severity>,
    /// Where everybody saw everybody.
    pub agreement: Option<Agreement>,
    /// Where each saw some: sheets whose residual is beyond three standard errors, by entry and judge.
    pub doubtful: Vec<(String, u32)>,
}

/// Looks at the judges of a locked round.
///
/// # Errors
/// Refused before the lock.
pub fn diagnose(conn: &mut Conn, round: &Round) -> Result<Diagnosis> {
    let inputs = gather(conn, round)?.inputs;
    let of_entry = totals(&round.method, &inputs);
    let judges: BTreeSet<u32> = inputs.sheets.iter().map(|sheet| sheet.judge).collect();
    let number = |value: &Exact| value.to_f64().unwrap_or(f64::NAN);
    let severity = |judge: &u32| {
        let own: Vec<(f64, f64, f64)> = of_entry
            .values()
            .filter_map(|totals| {
                let all: Vec<Exact> = totals.values().cloned().collect();
                let middle = exact::median(&all)?;
                Some((number(totals.get(judge)?), number(&mean(&all)?), number(&middle)))
            })
            .collect();
        let count = own.len().max(1) as f64;
        Severity {
            number: *judge,
            sheets: own.len(),
            mean: own.iter().map(|one| one.0).sum::<f64>() / count,
            mildness: own.iter().map(|one| one.0 - one.1).sum::<f64>() / count,
            far: own.iter().filter(|one| (one.0 - one.2).abs() > crate::scoring::diagnosis::FAR).count(),
        }
    };
    let table: Vec<Vec<f64>> =
        of_entry.values().map(|totals| totals.values().map(number).collect()).collect();
    let is_whole = table.iter().all(|row| row.len() == judges.len());
    Ok(Diagnosis {
        agreement: if is_whole { Agreement::of(&table) } else { None },
        doubtful: doubtful(&round.method, &of_entry),
        judges: judges.iter().map(severity).collect(),
    })
}

/// Totals by entry and judge.
type Totals<'a> = BTreeMap<&'a str, BTreeMap<u32, Exact>>;

fn totals<'a>(method: &Method, inputs: &'a Inputs) -> Totals<'a> {
    let mut of_entry = Totals::new();
    for sheet in &inputs.sheets {
        if let Some(total) = method.total(&sheet.scores) {
            of_entry.entry(&sheet.entry).or_default().insert(sheet.judge, total);
        }
    }
    of_entry
}

/// Sheets that lie beyond three standard errors of the fit that the frozen method makes, by entry and judge.
fn doubtful(method: &Method, of_entry: &Totals<'_>) -> Vec<(String, u32)> {
    use crate::scoring::squares::{Mark, fit};
    if method.panels != Panels::LeastSquares {
        return vec![];
    }
    let judges: BTreeSet<u32> = of_entry.values().flat_map(|totals| totals.keys().copied()).collect();
    let place: BTreeMap<u32, usize> = judges.into_iter().zip(0..).collect();
    let mut named = vec![];
    let mut marks = vec![];
    for (entry, (code, totals)) in of_entry.iter().enumerate() {
        for (judge, score) in totals {
            named.push(((*code).to_owned(), *judge));
            marks.push(Mark { entry, judge: place[judge], score: score.clone() });
        }
    }
    let pull = exact::read(&method.pull).unwrap_or_else(|| exact::whole(0));
    match fit(&marks, &pull) {
        Ok(fit) => fit.doubtful().into_iter().map(|at| named[at].clone()).collect(),
        // There is no fit to depart from: the result itself says so.
        Err(_) => vec![],
    }
}
