//! What the form of a round sends: its rubric, row by row, and the rest of its method.
use super::super::store::RoundDraft;
use super::super::{
    Audience, AudienceForm, Boundary, Breaker, Criterion, Method, Panels, Promote, Round, RoundKind, Time,
    Trim,
};
use super::{line, number};
use crate::lang::Message;
use crate::msg;
use crate::scoring::exact;
use crate::web::form::{Errors, optional};

/// Criteria that a method may have.
const MOST_CRITERIA: usize = 12;
/// Empty rows that the form offers for more criteria.
const SPARE: usize = 2;

/// A criterion as it is typed; without a name it is left out.
#[derive(Default, Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Made for it once; empty for a new one.
    pub key: String,
    pub name: String,
    pub about: String,
    pub weight: String,
    pub max: String,
    pub step: String,
    pub is_content: bool,
}

#[derive(Default, Clone)]
pub struct RoundForm {
    pub kind: String,
    pub title: String,
    pub panels: String,
    pub sheets_each: String,
    pub judge_load: String,
    pub rows: Vec<Row>,
    pub low: String,
    pub high: String,
    pub least: String,
    pub method: String,
    pub coefficient: String,
    pub pull: String,
    /// `1`: what is too long costs points.
    pub timed: String,
    pub limit: String,
    pub grace: String,
    pub every: String,
    pub each: String,
    pub most: String,
    /// `none`, `place` or `step`.
    pub audience: String,
    pub share: String,
    pub of: String,
    pub by: String,
    pub places: String,
    /// In order; empty ones are left out.
    pub breakers: Vec<String>,
    pub n: String,
    pub boundary: String,
    pub per_alliance: String,
    pub per_panel: String,
    /// What stood there when the form was made.
    pub seen: String,
}

/// Seconds as `8:00`.
pub fn clock_text(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// `8:00`, or minutes alone, in seconds.
fn seconds(sent: &str) -> Result<i64, Message> {
    let wrong = || msg!("时间写成 8:00 这样（分:秒）");
    let (minutes, rest) = sent.trim().split_once([':', '：']).unwrap_or((sent.trim(), "0"));
    let (minutes, rest): (i64, i64) =
        (minutes.parse().map_err(|_| wrong())?, rest.parse().map_err(|_| wrong())?);
    let is_time = (0..=600).contains(&minutes) && (0..60).contains(&rest);
    if is_time { Ok(minutes * 60 + rest) } else { Err(wrong()) }
}

/// A decimal as it is typed, of few digits.
fn decimal(sent: &str) -> Result<String, Message> {
    let text = sent.trim();
    if text.len() <= 8 && exact::read(text).is_some() {
        Ok(text.to_owned())
    } else {
        Err(msg!("填数字，比如 0.5"))
    }
}

/// A number that may be left out.
fn maybe(sent: &str, from: u32, to: u32) -> Result<Option<u32>, Message> {
    if sent.trim().is_empty() { Ok(None) } else { number(sent, from, to).map(Some) }
}

/// A share of a hundred as a decimal of one: `5` is `0.05`.
fn share(sent: &str) -> Result<String, Message> {
    number(sent, 1_u32, 100).map(|percent| match percent {
        100 => "1".to_owned(),
        percent => format!("0.{percent:02}"),
    })
}

impl RoundForm {
    pub fn of(round: &Round) -> RoundForm {
        let (method, or_empty) =
            (&round.method, |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default());
        let time = method.time.clone();
        let usual = Time { limit: 480, grace: 30, step: 30, each: "0.5".into(), most: "3".into() };
        let shown = time.clone().unwrap_or(usual);
        let (audience, of, by) = match method.audience.as_ref().map(|one| &one.form) {
            None => ("none", String::new(), String::new()),
            Some(AudienceForm::Spread { of }) => ("place", of.to_string(), String::new()),
            Some(AudienceForm::Steps { each }) => ("step", String::new(), each.clone()),
        };
        let percent = method.audience.as_ref().and_then(|one| exact::read(&one.share));
        RoundForm {
            kind: round.kind.as_str().into(),
            title: round.title.clone(),
            panels: round.panels.to_string(),
            sheets_each: round.sheets_each.to_string(),
            judge_load: round.judge_load.to_string(),
            rows: method.criteria.iter().map(Row::of).collect(),
            low: method.trim.low.to_string(),
            high: method.trim.high.to_string(),
            least: method.trim.least.to_string(),
            method: method.panels.as_str().into(),
            coefficient: or_empty(method.coefficient_places),
            pull: method.pull.clone(),
            timed: if time.is_some() { "1".into() } else { String::new() },
            limit: clock_text(shown.limit),
            grace: shown.grace.to_string(),
            every: shown.step.to_string(),
            each: shown.each,
            most: shown.most,
            audience: audience.into(),
            share: percent.map(|share| exact::shown(&(share * exact::whole(100)), 0)).unwrap_or_default(),
            of,
            by,
            places: method.places.to_string(),
            breakers: method.breakers.iter().map(|one| one.as_str().to_owned()).collect(),
            n: method.promote.n.to_string(),
            boundary: if method.promote.boundary == Boundary::Strict { "strict" } else { "include_ties" }
                .into(),
            per_alliance: or_empty(method.promote.per_alliance),
            per_panel: or_empty(method.promote.per_panel),
            seen: String::new(),
        }
    }
    /// From the fields as they were sent; those of a criterion are repeated, row by row.
    pub fn read(pairs: &[(String, String)]) -> RoundForm {
        let all =
            |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
        let one = |name| all(name).next().unwrap_or_default();
        let at = |name, place: usize| all(name).nth(place).unwrap_or_default();
        let marked: Vec<String> = all("content").collect();
        let rows = (0..all("name").count().min(3 * MOST_CRITERIA))
            .map(|place| Row {
                key: at("ckey", place),
                name: at("name", place),
                about: at("about", place),
                weight: at("weight", place),
                max: at("max", place),
                step: at("step", place),
                is_content: marked.contains(&place.to_string()),
            })
            .collect();
        RoundForm {
            kind: one("kind"),
            title: one("title"),
            panels: one("panels"),
            sheets_each: one("sheets_each"),
            judge_load: one("judge_load"),
            rows,
            low: one("low"),
            high: one("high"),
            least: one("least"),
            method: one("method"),
            coefficient: one("coefficient"),
            pull: one("pull"),
            timed: one("timed"),
            limit: one("limit"),
            grace: one("grace"),
            every: one("every"),
            each: one("each"),
            most: one("most"),
            audience: one("audience"),
            share: one("share"),
            of: one("of"),
            by: one("by"),
            places: one("places"),
            breakers: all("breaker").collect(),
            n: one("n"),
            boundary: one("boundary"),
            per_alliance: one("per_alliance"),
            per_panel: one("per_panel"),
            seen: one("seen"),
        }
    }
    /// The rows and some empty ones, with the place of each: what a form without scripts adds criteria by.
    pub fn shown_rows(&self) -> Vec<(usize, Row)> {
        let spare = Row { max: "100".into(), step: "0.1".into(), ..Row::default() };
        let written = self.rows.iter().filter(|row| !row.is_blank()).cloned();
        written.chain(std::iter::repeat_n(spare, SPARE)).take(MOST_CRITERIA + SPARE).enumerate().collect()
    }
    /// What breaks ties first, second and so on; as many choices as there are breakers.
    pub fn shown_breakers(&self) -> Vec<String> {
        let mut chosen: Vec<String> = self.breakers.iter().filter(|one| !one.is_empty()).cloned().collect();
        chosen.resize(Breaker::ALL.len(), String::new());
        chosen
    }
    /// The round, with a method that could be frozen.
    pub fn check(&self) -> Result<RoundDraft, Errors> {
        let mut errors = Errors::default();
        let kind = errors.take("kind", RoundKind::of(&self.kind).ok_or_else(|| msg!("请选一种")));
        let title = errors.take("title", line(&self.title, 40));
        let panels = errors.take("panels", number(&self.panels, 1, 26));
        let sheets_each = errors.take("sheets_each", number(&self.sheets_each, 0, 50));
        let judge_load = errors.take("judge_load", number(&self.judge_load, 0, 1000));
        let method = self.check_method(&mut errors);
        let (Some(kind), Some(title), Some(panels), Some(sheets_each), Some(judge_load), Some(method)) =
            (kind, title, panels, sheets_each, judge_load, method)
        else {
            return Err(errors);
        };
        for (field, problem) in method.problems() {
            if errors.of(field).is_none() {
                errors = errors.with(field, problem);
            }
        }
        if panels > 1 && method.panels == Panels::Single {
            errors = errors.with("method", msg!("分成几个评委组时，请选各组的分数怎样放在一起"));
        }
        if panels == 1 && matches!(method.panels, Panels::TopOfEach | Panels::Pooled | Panels::TwiceAveraged)
        {
            errors = errors.with("panels", msg!("这种办法至少要有 2 个评委组"));
        }
        if errors.is_empty() {
            Ok(RoundDraft { kind, title, panels, sheets_each, judge_load, method })
        } else {
            Err(errors)
        }
    }
    fn check_method(&self, errors: &mut Errors) -> Option<Method> {
        let criteria = errors.take("criteria", self.criteria());
        let low = errors.take("low", number(&self.low, 0, 5));
        let high = errors.take("high", number(&self.high, 0, 5));
        let least = errors.take("least", number(&self.least, 1, 50));
        let panels = errors.take("method", Panels::of(&self.method).ok_or_else(|| msg!("请选一种")));
        let coefficient_places = errors.take("coefficient", maybe(&self.coefficient, 0, 6));
        let pull = errors.take("pull", decimal(&self.pull));
        let time = errors.take("limit", self.time());
        let audience = match self.audience.as_str() {
            "none" => Some(None),
            _ => {
                let share = errors.take("share", share(&self.share));
                let form = match self.audience.as_str() {
                    "place" => number(&self.of, 1, 1000).map(|of| AudienceForm::Spread { of }),
                    "step" => decimal(&self.by).map(|each| AudienceForm::Steps { each }),
                    _ => Err(msg!("请选一种")),
                };
                let form = errors.take("audience", form);
                share.zip(form).map(|(share, form)| Some(Audience { share, form }))
            }
        };
        let places = errors.take("places", number(&self.places, 0, 6));
        let breakers = errors.take("breakers", self.breakers());
        let n = errors.take("n", number(&self.n, 1, 1000));
        let boundary = match self.boundary.as_str() {
            "strict" => Ok(Boundary::Strict),
            "include_ties" => Ok(Boundary::IncludeTies),
            _ => Err(msg!("请选一种")),
        };
        let boundary = errors.take("boundary", boundary);
        let per_alliance = errors.take("per_alliance", maybe(&self.per_alliance, 1, 1000));
        let per_panel = errors.take("per_panel", maybe(&self.per_panel, 1, 1000));
        Some(Method {
            criteria: criteria?,
            trim: Trim { low: low?, high: high?, least: least? },
            panels: panels?,
            coefficient_places: coefficient_places?,
            pull: pull?,
            time: time?,
            audience: audience?,
            places: places?,
            breakers: breakers?,
            promote: Promote {
                n: n?,
                boundary: boundary?,
                per_alliance: per_alliance?,
                per_panel: per_panel?,
            },
        })
    }
    fn criteria(&self) -> Result<Vec<Criterion>, Message> {
        let written: Vec<&Row> = self.rows.iter().filter(|row| !row.is_blank()).collect();
        let mut keys: Vec<String> = written.iter().map(|row| row.key.clone()).collect();
        let is_key = |key: &str| {
            (1..=20).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        // A new one gets the first free number; a key that somebody sent twice is made anew.
        for place in 0..keys.len() {
            if !is_key(&keys[place]) || keys[..place].contains(&keys[place]) {
                let free = (1..).map(|n| format!("c{n}")).find(|key| !keys.contains(key));
                keys[place] = free.unwrap_or_default();
            }
        }
        (1..)
            .zip(written)
            .zip(keys)
            .map(|((place, row), key)| row.check(key).map_err(|problem| msg!("第 {} 项：{}", place, problem)))
            .collect()
    }
    fn time(&self) -> Result<Option<Time>, Message> {
        if self.timed != "1" {
            return Ok(None);
        }
        Ok(Some(Time {
            limit: seconds(&self.limit)?,
            grace: number(&self.grace, 0, 600)?,
            step: number(&self.every, 1, 600)?,
            each: decimal(&self.each)?,
            most: decimal(&self.most)?,
        }))
    }
    fn breakers(&self) -> Result<Vec<Breaker>, Message> {
        let mut found: Vec<Breaker> = vec![];
        for sent in self.breakers.iter().filter(|sent| !sent.is_empty()) {
            let one = Breaker::of(sent).ok_or_else(|| msg!("请选一种"))?;
            if found.contains(&one) {
                return Err(msg!("同一种办法只能选一次"));
            }
            found.push(one);
        }
        Ok(found)
    }
}

impl Row {
    fn of(criterion: &Criterion) -> Row {
        Row {
            key: criterion.key.clone(),
            name: criterion.name.clone(),
            about: criterion.about.clone(),
            weight: criterion.weight.to_string(),
            max: criterion.max.clone(),
            step: criterion.step.clone(),
            is_content: criterion.is_content,
        }
    }
    /// Nobody named it: an empty row, or one that is taken out.
    fn is_blank(&self) -> bool {
        self.name.trim().is_empty() && self.about.trim().is_empty() && self.weight.trim().is_empty()
    }
    fn check(&self, key: String) -> Result<Criterion, Message> {
        Ok(Criterion {
            key,
            name: line(&self.name, 20)?,
            about: optional(&self.about.replace(['\r', '\n', '\t'], " "), 100)?,
            weight: number(&self.weight, 1, 100)?,
            max: decimal(&self.max)?,
            step: decimal(&self.step)?,
            is_content: self.is_content,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> RoundForm {
        let round = Round {
            id: crate::ids::RoundId(1),
            contest: crate::ids::ContestId(1),
            position: 1,
            kind: RoundKind::Final,
            title: "决赛".into(),
            state: super::super::super::RoundState::Waiting,
            panels: 1,
            sheets_each: 0,
            judge_load: 0,
            method: Method::usual(10),
            method_sha256: String::new(),
            frozen_by: None,
            approved_by: None,
            approved_at: None,
            seed_commit: String::new(),
            seed: String::new(),
            drawn_at: None,
            started_at: None,
            due_at: None,
            lock_by: None,
            locked_by: None,
            locked_at: None,
        };
        RoundForm::of(&round)
    }

    #[test]
    fn what_is_shown_and_sent_again_is_the_same_method() {
        let draft = usual().check().unwrap();
        assert_eq!(draft.method, Method::usual(10));
        assert_eq!(draft.method.digest(), Method::usual(10).digest());
        let mut form = usual();
        (form.audience, form.share, form.of) = ("place".into(), "5".into(), "10".into());
        let audience = form.check().unwrap().method.audience.unwrap();
        assert_eq!(audience.share, "0.05");
        form.share = "11".into();
        assert!(form.check().unwrap_err().of("share").is_some(), "at most a tenth (D4)");
    }

    #[test]
    fn a_new_criterion_gets_a_key_and_a_nameless_row_is_left_out() {
        let mut form = usual();
        assert_eq!(form.shown_rows().len(), 5);
        form.rows[0].weight = "50".into();
        form.rows.push(Row::default());
        form.rows.push(Row { name: "教学设计".into(), weight: "10".into(), ..form.rows[1].clone() });
        let criteria = form.check().unwrap().method.criteria;
        let keys: Vec<&str> = criteria.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["content", "delivery", "form", "c1"], "the key that came twice is made anew");
        form.rows[0].weight = "51".into();
        assert!(form.check().unwrap_err().of("criteria").is_some());
        form.rows[0].weight = "x".into();
        assert!(form.check().unwrap_err().of("criteria").unwrap().to_string().starts_with("第 1 项"));
    }

    #[test]
    fn several_panels_need_a_way_to_one_order() {
        let mut form = usual();
        form.panels = "2".into();
        assert!(form.check().unwrap_err().of("method").is_some());
        form.method = "top_of_each".into();
        assert!(form.check().unwrap_err().of("per_panel").is_some());
        form.per_panel = "5".into();
        assert!(form.check().is_ok());
        form.panels = "1".into();
        assert!(form.check().unwrap_err().of("panels").is_some());
    }

    #[test]
    fn time_is_written_as_on_a_clock() {
        assert_eq!(seconds("8:00"), Ok(480));
        assert_eq!(seconds("16"), Ok(960));
        for wrong in ["", "8:60", "-1", "a", "8:0:0"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert_eq!(clock_text(510), "8:30");
    }
}
