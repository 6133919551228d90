//! From sheets to places: the official result of a round, from its frozen method and its inputs and from nothing else, in exact
//! fractions. domain.md §5.1–5.5. The contract of what is published is docs/rankings.en.md.
use super::method::{Boundary, Breaker, Method, Panels, Scores};
use crate::lang::Message;
use crate::msg;
use crate::scoring::exact::{Exact, mean, shown, shown_apart};
use crate::scoring::heats::{Scale, coefficients};
use crate::scoring::panel::{Sheet, trimmed};
use crate::scoring::ranks::{Standing, placed};
use crate::scoring::squares::{Mark, Unfit, fit};
use num_traits::Zero;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// An entry that competes. Names are pseudonyms: E01, A, X1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Competing {
    pub entry: String,
    pub panel: String,
    pub alliance: String,
    pub seconds: Option<i64>,
    pub audience_place: Option<i64>,
    pub votes: Option<i64>,
}

/// A sheet that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub entry: String,
    /// The judge's number in the contest.
    pub judge: u32,
    pub scores: Scores,
}

/// A judge who gave an entry nothing: recused, missing or excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    pub entry: String,
    pub judge: u32,
    pub why: String,
}

/// All that a result follows from, beside the method.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    pub entries: Vec<Competing>,
    pub sheets: Vec<Counted>,
    pub apart: Vec<Apart>,
}

/// What published files call a judge.
pub fn judge_code(number: u32) -> String {
    format!("J{number:02}")
}

impl Inputs {
    /// The leaves of the tree of inputs, in order.
    pub fn leaves(&self) -> Vec<Value> {
        let entries = self.entries.iter().map(|one| {
            json!({"t": "entry", "entry": one.entry, "panel": one.panel, "alliance": one.alliance,
                "seconds": one.seconds, "audience_place": one.audience_place, "votes": one.votes})
        });
        let sheets = self.sheets.iter().map(|one| {
            json!({"t": "sheet", "entry": one.entry, "judge": judge_code(one.judge), "scores": one.scores})
        });
        let apart = self.apart.iter().map(
            |one| json!({"t": "apart", "entry": one.entry, "judge": judge_code(one.judge), "why": one.why}),
        );
        entries.chain(sheets).chain(apart).collect()
    }
}

/// A line of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub entry: String,
    /// 1224; within the panel, where each has its own order.
    pub rank: usize,
    pub score: String,
    pub exact: Exact,
    /// Before panels were compared and the audience was heard.
    pub raw: String,
    pub panel: String,
    pub sheets: usize,
    pub few_judges: bool,
    /// What put it before or behind others with the same score.
    pub by: Option<Breaker>,
    pub is_promoted: bool,
    /// Passed over since its alliance has its share already.
    pub is_capped: bool,
}

impl Row {
    /// As it is published; the commitment of the name is added by whoever publishes.
    pub fn json(&self) -> Value {
        json!({"entry": self.entry, "rank": self.rank, "score": self.score,
            "exact": format!("{}/{}", self.exact.numer(), self.exact.denom()),
            "raw": self.raw, "panel": self.panel, "sheets": self.sheets, "few_judges": self.few_judges,
            "by": self.by.map(Breaker::as_str), "promoted": self.is_promoted,
            "remark": self.is_capped.then_some("capped")})
    }
}

/// Why there is no result yet. Codes name entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Nobody,
    NoSheets(String),
    /// A sheet does not fit the method.
    BadSheet {
        entry: String,
        judge: u32,
    },
    NoTime(String),
    NoAudience(String),
    /// Panels without scores, or with noughts only.
    NoScale,
    /// No judge connects these entries with the others.
    Apart(Vec<String>),
    /// Equal where the list ends: the judges decide by a written vote.
    Undecided(Vec<String>),
}

impl Problem {
    pub fn words(&self) -> Message {
        match self {
            Problem::Nobody => msg!("没有参评作品，算不出结果。"),
            Problem::NoSheets(entry) => msg!("{} 没有一份计入的评分表。请补评，或取消资格。", entry),
            Problem::BadSheet { entry, judge } => {
                msg!("{} 的一份评分表（评委 {}）与评分办法不符。", entry, judge)
            }
            Problem::NoTime(entry) => msg!("{} 还没有记下时长，不能计算超时扣分。", entry),
            Problem::NoAudience(entry) => msg!("{} 还没有观众票数。", entry),
            Problem::NoScale => msg!("有一组没有得分，不能换算各组分数。"),
            Problem::Apart(entries) => {
                msg!("评委与作品没有连成一片，不能排在一起：{}。请再分配一些评分表。", entries.join("、"))
            }
            Problem::Undecided(entries) => {
                msg!("名额处并列：{}。请评委书面表决，记下票数后再计算。", entries.join("、"))
            }
        }
    }
}

/// An entry's sheets put together.
struct Scored {
    standing: Standing,
    raw: Exact,
    penalty: Exact,
    sheets: usize,
    few_judges: bool,
}

/// The result: every entry's line, by place, panel and code.
///
/// # Errors
/// [`Problem`].
pub fn compute(method: &Method, inputs: &Inputs) -> Result<Vec<Row>, Problem> {
    let mut scored =
        inputs.entries.iter().map(|one| score(method, inputs, one)).collect::<Result<Vec<_>, _>>()?;
    if scored.is_empty() {
        return Err(Problem::Nobody);
    }
    adjust(method, inputs, &mut scored)?;
    if let Some((form, share)) = method.audience_rule() {
        for (entry, one) in inputs.entries.iter().zip(&mut scored) {
            let place = entry.audience_place.ok_or_else(|| Problem::NoAudience(entry.entry.clone()))?;
            one.standing.score = form.joined(&one.standing.score, place, &share);
        }
    }
    let groups: BTreeMap<&str, Vec<usize>> = match method.panels {
        Panels::TopOfEach => by_panel(inputs),
        _ => BTreeMap::from([("", (0..scored.len()).collect())]),
    };
    let mut rows = vec![];
    for members in groups.into_values() {
        rows.extend(order(method, inputs, &scored, &members)?);
    }
    rows.sort_by(|a, b| (a.rank, &a.panel, &a.entry).cmp(&(b.rank, &b.panel, &b.entry)));
    Ok(rows)
}

fn by_panel(inputs: &Inputs) -> BTreeMap<&str, Vec<usize>> {
    let mut panels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, one) in inputs.entries.iter().enumerate() {
        panels.entry(&one.panel).or_default().push(at);
    }
    panels
}

fn score(method: &Method, inputs: &Inputs, entry: &Competing) -> Result<Scored, Problem> {
    let own: Vec<&Counted> = inputs.sheets.iter().filter(|one| one.entry == entry.entry).collect();
    let bad = |sheet: &Counted| Problem::BadSheet { entry: entry.entry.clone(), judge: sheet.judge };
    let sheets = own
        .iter()
        .map(|one| {
            let total = method.total(&one.scores).ok_or_else(|| bad(one))?;
            Ok(Sheet { judge: one.judge, total })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let few_judges = sheets.len() < method.trim.least as usize;
    let (low, high) = match few_judges {
        true => (0, 0),
        false => (method.trim.low as usize, method.trim.high as usize),
    };
    let panel = trimmed(&sheets, low, high).ok_or_else(|| Problem::NoSheets(entry.entry.clone()))?;
    let kept = own.iter().filter(|one| panel.kept.contains(&one.judge));
    let content: Option<Vec<Exact>> = kept.map(|one| method.content(&one.scores)).collect();
    let mut penalty = Exact::zero();
    if let Some(time) = method.time_rule() {
        let seconds = entry.seconds.ok_or_else(|| Problem::NoTime(entry.entry.clone()))?;
        penalty = time.penalty(seconds);
    }
    let raw = panel.mean - &penalty;
    let standing = Standing {
        score: raw.clone(),
        content: content.and_then(|all| mean(&all)),
        totals: sheets.iter().map(|one| (one.judge, one.total.clone())).collect(),
        votes: entry.votes,
    };
    Ok(Scored { standing, raw, penalty, sheets: sheets.len(), few_judges })
}

/// Puts panels, or judges who saw different entries, on one scale.
fn adjust(method: &Method, inputs: &Inputs, scored: &mut [Scored]) -> Result<(), Problem> {
    let scale = match method.panels {
        Panels::Single | Panels::TopOfEach => return Ok(()),
        Panels::LeastSquares => return take_mildness_out(method, inputs, scored),
        Panels::Pooled => Scale::Pooled,
        Panels::TwiceAveraged => Scale::MeanOfMeans,
    };
    let panels: Vec<Vec<usize>> = by_panel(inputs).into_values().collect();
    let raws: Vec<Vec<Exact>> =
        panels.iter().map(|members| members.iter().map(|at| scored[*at].raw.clone()).collect()).collect();
    let found = coefficients(&raws, scale, method.coefficient_places).ok_or(Problem::NoScale)?;
    for (members, coefficient) in panels.iter().zip(found) {
        for at in members {
            scored[*at].standing.score = &scored[*at].raw * &coefficient;
        }
    }
    Ok(())
}

fn take_mildness_out(method: &Method, inputs: &Inputs, scored: &mut [Scored]) -> Result<(), Problem> {
    let judges: BTreeSet<u32> = inputs.sheets.iter().map(|one| one.judge).collect();
    let judges: BTreeMap<u32, usize> = judges.into_iter().zip(0..).collect();
    let marks: Vec<Mark> = scored
        .iter()
        .enumerate()
        .flat_map(|(entry, one)| {
            one.standing.totals.iter().map(move |(judge, total)| (entry, *judge, total.clone()))
        })
        .map(|(entry, judge, score)| Mark { entry, judge: judges[&judge], score })
        .collect();
    let pull = crate::scoring::exact::read(&method.pull).unwrap_or_else(Exact::zero);
    let fitted = fit(&marks, &pull).map_err(|why| match why {
        Unfit::Empty | Unfit::Uneven => Problem::NoScale,
        Unfit::Apart(parts) => {
            let smallest = parts.into_iter().min_by_key(Vec::len).unwrap_or_default();
            Problem::Apart(smallest.into_iter().map(|at| inputs.entries[at].entry.clone()).collect())
        }
    })?;
    for (one, worth) in scored.iter_mut().zip(fitted.entries) {
        // What time costs is known and nobody's mildness.
        one.standing.score = worth - &one.penalty;
    }
    Ok(())
}

/// The order of these entries, with who goes on.
fn order(
    method: &Method,
    inputs: &Inputs,
    scored: &[Scored],
    members: &[usize],
) -> Result<Vec<Row>, Problem> {
    let standings: Vec<Standing> = members.iter().map(|at| scored[*at].standing.clone()).collect();
    let breakers: Vec<_> = method.breakers.iter().map(|one| one.rule()).collect();
    let mut places = placed(&standings, &breakers);
    let code = |of: usize| &inputs.entries[members[of]].entry;
    places.sort_by(|a, b| (a.rank, code(a.of)).cmp(&(b.rank, code(b.of))));
    let values: Vec<Exact> = places.iter().map(|place| standings[place.of].score.clone()).collect();
    let scores = shown_apart(&values, method.places);
    let mut rows: Vec<Row> = places
        .iter()
        .zip(scores)
        .map(|(place, score)| {
            let (entry, one) = (&inputs.entries[members[place.of]], &scored[members[place.of]]);
            Row {
                entry: entry.entry.clone(),
                rank: place.rank,
                score,
                exact: one.standing.score.clone(),
                raw: shown(&one.raw, method.places),
                panel: entry.panel.clone(),
                sheets: one.sheets,
                few_judges: one.few_judges,
                by: place.by.map(Breaker::of_rule),
                is_promoted: false,
                is_capped: false,
            }
        })
        .collect();
    let members: Vec<&Competing> = places.iter().map(|place| &inputs.entries[members[place.of]]).collect();
    promote(method, &members, &mut rows)?;
    Ok(rows)
}

/// How many of a group (an alliance, a panel) have gone on.
#[derive(Default)]
struct Taken<'a>(BTreeMap<&'a str, u32>);

impl<'a> Taken<'a> {
    /// Whoever belongs to none is limited by none.
    fn has_all(&self, group: &str, most: Option<u32>) -> bool {
        !group.is_empty() && most.is_some_and(|most| self.0.get(group).is_some_and(|count| *count >= most))
    }
    fn add(&mut self, group: &'a str) {
        *self.0.entry(group).or_default() += 1;
    }
    fn is_over(&self, most: Option<u32>) -> bool {
        most.is_some_and(|most| self.0.iter().any(|(group, count)| !group.is_empty() && *count > most))
    }
}

/// Marks who goes on, equals together. Where there is no room for all of them, people decide; or they all go on, where the method
/// says so. `members` are the entries of `rows`.
fn promote(method: &Method, members: &[&Competing], rows: &mut [Row]) -> Result<(), Problem> {
    let rule = &method.promote;
    let (n, per_panel) = match method.panels {
        Panels::TopOfEach => (rule.per_panel.unwrap_or(0), None),
        _ => (rule.n, rule.per_panel),
    };
    let (mut alliances, mut panels) = (Taken::default(), Taken::default());
    let (mut count, mut from) = (0, 0);
    while from < rows.len() && count < n {
        let to = (from..rows.len()).find(|at| rows[*at].rank != rows[from].rank).unwrap_or(rows.len());
        let is_capped = |at: &usize| {
            alliances.has_all(&members[*at].alliance, rule.per_alliance)
                || panels.has_all(&members[*at].panel, per_panel)
        };
        let (capped, able): (Vec<usize>, Vec<usize>) = (from..to).partition(is_capped);
        for at in &able {
            alliances.add(&members[*at].alliance);
            panels.add(&members[*at].panel);
        }
        let all = count + able.len() as u32;
        let is_full = rule.boundary == Boundary::Strict && all > n;
        if is_full || alliances.is_over(rule.per_alliance) || panels.is_over(per_panel) {
            return Err(Problem::Undecided(able.into_iter().map(|at| rows[at].entry.clone()).collect()));
        }
        count = all;
        capped.into_iter().for_each(|at| rows[at].is_capped = true);
        able.into_iter().for_each(|at| rows[at].is_promoted = true);
        from = to;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
