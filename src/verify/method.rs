//! What a file says of its method and its inputs, read strictly: an unknown word is refused, not passed over.
use super::number::Fraction;
use crate::lang::Message;
use crate::msg;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Places behind the point that a method may ask for.
const MOST_PLACES: u32 = 12;
/// No count of a method is larger.
const LARGEST: i64 = 1_000_000;

/// Why a file cannot be computed.
pub type Unfit = Message;

/// A name like E07: ordered by its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    number: u64,
    text: String,
}

impl Id {
    pub fn of(text: &str) -> Option<Id> {
        let digits = text.strip_prefix(|c: char| c.is_ascii_uppercase())?;
        let is_number =
            !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.parse().map(|number| Id { number, text: text.to_owned() }))?.ok()
    }
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Id, D::Error> {
        let text = String::deserialize(from)?;
        Id::of(&text).ok_or_else(|| D::Error::custom(format!("{text} is no id")))
    }
}

fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Fraction, D::Error> {
    let text = String::deserialize(from)?;
    Fraction::read(&text).ok_or_else(|| D::Error::custom(format!("{text} is no decimal")))
}

fn exact<'de, D: Deserializer<'de>>(from: D) -> Result<Fraction, D::Error> {
    let text = String::deserialize(from)?;
    Fraction::read_exact(&text)
        .ok_or_else(|| D::Error::custom(format!("{text} is no fraction in lowest terms")))
}

fn decimals<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Fraction>, D::Error> {
    let texts = BTreeMap::<String, String>::deserialize(from)?;
    let read = |(key, text): (String, String)| match Fraction::read(&text) {
        Some(number) => Ok((key, number)),
        None => Err(D::Error::custom(format!("{text} is no decimal"))),
    };
    texts.into_iter().map(read).collect()
}

fn voices<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Fraction, i64)>, D::Error> {
    let pairs = Vec::<(String, i64)>::deserialize(from)?;
    let read = |(text, count): (String, i64)| match Fraction::read_exact(&text) {
        Some(value) => Ok((value, count)),
        None => Err(D::Error::custom(format!("{text} is no fraction in lowest terms"))),
    };
    pairs.into_iter().map(read).collect()
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    pub key: String,
    /// What people call it and look at; nothing is computed from that.
    #[serde(default, rename = "name")]
    _name: Option<String>,
    #[serde(default, rename = "about")]
    _about: Option<String>,
    pub weight: i64,
    #[serde(deserialize_with = "decimal")]
    pub max: Fraction,
    #[serde(deserialize_with = "decimal")]
    pub step: Fraction,
    pub is_content: bool,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Trim {
    pub low: usize,
    pub high: usize,
    pub least: usize,
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Panels {
    Single,
    TopOfEach,
    Pooled,
    TwiceAveraged,
    LeastSquares,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Time {
    pub limit: i64,
    pub grace: i64,
    pub step: i64,
    #[serde(deserialize_with = "decimal")]
    pub each: Fraction,
    #[serde(deserialize_with = "decimal")]
    pub most: Fraction,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, tag = "form", rename_all = "snake_case")]
pub enum Audience {
    Spread {
        #[serde(deserialize_with = "decimal")]
        share: Fraction,
        of: i64,
    },
    Steps {
        #[serde(deserialize_with = "decimal")]
        share: Fraction,
        #[serde(deserialize_with = "decimal")]
        each: Fraction,
    },
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    Content,
    Median,
    Duel,
    Vote,
}

impl Breaker {
    pub fn as_str(self) -> &'static str {
        match self {
            Breaker::Content => "content",
            Breaker::Median => "median",
            Breaker::Duel => "duel",
            Breaker::Vote => "vote",
        }
    }
}

#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    Strict,
    IncludeTies,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Promote {
    pub n: usize,
    pub boundary: Boundary,
    pub per_alliance: Option<usize>,
    pub per_panel: Option<usize>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Contest {
    #[serde(rename = "kind")]
    _kind: String,
    pub criteria: Vec<Criterion>,
    pub trim: Trim,
    pub panels: Panels,
    pub coefficient_places: Option<u32>,
    #[serde(deserialize_with = "decimal")]
    pub pull: Fraction,
    pub time: Option<Time>,
    pub audience: Option<Audience>,
    pub places: u32,
    pub breakers: Vec<Breaker>,
    pub promote: Option<Promote>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Rating {
    #[serde(rename = "kind")]
    _kind: String,
    pub prior: i64,
    #[serde(deserialize_with = "exact")]
    pub city_mean: Fraction,
    pub least_voices: i64,
    pub least_branches: i64,
    pub places: u32,
    pub top_k: usize,
}

// There is one of a file: nothing is saved by keeping the larger one elsewhere.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Method {
    Contest(Contest),
    Rating(Rating),
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields, tag = "t", rename_all = "snake_case")]
pub enum Leaf {
    Entry {
        entry: Id,
        panel: String,
        alliance: String,
        seconds: Option<i64>,
        audience_place: Option<i64>,
        votes: Option<i64>,
    },
    Sheet {
        entry: Id,
        judge: Id,
        #[serde(deserialize_with = "decimals")]
        scores: BTreeMap<String, Fraction>,
    },
    Apart {
        entry: Id,
        judge: Id,
        #[serde(rename = "why")]
        _why: Why,
    },
    Voices {
        id: Id,
        branches: i64,
        #[serde(deserialize_with = "voices")]
        voices: Vec<(Fraction, i64)>,
        apart: i64,
    },
}

/// Why a sheet is not counted.
#[derive(Deserialize, Debug, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    Recused,
    Missing,
    Excluded,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    pub id: Id,
    pub reason: String,
}

/// Reads a method.
///
/// # Errors
/// What is wrong with it.
pub fn method(value: &Value) -> Result<Method, Unfit> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    let unreadable = |error: serde_json::Error| msg!("方法读不懂：{}", error);
    match kind {
        "contest" => {
            let contest: Contest = serde_json::from_value(value.clone()).map_err(unreadable)?;
            sensible(&contest)?;
            Ok(Method::Contest(contest))
        }
        "lecture_rating" | "lecturer_rating" => {
            let rating: Rating = serde_json::from_value(value.clone()).map_err(unreadable)?;
            let counts = [rating.prior, rating.least_voices, rating.least_branches];
            let is_sensible = counts.iter().all(|n| (0..=LARGEST).contains(n)) && rating.least_voices > 0;
            if !is_sensible || rating.places > MOST_PLACES {
                return Err(msg!("方法里有不可能的数"));
            }
            Ok(Method::Rating(rating))
        }
        other => Err(msg!("不认识这种榜：{}", other)),
    }
}

fn sensible(contest: &Contest) -> Result<(), Unfit> {
    let nought = Fraction::nought();
    let keys: BTreeSet<&String> = contest.criteria.iter().map(|one| &one.key).collect();
    let criteria = !contest.criteria.is_empty()
        && keys.len() == contest.criteria.len()
        && contest
            .criteria
            .iter()
            .all(|one| (1..=LARGEST).contains(&one.weight) && one.max > nought && one.step > nought);
    let trim = &contest.trim;
    let trimmed = trim.low <= 100 && trim.high <= 100 && trim.least >= trim.low + trim.high + 3;
    let time = contest.time.as_ref().is_none_or(|time| {
        let counts = [time.limit, time.grace, time.step];
        counts.iter().all(|n| (0..=LARGEST).contains(n))
            && time.step > 0
            && time.each >= nought
            && time.most >= nought
    });
    let audience = match &contest.audience {
        None => true,
        Some(Audience::Spread { share, of }) => is_share(share) && (1..=LARGEST).contains(of),
        Some(Audience::Steps { share, each }) => is_share(share) && *each >= nought,
    };
    let once = contest.breakers.iter().enumerate().all(|(at, one)| !contest.breakers[..at].contains(one));
    let places = contest.places.max(contest.coefficient_places.unwrap_or(0)) <= MOST_PLACES;
    let promote = contest.promote.as_ref().is_none_or(|promote| {
        let counts = [Some(promote.n), promote.per_alliance, promote.per_panel];
        counts.into_iter().flatten().all(|n| n as i64 <= LARGEST)
            && (contest.panels != Panels::TopOfEach || promote.per_panel.is_some())
    });
    match criteria && trimmed && time && audience && once && places && promote && contest.pull >= nought {
        true => Ok(()),
        false => Err(msg!("方法里有不可能的数")),
    }
}

fn is_share(share: &Fraction) -> bool {
    *share >= Fraction::nought() && *share <= Fraction::of(1)
}

/// Reads the inputs, in the order of the file.
///
/// # Errors
/// The first that cannot be read.
pub fn leaves(inputs: &[Value]) -> Result<Vec<Leaf>, Unfit> {
    let read = |(at, value): (usize, &Value)| {
        serde_json::from_value(value.clone()).map_err(|error| msg!("第 {} 条输入读不懂：{}", at + 1, error))
    };
    inputs.iter().enumerate().map(read).collect()
}

/// Reads who is left out: sorted, each once, with a reason.
///
/// # Errors
/// What is wrong with the list.
pub fn excluded(values: &[Value]) -> Result<Vec<Excluded>, Unfit> {
    let read = |value: &Value| serde_json::from_value::<Excluded>(value.clone());
    let all: Vec<Excluded> = values
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|error| msg!("未列入的名单读不懂：{}", error))?;
    let is_sorted = all.windows(2).all(|two| two[0].id < two[1].id);
    match is_sorted && all.iter().all(|one| !one.reason.is_empty()) {
        true => Ok(all),
        false => Err(msg!("未列入的名单没有按编号排、有重复，或者没写原因")),
    }
}
