//! A round of a contest computed again from its inputs: sheets to scores, scores to ranks, ranks to who goes on. The steps are those
//! of docs/rankings.en.md, in its order and under its numbers. domain.md §5.1–5.5.
use super::method::{Audience, Boundary, Breaker, Contest, Excluded, Id, Leaf, Panels, Promote, Time, Unfit};
use super::number::Fraction;
use super::squares;
use crate::msg;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Places behind the point that tell neighbours apart at most.
const MOST_PLACES: u32 = 12;

/// Nobody speaks for longer.
const LONGEST_SECONDS: i64 = 1_000_000;

/// A sheet that counts.
struct Sheet {
    judge: Id,
    total: Fraction,
    /// The part of it that says how good the content is.
    content: Option<Fraction>,
}

/// An entry on its way to a rank.
struct Entry {
    id: Id,
    panel: String,
    alliance: String,
    seconds: Option<i64>,
    audience_place: Option<i64>,
    votes: Option<i64>,
    sheets: Vec<Sheet>,
    /// The first so many of `sheets`, which are sorted, are dropped, and what stands behind `to`.
    kept: (usize, usize),
    is_few: bool,
    penalty: Fraction,
    raw: Fraction,
    score: Fraction,
    rank: usize,
    by: Option<Breaker>,
    shown: String,
    is_promoted: bool,
    remark: Option<&'static str>,
}

/// The rows that follow, in order, without the commitments to names.
///
/// # Errors
/// Why nothing can be computed from these inputs.
pub fn rows(method: &Contest, leaves: Vec<Leaf>, excluded: &[Excluded]) -> Result<Vec<Value>, Unfit> {
    let mut entries = gathered(method, leaves, excluded)?;
    for entry in &mut entries {
        score_of_panel(method, entry)?;
    }
    adjust(method, &mut entries)?;
    join_audience(method, &mut entries)?;
    let groups: Vec<Vec<usize>> = match method.panels {
        Panels::TopOfEach => {
            let mut by_panel: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, entry) in entries.iter().enumerate() {
                by_panel.entry(entry.panel.clone()).or_default().push(at);
            }
            by_panel.into_values().collect()
        }
        _ => vec![(0..entries.len()).collect()],
    };
    for group in groups {
        let order = place(method, &mut entries, group);
        tell_apart(method.places, &mut entries, &order);
        if let Some(promote) = &method.promote {
            choose(promote, method.panels == Panels::TopOfEach, &mut entries, &order);
        }
    }
    entries.sort_by(|a, b| (a.rank, &a.panel, &a.id).cmp(&(b.rank, &b.panel, &b.id)));
    Ok(entries.iter().map(|entry| row(method, entry)).collect())
}

/// Step 1, and whether the inputs fit together.
fn gathered(method: &Contest, leaves: Vec<Leaf>, excluded: &[Excluded]) -> Result<Vec<Entry>, Unfit> {
    let (mut entries, mut sheets, mut pairs) = (BTreeMap::new(), vec![], BTreeSet::new());
    for leaf in leaves {
        let pair = match &leaf {
            Leaf::Sheet { entry, judge, .. } | Leaf::Apart { entry, judge, .. } => {
                Some((entry.clone(), judge.clone()))
            }
            _ => None,
        };
        if let Some((entry, judge)) = pair
            && !pairs.insert((entry.clone(), judge.clone()))
        {
            return Err(msg!("{} 给 {} 的评分表有两份", judge.as_str(), entry.as_str()));
        }
        match leaf {
            Leaf::Entry { entry, panel, alliance, seconds, audience_place, votes } => {
                if seconds.is_some_and(|seconds| !(0..=LONGEST_SECONDS).contains(&seconds)) {
                    return Err(msg!("{} 的用时不可能", entry.as_str()));
                }
                let new = Entry {
                    id: entry.clone(),
                    panel,
                    alliance,
                    seconds,
                    audience_place,
                    votes,
                    sheets: vec![],
                    kept: (0, 0),
                    is_few: false,
                    penalty: Fraction::nought(),
                    raw: Fraction::nought(),
                    score: Fraction::nought(),
                    rank: 0,
                    by: None,
                    shown: String::new(),
                    is_promoted: false,
                    remark: None,
                };
                if let Some(twice) = entries.insert(entry, new) {
                    return Err(msg!("参赛编号 {} 有两条", twice.id.as_str()));
                }
            }
            Leaf::Sheet { entry, judge, scores } => sheets.push((entry, sheet(method, judge, &scores)?)),
            Leaf::Apart { .. } => {}
            Leaf::Voices { id, .. } => return Err(msg!("赛课的输入里有评价：{}", id.as_str())),
        }
    }
    for (entry, _) in &pairs {
        if !entries.contains_key(entry) {
            return Err(msg!("有 {} 的评分表，却没有这个参赛编号", entry.as_str()));
        }
    }
    for (entry, sheet) in sheets {
        if let Some(entry) = entries.get_mut(&entry) {
            entry.sheets.push(sheet);
        }
    }
    for one in excluded {
        let gone = entries.remove(&one.id);
        let has_sheets = gone.is_some_and(|entry| !entry.sheets.is_empty());
        if one.reason == "no_sheets" && has_sheets {
            return Err(msg!("{} 说是没有评分表，其实有", one.id.as_str()));
        }
    }
    match entries.values().find(|entry| entry.sheets.is_empty()) {
        Some(entry) => Err(msg!("{} 没有评分表，应当列为未列入", entry.id.as_str())),
        None => Ok(entries.into_values().collect()),
    }
}

fn sheet(method: &Contest, judge: Id, scores: &BTreeMap<String, Fraction>) -> Result<Sheet, Unfit> {
    let wrong = || msg!("{} 的一份评分表有分数缺失、越界或不合最小单位", judge.as_str());
    if scores.len() != method.criteria.len() {
        return Err(wrong());
    }
    let (mut all, mut content) = ((Fraction::nought(), 0), (Fraction::nought(), 0));
    for criterion in &method.criteria {
        let score = scores.get(&criterion.key).ok_or_else(wrong)?;
        let steps = score.over(&criterion.step).ok_or_else(wrong)?;
        if score.is_negative() || *score > criterion.max || !steps.is_whole() {
            return Err(wrong());
        }
        let of_hundred = (&Fraction::of(100) * score).over(&criterion.max).ok_or_else(wrong)?;
        let weighed = &Fraction::of(criterion.weight) * &of_hundred;
        all = (&all.0 + &weighed, all.1 + criterion.weight);
        if criterion.is_content {
            content = (&content.0 + &weighed, content.1 + criterion.weight);
        }
    }
    let total = all.0.over(&Fraction::of(all.1)).ok_or_else(wrong)?;
    Ok(Sheet { total, content: content.0.over(&Fraction::of(content.1)), judge })
}

/// Steps 2 and 3.
fn score_of_panel(method: &Contest, entry: &mut Entry) -> Result<(), Unfit> {
    entry.sheets.sort_by(|a, b| (&a.total, &a.judge).cmp(&(&b.total, &b.judge)));
    let count = entry.sheets.len();
    entry.is_few = count < method.trim.least;
    entry.kept = if entry.is_few { (0, count) } else { (method.trim.low, count - method.trim.high) };
    let kept = &entry.sheets[entry.kept.0..entry.kept.1];
    let mean = Fraction::mean(kept.iter().map(|sheet| &sheet.total));
    let mean = mean.ok_or_else(|| msg!("{} 没有评分表，应当列为未列入", entry.id.as_str()))?;
    entry.penalty = match (&method.time, entry.seconds) {
        (Some(time), Some(seconds)) => penalty(time, seconds),
        _ => Fraction::nought(),
    };
    entry.raw = &mean - &entry.penalty;
    Ok(())
}

fn penalty(time: &Time, seconds: i64) -> Fraction {
    let (mut steps, mut covered) = (Fraction::nought(), time.limit.saturating_add(time.grace));
    // Counted up, step by step, until the time is covered or the most is reached.
    let mut cost = Fraction::nought();
    while covered < seconds && cost < time.most && !time.each.is_nought() {
        steps = &steps + &Fraction::of(1);
        cost = &steps * &time.each;
        covered = covered.saturating_add(time.step);
    }
    cost.min(time.most.clone())
}

/// Step 4.
fn adjust(method: &Contest, entries: &mut [Entry]) -> Result<(), Unfit> {
    match method.panels {
        Panels::Single | Panels::TopOfEach => {
            for entry in entries {
                entry.score = entry.raw.clone();
            }
        }
        Panels::Pooled | Panels::TwiceAveraged => {
            let mut panels: BTreeMap<&str, Vec<&Fraction>> = BTreeMap::new();
            for entry in entries.iter() {
                panels.entry(&entry.panel).or_default().push(&entry.raw);
            }
            let means: BTreeMap<String, Fraction> = panels
                .iter()
                .filter_map(|(panel, raws)| {
                    Some(((*panel).to_owned(), Fraction::mean(raws.iter().copied())?))
                })
                .collect();
            let common = match method.panels {
                Panels::Pooled => Fraction::mean(entries.iter().map(|entry| &entry.raw)),
                _ => Fraction::mean(means.values()),
            };
            for entry in entries.iter_mut() {
                let coefficient = common.as_ref().and_then(|common| common.over(means.get(&entry.panel)?));
                let coefficient =
                    coefficient.ok_or_else(|| msg!("{} 组的平均分是零，算不出系数", entry.panel))?;
                let coefficient = method
                    .coefficient_places
                    .map_or(coefficient.clone(), |places| coefficient.rounded(places));
                entry.score = &entry.raw * &coefficient;
            }
        }
        Panels::LeastSquares => {
            let table: Vec<Vec<(&Id, &Fraction)>> = entries
                .iter()
                .map(|entry| entry.sheets.iter().map(|sheet| (&sheet.judge, &sheet.total)).collect())
                .collect();
            let fitted = squares::fit(&table, &method.pull)?;
            for (entry, worth) in entries.iter_mut().zip(fitted) {
                entry.score = &worth - &entry.penalty;
            }
        }
    }
    Ok(())
}

/// Step 5.
fn join_audience(method: &Contest, entries: &mut [Entry]) -> Result<(), Unfit> {
    let Some(audience) = &method.audience else { return Ok(()) };
    let hundred = Fraction::of(100);
    for entry in entries {
        let place = entry.audience_place.filter(|place| (1..1_000_000).contains(place));
        let place = place.ok_or_else(|| msg!("{} 没有观众投票的名次", entry.id.as_str()))?;
        let (share, points) = match audience {
            Audience::Spread { share, of } => {
                (share, (&hundred * &Fraction::of(of - place + 1)).over(&Fraction::of(*of)))
            }
            Audience::Steps { share, each } => (share, Some(&hundred - &(each * &Fraction::of(place - 1)))),
        };
        let points = points.unwrap_or_else(Fraction::nought).max(Fraction::nought());
        let own = &(&Fraction::of(1) - share) * &entry.score;
        entry.score = &own + &(share * &points);
    }
    Ok(())
}

/// Step 6: who stands where. Each entry starts in one group with all others; a rule at a time splits the groups.
fn place(method: &Contest, entries: &mut [Entry], members: Vec<usize>) -> Vec<usize> {
    let mut groups: Vec<(Vec<usize>, Option<Breaker>)> = vec![(members, None)];
    let rules = std::iter::once(None).chain(method.breakers.iter().copied().map(Some));
    for rule in rules {
        let mut split = vec![];
        for (mut group, by) in groups {
            let is_two = group.len() == 2;
            let has_votes = group.iter().all(|at| entries[*at].votes.is_some());
            let compare = |a: &usize, b: &usize| match rule {
                None => entries[*b].score.cmp(&entries[*a].score),
                Some(Breaker::Vote) if !has_votes => Ordering::Equal,
                Some(breaker) => better(breaker, &entries[*a], &entries[*b], is_two).reverse(),
            };
            group.sort_by(|a, b| compare(a, b).then_with(|| entries[*a].id.cmp(&entries[*b].id)));
            let parts: Vec<Vec<usize>> =
                group.chunk_by(|a, b| compare(a, b) == Ordering::Equal).map(<[usize]>::to_vec).collect();
            let by = if parts.len() > 1 && rule.is_some() { rule } else { by };
            split.extend(parts.into_iter().map(|part| (part, by)));
        }
        groups = split;
    }
    let mut order = vec![];
    for (group, by) in groups {
        let rank = order.len() + 1;
        for at in group {
            (entries[at].rank, entries[at].by) = (rank, by);
            order.push(at);
        }
    }
    order
}

/// `Greater` if the first one stands above the second.
fn better(breaker: Breaker, one: &Entry, two: &Entry, is_two: bool) -> Ordering {
    match breaker {
        Breaker::Content => content(one).cmp(&content(two)),
        Breaker::Median => median(one).cmp(&median(two)),
        Breaker::Duel if is_two => {
            let mut votes = 0_i64;
            for sheet in &one.sheets {
                if let Some(other) = two.sheets.iter().find(|other| other.judge == sheet.judge) {
                    votes += match sheet.total.cmp(&other.total) {
                        Ordering::Greater => 1,
                        Ordering::Equal => 0,
                        Ordering::Less => -1,
                    };
                }
            }
            votes.cmp(&0)
        }
        Breaker::Duel => Ordering::Equal,
        Breaker::Vote => one.votes.cmp(&two.votes),
    }
}

fn content(entry: &Entry) -> Option<Fraction> {
    let kept = &entry.sheets[entry.kept.0..entry.kept.1];
    let parts: Option<Vec<&Fraction>> = kept.iter().map(|sheet| sheet.content.as_ref()).collect();
    Fraction::mean(parts?)
}

/// Twice the median: sheets are sorted.
fn median(entry: &Entry) -> Option<Fraction> {
    let count = entry.sheets.len();
    let (low, high) = (entry.sheets.get(count.checked_sub(1)? / 2)?, entry.sheets.get(count / 2)?);
    Some(&low.total + &high.total)
}

/// Step 7: what is shown, with more places where two different scores that stand beside each other would look the same.
fn tell_apart(places: u32, entries: &mut [Entry], order: &[usize]) {
    let mut wanted = vec![places; order.len()];
    for at in 1..order.len() {
        let (above, below) = (&entries[order[at - 1]].score, &entries[order[at]].score);
        if above == below {
            continue;
        }
        let mut needed = places;
        while needed < MOST_PLACES && above.shown(needed) == below.shown(needed) {
            needed += 1;
        }
        wanted[at - 1] = wanted[at - 1].max(needed);
        wanted[at] = wanted[at].max(needed);
    }
    // What is equal looks alike.
    let mut from = 0;
    while from < order.len() {
        let is_equal = |at: &usize| entries[order[*at]].score == entries[order[from]].score;
        let to = (from..order.len()).find(|at| !is_equal(at)).unwrap_or(order.len());
        let most = wanted[from..to].iter().copied().max().unwrap_or(places);
        for at in &order[from..to] {
            entries[*at].shown = entries[*at].score.shown(most);
        }
        from = to;
    }
}

/// Step 8: who goes on.
fn choose(promote: &Promote, is_each: bool, entries: &mut [Entry], order: &[usize]) {
    let n = if is_each { promote.per_panel.unwrap_or(0) } else { promote.n };
    let per_panel = if is_each { None } else { promote.per_panel };
    let (mut taken, mut alliances, mut panels) =
        (0, BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let mut from = 0;
    while from < order.len() && taken < n {
        let rank = entries[order[from]].rank;
        let to = (from..order.len()).find(|at| entries[order[*at]].rank != rank).unwrap_or(order.len());
        // Whoever belongs to no alliance is limited by none.
        let is_full = |counts: &BTreeMap<String, usize>, of: &str, most: Option<usize>| {
            !of.is_empty() && most.is_some_and(|most| counts.get(of).copied().unwrap_or(0) >= most)
        };
        let (mut able, mut capped) = (vec![], vec![]);
        for at in order[from..to].iter().copied() {
            let entry = &entries[at];
            let is_capped = is_full(&alliances, &entry.alliance, promote.per_alliance)
                || is_full(&panels, &entry.panel, per_panel);
            if is_capped { capped.push(at) } else { able.push(at) }
        }
        for at in capped {
            entries[at].remark = Some("capped");
        }
        for at in &able {
            *alliances.entry(entries[*at].alliance.clone()).or_default() += 1;
            *panels.entry(entries[*at].panel.clone()).or_default() += 1;
        }
        let is_over = |counts: &BTreeMap<String, usize>, most: Option<usize>| {
            most.is_some_and(|most| counts.iter().any(|(of, count)| !of.is_empty() && *count > most))
        };
        let has_room = promote.boundary == Boundary::IncludeTies || taken + able.len() <= n;
        if !has_room || is_over(&alliances, promote.per_alliance) || is_over(&panels, per_panel) {
            for at in able {
                entries[at].remark = Some("undecided");
            }
            return;
        }
        taken += able.len();
        for at in able {
            entries[at].is_promoted = true;
        }
        from = to;
    }
}

fn row(method: &Contest, entry: &Entry) -> Value {
    json!({
        "entry": entry.id.as_str(),
        "rank": entry.rank,
        "score": entry.shown,
        "exact": entry.score.parts(),
        "raw": entry.raw.shown(method.places),
        "panel": entry.panel,
        "sheets": entry.sheets.len(),
        "few_judges": entry.is_few,
        "by": entry.by.map(Breaker::as_str),
        "promoted": entry.is_promoted,
        "remark": entry.remark,
    })
}
