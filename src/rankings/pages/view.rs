//! What a page says of one revision: its rows with the names that may be said, its method in words, who is left out and why, who
//! moved, and its digests. The public page and the desk show the same.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::lang::Lang;
use crate::rankings::store::{self, Row, Snapshot};
use crate::rankings::{Kind, State, words};
use crate::web::page::Page;
use crate::web::paging::Paging;
use serde_json::Value;
use std::collections::BTreeMap;

/// Rows on a page.
const ROWS: i64 = 50;
/// A round of a contest is shown whole: nobody holds one with more.
const MOST_ENTRIES: i64 = 2_000;
/// Ids that are listed of those who are left out, and of those who moved; the file has all.
const MOST_LISTED: usize = 200;
/// Revisions that are listed beside a ranking.
const REVISIONS: i64 = 50;
/// Ranks that stand on the podium, and how many there are on it: with more equals than that, the list says it better.
const PODIUM_RANKS: i32 = 3;
const PODIUM: std::ops::RangeInclusive<usize> = 3..=6;

/// A row in words.
#[derive(Clone)]
pub struct View {
    pub subject: String,
    pub rank: i32,
    pub score: String,
    /// Empty where nobody may be named.
    pub name: String,
    pub lecture: String,
    pub place: String,
    pub link: Option<String>,
    pub raw: Option<String>,
    pub n: i64,
    pub is_few: bool,
    pub by: Option<String>,
    pub is_promoted: bool,
    pub is_capped: bool,
    pub is_undecided: bool,
}

impl View {
    fn of(row: Row, lang: Lang) -> View {
        let said = |name: &str| {
            let value = row.name.as_ref().and_then(|named| named.get(name)).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let place =
            Some(said("alliance")).filter(|alliance| !alliance.is_empty()).unwrap_or_else(|| said("school"));
        let text = |name: &str| row.body[name].as_str().map(str::to_owned);
        View {
            name: said("name"),
            lecture: said("lecture"),
            place,
            link: row.link.clone(),
            raw: text("raw"),
            n: row.body["n"].as_i64().or_else(|| row.body["sheets"].as_i64()).unwrap_or_default(),
            is_few: row.body["few_judges"].as_bool().unwrap_or_default(),
            by: text("by").and_then(|by| words::breaker(&by)).map(|by| by.in_lang(lang)),
            is_promoted: row.is_promoted,
            is_capped: row.body["remark"] == "capped",
            is_undecided: row.body["remark"] == "undecided",
            subject: row.subject,
            rank: row.rank,
            score: row.score,
        }
    }
    /// What it is called first: the person, the lecture, or its number.
    pub fn title(&self) -> &str {
        [&self.name, &self.lecture].into_iter().find(|one| !one.is_empty()).unwrap_or(&self.subject)
    }
    /// What it is called beside that.
    pub fn second(&self) -> &str {
        if self.name.is_empty() { "" } else { &self.lecture }
    }
    pub fn letter(&self) -> String {
        self.title().chars().next().map(String::from).unwrap_or_default()
    }
}

/// Somebody who stands elsewhere than before.
pub struct Moved {
    pub subject: String,
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub score_from: String,
    pub score_to: String,
}

/// One revision as a page says it.
pub struct Shown {
    pub snapshot: Snapshot,
    pub newest: i32,
    pub podium: Vec<View>,
    pub rows: Vec<View>,
    /// Entries of a contest that did not go on: by number, without places.
    pub rest: Vec<View>,
    pub paging: Paging,
    pub sentences: Vec<String>,
    /// Reason, how many, and the first of them.
    pub excluded: Vec<(String, usize, String)>,
    pub moved: Vec<Moved>,
    pub more_moved: usize,
    pub history: Vec<Snapshot>,
    pub has_raw: bool,
}

impl Shown {
    pub fn load(conn: &mut Conn, page: &Page, snapshot: Snapshot, number: i64) -> Result<Shown> {
        let lang = page.manner.lang;
        let newest = store::ranking(conn, snapshot.ranking)?.published_revision;
        let [method, excluded, facts, moved] = store::told(conn, snapshot.id)?;
        let is_contest = snapshot.kind == Kind::Contest;
        let (skip, count) = if is_contest { (0, MOST_ENTRIES) } else { ((number - 1) * ROWS, ROWS) };
        let all: Vec<View> =
            store::rows(conn, snapshot.id, skip, count)?.into_iter().map(|row| View::of(row, lang)).collect();
        let has_best = all.iter().any(|row| row.is_promoted);
        let (mut listed, mut rest): (Vec<View>, Vec<View>) =
            all.into_iter().partition(|row| !is_contest || !has_best || row.is_promoted || row.is_undecided);
        rest.sort_by_key(|row| row.subject.get(1..).and_then(|n| n.parse::<i64>().ok()));
        let total = if is_contest { listed.len() as i64 } else { i64::from(snapshot.n_rows) };
        let paging = Paging::new(&page.path, number, total, ROWS)?;
        if is_contest {
            let skip = ((number - 1) * ROWS) as usize;
            listed = listed.into_iter().skip(skip).take(ROWS as usize).collect();
        }
        let is_each = method["panels"] == "top_of_each";
        let podium = if number == 1 && !is_each { podium(&listed) } else { vec![] };
        let moved = moves(&moved);
        Ok(Shown {
            newest,
            podium,
            rest,
            paging,
            sentences: words::sentences(snapshot.kind, &method, &facts)
                .iter()
                .map(|one| page.say(one))
                .collect(),
            excluded: left_out(&excluded, lang),
            more_moved: moved.len().saturating_sub(MOST_LISTED),
            moved: moved.into_iter().take(MOST_LISTED).collect(),
            history: store::revisions(conn, snapshot.ranking, 0, REVISIONS)?,
            has_raw: is_contest
                && listed.iter().any(|row| row.raw.as_ref().is_some_and(|raw| *raw != row.score)),
            rows: listed,
            snapshot,
        })
    }
    pub fn is_contest(&self) -> bool {
        self.snapshot.kind == Kind::Contest
    }
    /// The page of what is ranked: objections are made below it.
    pub fn about(&self) -> Option<&str> {
        self.snapshot.object_path.as_deref()?.split_once("/objections/").map(|(path, _)| path)
    }
    /// The round of a contest whose result this is.
    pub fn round(&self) -> Option<i64> {
        self.is_contest().then_some(self.snapshot.subject.1)
    }
    pub fn is_provisional(&self) -> bool {
        self.snapshot.state == State::Provisional
    }
    pub fn tag(&self, state: &State) -> &'static str {
        super::tag(*state)
    }
    /// How many are left out.
    pub fn out(&self) -> usize {
        self.excluded.iter().map(|one| one.1).sum()
    }
    /// The address of the files of this revision, without their ending.
    pub fn files(&self) -> String {
        format!("/rankings/{}/{}", self.snapshot.ranking, self.snapshot.revision)
    }
    /// Equals look alike.
    pub fn class(&self, rank: &i32) -> &'static str {
        match rank {
            1 => "first",
            2 => "second",
            _ => "third",
        }
    }
    /// When it was published, or computed before that.
    pub fn at(&self) -> &Timestamp {
        self.snapshot.published_at.as_ref().unwrap_or(&self.snapshot.computed_at)
    }
}

/// Everybody with one of the first ranks, so that equals are treated alike; nobody, where there are too few or too many.
fn podium(listed: &[View]) -> Vec<View> {
    let first: Vec<View> = listed.iter().filter(|row| row.rank <= PODIUM_RANKS).cloned().collect();
    if PODIUM.contains(&first.len()) { first } else { vec![] }
}

fn moves(moved: &Value) -> Vec<Moved> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |value: &Value| Moved {
        subject: text(&value["id"]),
        from: value["from"].as_i64(),
        to: value["to"].as_i64(),
        score_from: text(&value["score_from"]),
        score_to: text(&value["score_to"]),
    };
    moved.as_array().into_iter().flatten().map(one).collect()
}

fn left_out(excluded: &Value, lang: Lang) -> Vec<(String, usize, String)> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in excluded.as_array().into_iter().flatten() {
        let reason = one["reason"].as_str().unwrap_or_default();
        by_reason.entry(reason).or_default().extend(one["id"].as_str());
    }
    let said = |(reason, ids): (&str, Vec<&str>)| {
        let some: Vec<&str> = ids.iter().copied().take(MOST_LISTED).collect();
        let more = if ids.len() > some.len() { " …" } else { "" };
        (words::reason(reason, lang), ids.len(), format!("{}{more}", some.join(" ")))
    };
    by_reason.into_iter().map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn views(ranks: &[i32]) -> Vec<View> {
        let row = |(at, rank): (usize, &i32)| Row {
            subject: format!("E{:02}", at + 1),
            rank: *rank,
            score: "90.00".into(),
            is_promoted: true,
            body: json!({}),
            name: None,
            link: None,
        };
        ranks.iter().enumerate().map(row).map(|row| View::of(row, Lang::Zh)).collect()
    }

    #[test]
    fn equals_stand_on_the_podium_together_or_nobody_does() {
        let on = |ranks: &[i32]| podium(&views(ranks)).iter().map(|row| row.rank).collect::<Vec<_>>();
        assert_eq!(on(&[1, 2, 3, 4]), [1, 2, 3]);
        assert_eq!(on(&[1, 2, 3, 3, 5]), [1, 2, 3, 3]);
        assert_eq!(on(&[1, 1, 1, 1]), [1, 1, 1, 1]);
        assert_eq!(on(&[1, 2, 2, 2, 2, 2]), [1, 2, 2, 2, 2, 2]);
        assert!(on(&[1, 1, 1, 1, 1, 1, 1]).is_empty(), "the list says that");
        assert!(on(&[1, 2]).is_empty() && on(&[1, 1, 5]).is_empty(), "no podium of two");
    }
}
