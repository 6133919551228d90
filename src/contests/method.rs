//! The method of a round: criteria with weights, what is left out, what time costs, who breaks ties, who goes on. It is frozen
//! before the first sheet is opened and its digest stands in every result. domain.md §4.3, §5.1–5.5, §6.
use crate::ids::hex;
use crate::lang::Message;
use crate::msg;
use crate::scoring::exact::{self, Exact};
use crate::scoring::{panel, ranks};
use num_traits::{Signed, Zero};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The audience's share is at most a tenth (D4).
const MOST_SHARE: (i64, i64) = (1, 10);
/// Sheets that have to stay when the lowest and the highest are left out.
const FEWEST_KEPT: u32 = 3;

/// What a sheet asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Names it in sheets and published inputs.
    pub key: String,
    pub name: String,
    /// What judges look at.
    pub about: String,
    /// Parts of a hundred.
    pub weight: u32,
    /// The highest score, and the smallest difference between two (INV-C5); decimals.
    pub max: String,
    pub step: String,
    /// Asked first when scores are equal.
    pub is_content: bool,
}

/// Whole sheets that are left out, if at least `least` were handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trim {
    pub low: u32,
    pub high: u32,
    pub least: u32,
}

/// How several panels, or judges who saw different entries, come to one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Panels {
    /// Everybody saw everybody.
    Single,
    /// Each panel has an order of its own.
    TopOfEach,
    Pooled,
    /// 二次平均法.
    TwiceAveraged,
    /// Each entry was seen by some; mildness is taken out.
    LeastSquares,
}

impl Panels {
    pub const ALL: [Panels; 5] =
        [Panels::Single, Panels::TopOfEach, Panels::Pooled, Panels::TwiceAveraged, Panels::LeastSquares];
    pub fn as_str(self) -> &'static str {
        match self {
            Panels::Single => "single",
            Panels::TopOfEach => "top_of_each",
            Panels::Pooled => "pooled",
            Panels::TwiceAveraged => "twice_averaged",
            Panels::LeastSquares => "least_squares",
        }
    }
    pub fn of(text: &str) -> Option<Panels> {
        Panels::ALL.into_iter().find(|one| one.as_str() == text)
    }
    pub fn words(self) -> Message {
        match self {
            Panels::Single => msg!("一个评委组，各评委评全部作品"),
            Panels::TopOfEach => msg!("分组评，各组取前几名"),
            Panels::Pooled => msg!("分组评，按全部作品的平均分换算"),
            Panels::TwiceAveraged => msg!("分组评，二次平均法换算"),
            Panels::LeastSquares => msg!("各评一部分，用最小二乘法扣除评委宽严"),
        }
    }
}

/// What a talk that is too long costs, in points; seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Time {
    pub limit: i64,
    pub grace: i64,
    pub step: i64,
    pub each: String,
    pub most: String,
}

/// What the audience counts, by its order (never by its votes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    pub share: String,
    #[serde(flatten)]
    pub form: AudienceForm,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case")]
pub enum AudienceForm {
    /// The first of so many gets all of the share, the last an equal part of it.
    Spread { of: i64 },
    /// The first gets a hundred, each place after it so much less.
    Steps { each: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    Content,
    Median,
    Duel,
    Vote,
}

impl Breaker {
    pub const ALL: [Breaker; 4] = [Breaker::Content, Breaker::Median, Breaker::Duel, Breaker::Vote];
    pub fn as_str(self) -> &'static str {
        match self {
            Breaker::Content => "content",
            Breaker::Median => "median",
            Breaker::Duel => "duel",
            Breaker::Vote => "vote",
        }
    }
    pub fn of(text: &str) -> Option<Breaker> {
        Breaker::ALL.into_iter().find(|one| one.as_str() == text)
    }
    pub fn words(self) -> Message {
        match self {
            Breaker::Content => msg!("内容项平均分高的在前"),
            Breaker::Median => msg!("各评委总分的中位数高的在前"),
            Breaker::Duel => msg!("只有两件并列时，多数评委排在前面的在前"),
            Breaker::Vote => msg!("评委书面表决"),
        }
    }
    pub(super) fn rule(self) -> ranks::Breaker {
        match self {
            Breaker::Content => ranks::Breaker::Content,
            Breaker::Median => ranks::Breaker::Median,
            Breaker::Duel => ranks::Breaker::Duel,
            Breaker::Vote => ranks::Breaker::Vote,
        }
    }
    pub(super) fn of_rule(rule: ranks::Breaker) -> Breaker {
        match rule {
            ranks::Breaker::Content => Breaker::Content,
            ranks::Breaker::Median => Breaker::Median,
            ranks::Breaker::Duel => Breaker::Duel,
            ranks::Breaker::Vote => Breaker::Vote,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    Strict,
    IncludeTies,
}

/// Who goes on, or is awarded after the last round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promote {
    pub n: u32,
    pub boundary: Boundary,
    /// At most so many of one alliance.
    pub per_alliance: Option<u32>,
    /// So many of each panel, where each has its own order.
    pub per_panel: Option<u32>,
}

/// A method as it is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    pub criteria: Vec<Criterion>,
    pub trim: Trim,
    pub panels: Panels,
    /// Decimals that a coefficient of a panel is rounded to; `None`: exact. The place of rounding is part of the method.
    pub coefficient_places: Option<u32>,
    /// λ: what draws judges to the middle; nought unless somebody wants it.
    pub pull: String,
    pub time: Option<Time>,
    pub audience: Option<Audience>,
    /// Decimals that are shown.
    pub places: u32,
    pub breakers: Vec<Breaker>,
    pub promote: Promote,
}

impl Method {
    /// What a new round has: 60 / 25 / 15, the highest and the lowest left out of at least five, two decimals.
    pub fn usual(promoted: u32) -> Method {
        let criterion = |key: &str, name: &str, about: &str, weight, is_content| Criterion {
            key: key.into(),
            name: name.into(),
            about: about.into(),
            weight,
            max: "100".into(),
            step: "0.1".into(),
            is_content,
        };
        Method {
            criteria: vec![
                criterion("content", "内容", "主题鲜明，事实和出处能核对，联系本地、本岗位实际", 60, true),
                criterion("delivery", "讲授表达", "听得懂，节奏合适，不念稿", 25, false),
                criterion("form", "形式与课件", "声音、画面和字幕清楚", 15, false),
            ],
            trim: Trim { low: 1, high: 1, least: 5 },
            panels: Panels::Single,
            coefficient_places: None,
            pull: "0".into(),
            time: Some(Time { limit: 480, grace: 30, step: 30, each: "0.5".into(), most: "3".into() }),
            audience: None,
            places: 2,
            breakers: Breaker::ALL.into(),
            promote: Promote { n: promoted, boundary: Boundary::Strict, per_alliance: None, per_panel: None },
        }
    }
    /// As canonical JSON: sorted keys, no blanks, no floats. This is what is hashed, and what is published.
    ///
    /// # Panics
    /// Never: the method holds nothing that JSON cannot say.
    pub fn json(&self) -> String {
        let mut value = serde_json::to_value(self).expect("a method is JSON");
        value["kind"] = "contest".into();
        value.to_string()
    }
    /// The digest of [`Method::json`], in hexadecimal.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.json()))
    }
    /// Reads what was kept.
    pub fn read(json: &str) -> Option<Method> {
        serde_json::from_str(json).ok()
    }
    /// What is wrong with it: the field of its form, and words; nothing if it can be frozen.
    pub fn problems(&self) -> Vec<(&'static str, Message)> {
        let mut found = vec![];
        if self.criteria.is_empty() || self.criteria.len() > 12 {
            found.push(("criteria", msg!("评分项目要有 1 到 12 项")));
        }
        if self.criteria.iter().map(|one| u64::from(one.weight)).sum::<u64>() != 100 {
            found.push(("criteria", msg!("各项权重相加要等于 100")));
        }
        if self.criteria.iter().any(|one| one.weight == 0) {
            found.push(("criteria", msg!("每一项的权重至少是 1")));
        }
        let keys: std::collections::BTreeSet<_> = self.criteria.iter().map(|one| &one.key).collect();
        if keys.len() < self.criteria.len() {
            found.push(("criteria", msg!("评分项目的代号不能重复")));
        }
        let is_scale = |one: &Criterion| {
            let (max, step) = (exact::read(&one.max), exact::read(&one.step));
            matches!((max, step), (Some(max), Some(step))
                if max.is_positive() && step.is_positive() && (&max / &step).is_integer() && max <= exact::whole(1000))
        };
        if !self.criteria.iter().all(is_scale) {
            found.push(("criteria", msg!("每一项的满分要大于 0、不超过 1000，并且是最小分差的整数倍")));
        }
        if self.trim.least < self.trim.low + self.trim.high + FEWEST_KEPT {
            found.push(("least", msg!("去掉最高、最低以后至少要留下 3 份评分表")));
        }
        if let Some(time) = &self.time {
            let (each, most) = (exact::read(&time.each), exact::read(&time.most));
            let is_cost = |cost: Option<Exact>| cost.is_some_and(|cost| !cost.is_negative());
            if time.limit <= 0 || time.grace < 0 || time.step <= 0 || !is_cost(each) || !is_cost(most) {
                found.push(("limit", msg!("超时扣分的时间和分数写得不对")));
            }
        }
        if let Some(audience) = &self.audience {
            let most = exact::whole(MOST_SHARE.0) / exact::whole(MOST_SHARE.1);
            let share = exact::read(&audience.share);
            if !share.is_some_and(|share| share.is_positive() && share <= most) {
                found.push(("share", msg!("观众评议最多占 10%")));
            }
            let is_form = match &audience.form {
                AudienceForm::Spread { of } => *of > 0,
                AudienceForm::Steps { each } => exact::read(each).is_some_and(|each| each.is_positive()),
            };
            if !is_form {
                found.push(("audience", msg!("观众名次怎样折成分数写得不对")));
            }
        }
        if exact::read(&self.pull).is_none_or(|pull| pull.is_negative()) {
            found.push(("pull", msg!("λ 要是不小于 0 的数")));
        }
        if self.places > 6 || self.coefficient_places.is_some_and(|places| places > 6) {
            found.push(("places", msg!("小数最多 6 位")));
        }
        if self.promote.n == 0 || self.promote.per_alliance == Some(0) || self.promote.per_panel == Some(0) {
            found.push(("n", msg!("晋级名额至少是 1")));
        }
        let is_limited = self.promote.per_alliance.is_some() || self.promote.per_panel.is_some();
        let may_be_undecided = self.promote.boundary == Boundary::Strict || is_limited;
        if may_be_undecided && !self.breakers.contains(&Breaker::Vote) {
            found.push(("breakers", msg!("名额处并列由评委表决的，次序里要有“评委书面表决”")));
        }
        if self.panels == Panels::TopOfEach && self.promote.per_panel.is_none() {
            found.push(("per_panel", msg!("各组取前几名时，请写每组晋级几名")));
        }
        found
    }
    pub(super) fn time_rule(&self) -> Option<panel::Time> {
        let time = self.time.as_ref()?;
        Some(panel::Time {
            limit: time.limit,
            grace: time.grace,
            step: time.step,
            each: exact::read(&time.each)?,
            most: exact::read(&time.most)?,
        })
    }
    pub(super) fn audience_rule(&self) -> Option<(panel::Audience, Exact)> {
        let audience = self.audience.as_ref()?;
        let form = match &audience.form {
            AudienceForm::Spread { of } => panel::Audience::ByPlace { of: *of },
            AudienceForm::Steps { each } => panel::Audience::ByStep { each: exact::read(each)? },
        };
        Some((form, exact::read(&audience.share)?))
    }
    /// The total of a sheet on a scale of a hundred; `None` if a criterion is missing or out of its scale.
    pub fn total(&self, scores: &Scores) -> Option<Exact> {
        let mut shares = vec![];
        for criterion in &self.criteria {
            let max = exact::read(&criterion.max)?;
            shares.push(exact::whole(100) * self.score(criterion, scores)? / max);
        }
        let weights: Vec<Exact> =
            self.criteria.iter().map(|one| exact::whole(i64::from(one.weight))).collect();
        panel::weighed(&shares, &weights)
    }
    /// A sheet's score for one criterion, if it is one that may be given (INV-C5).
    pub fn score(&self, criterion: &Criterion, scores: &Scores) -> Option<Exact> {
        let score = exact::read(scores.get(&criterion.key)?)?;
        let (max, step) = (exact::read(&criterion.max)?, exact::read(&criterion.step)?);
        let is_given = !score.is_negative() && score <= max && (&score / &step).is_integer();
        is_given.then_some(score)
    }
    /// The scores of the criteria of content, weighed; `None` without such a criterion.
    pub(super) fn content(&self, scores: &Scores) -> Option<Exact> {
        let chosen: Vec<&Criterion> = self.criteria.iter().filter(|one| one.is_content).collect();
        let weights: Vec<Exact> = chosen.iter().map(|one| exact::whole(i64::from(one.weight))).collect();
        let shares: Option<Vec<Exact>> = chosen
            .iter()
            .map(|one| Some(exact::whole(100) * self.score(one, scores)? / exact::read(&one.max)?))
            .collect();
        panel::weighed(&shares?, &weights).filter(|_| !weights.iter().all(Zero::is_zero))
    }
}

/// What a sheet says: the criterion's key and a decimal.
pub type Scores = std::collections::BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::exact::shown;

    fn scores(of: &[(&str, &str)]) -> Scores {
        of.iter().map(|(key, score)| ((*key).to_owned(), (*score).to_owned())).collect()
    }

    #[test]
    fn v_rub_1_and_another_scale_gives_the_same_total() {
        let mut method = Method::usual(10);
        let weights = [("a", 40), ("b", 25), ("c", 15), ("d", 20)];
        let plain = method.criteria[0].clone();
        method.criteria = weights
            .iter()
            .map(|(key, weight)| Criterion { key: (*key).into(), weight: *weight, ..plain.clone() })
            .collect();
        let total = method.total(&scores(&[("a", "90"), ("b", "86"), ("c", "80"), ("d", "88")])).unwrap();
        assert_eq!(shown(&total, 2), "87.10");
        for criterion in &mut method.criteria {
            criterion.max = "10".into();
        }
        let tenth = method.total(&scores(&[("a", "9"), ("b", "8.6"), ("c", "8"), ("d", "8.8")])).unwrap();
        assert_eq!(tenth, total);
    }

    #[test]
    fn a_sheet_with_a_gap_or_a_score_that_nobody_may_give_has_no_total() {
        let method = Method::usual(10);
        let full = [("content", "90"), ("delivery", "86.5"), ("form", "0")];
        assert!(method.total(&scores(&full)).is_some(), "nought is a score");
        assert!(method.total(&scores(&full[..2])).is_none(), "missing is never nought (INV-C8)");
        for wrong in ["100.1", "-1", "9.05", "", "x", "1e2"] {
            assert!(method.total(&scores(&[full[0], full[1], ("form", wrong)])).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_method_is_kept_word_by_word_and_one_digit_is_another_digest() {
        let method = Method::usual(10);
        assert_eq!(Method::read(&method.json()), Some(method.clone()));
        assert!(method.problems().is_empty());
        let mut other = method.clone();
        other.trim.least = 6;
        assert_ne!(other.digest(), method.digest());
        assert_eq!(method.digest().len(), 64);
        assert!(method.json().starts_with("{\"audience\":null,\"breakers\":["), "{}", method.json());
    }

    #[test]
    fn what_cannot_be_frozen_says_why() {
        let change = |change: fn(&mut Method)| {
            let mut method = Method::usual(10);
            change(&mut method);
            method.problems().len()
        };
        assert_eq!(change(|_| ()), 0);
        assert_eq!(change(|m| m.criteria[0].weight = 59), 1);
        assert_eq!(change(|m| m.criteria[1].key = "content".into()), 1);
        assert_eq!(change(|m| m.criteria[1].step = "0.3".into()), 1);
        assert_eq!(change(|m| m.criteria[1].max = "0".into()), 1);
        assert_eq!(change(|m| m.trim.least = 4), 1);
        assert_eq!(change(|m| m.pull = "-1".into()), 1);
        assert_eq!(change(|m| m.promote.n = 0), 1);
        assert_eq!(change(|m| m.panels = Panels::TopOfEach), 1);
        let audience =
            |share: &str| Some(Audience { share: share.into(), form: AudienceForm::Spread { of: 10 } });
        let mut method = Method { audience: audience("0.1"), ..Method::usual(10) };
        assert!(method.problems().is_empty());
        method.audience = audience("0.11");
        assert_eq!(method.problems().len(), 1, "at most a tenth (D4)");
    }
}
