//! The paper of an attempt: which questions are drawn, how each was asked, what was answered, what is right (pure).
use super::question::{Choice, Content, Kind, fold};
use crate::lang::Message;
use crate::msg;
use crate::web::form;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A question as it was asked, with its choices in the order in which they stand on the page. Kept with the attempt: what is
/// changed at the desk later does not change a paper that somebody has before them.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    pub revision: i32,
    #[serde(flatten)]
    pub content: Content,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Nothing,
    /// Places on the paper, from 0.
    Chosen(BTreeSet<usize>),
    Written(String),
}

/// The longest answer to a question to fill in, in characters.
const LONGEST_ANSWER: usize = 200;

impl Answer {
    pub fn is_given(&self) -> bool {
        *self != Answer::Nothing
    }
    /// As a database keeps it.
    pub fn to_kept(&self) -> String {
        match self {
            Answer::Nothing => String::new(),
            Answer::Chosen(places) => places.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
            Answer::Written(text) => text.clone(),
        }
    }
    pub fn of(kind: Kind, kept: &str) -> Answer {
        match kind {
            _ if kept.is_empty() => Answer::Nothing,
            Kind::Fill => Answer::Written(kept.to_owned()),
            _ => Answer::Chosen(kept.split(',').filter_map(|place| place.parse().ok()).collect()),
        }
    }
    pub fn has(&self, place: usize) -> bool {
        matches!(self, Answer::Chosen(places) if places.contains(&place))
    }
    pub fn text(&self) -> &str {
        if let Answer::Written(text) = self { text } else { "" }
    }
}

impl Paper {
    /// The question as it will be asked this time: choices in an order of chance, but not those of a statement.
    pub fn of(content: &Content, revision: i32, below: &mut impl FnMut(usize) -> usize) -> Paper {
        let mut content = content.clone();
        if matches!(content.kind, Kind::Single | Kind::Multiple) {
            let order: Vec<usize> = (0..content.choices.len()).collect();
            content.choices = draw(&order, order.len(), below)
                .into_iter()
                .filter_map(|place| content.choices.get(place).cloned())
                .collect();
        }
        Paper { revision, content }
    }
    pub fn kind(&self) -> Kind {
        self.content.kind
    }
    pub fn choices(&self) -> &[Choice] {
        &self.content.choices
    }
    /// What a form or a script sent, as an answer to this question.
    ///
    /// # Errors
    /// Why it is none.
    pub fn take(&self, chosen: &[String], written: &str) -> Result<Answer, Message> {
        if self.kind() == Kind::Fill {
            let text = form::optional(written, LONGEST_ANSWER)?.replace('\n', " ");
            return Ok(if text.is_empty() { Answer::Nothing } else { Answer::Written(text) });
        }
        let places: Option<BTreeSet<usize>> = chosen
            .iter()
            .map(|place| place.parse().ok().filter(|place| *place < self.choices().len()))
            .collect();
        match places {
            None => Err(msg!("没有这个选项，请刷新这一页再选")),
            Some(places) if places.is_empty() => Ok(Answer::Nothing),
            Some(places) if places.len() > 1 && self.kind() != Kind::Multiple => {
                Err(msg!("这一题只能选一个"))
            }
            Some(places) => Ok(Answer::Chosen(places)),
        }
    }
    pub fn is_right(&self, answer: &Answer) -> bool {
        match answer {
            Answer::Nothing => false,
            Answer::Written(text) => {
                let given = fold(text);
                self.kind() == Kind::Fill
                    && self.choices().iter().any(|accepted| fold(&accepted.text) == given)
            }
            Answer::Chosen(places) => {
                self.kind() != Kind::Fill
                    && self
                        .choices()
                        .iter()
                        .enumerate()
                        .all(|(place, choice)| choice.is_right == places.contains(&place))
            }
        }
    }
}

/// `count` of `from` by chance, none twice; all of them in another order if there are not more.
pub fn draw<T: Copy>(from: &[T], count: usize, below: &mut impl FnMut(usize) -> usize) -> Vec<T> {
    let mut pool = from.to_vec();
    let count = count.min(pool.len());
    for place in 0..count {
        let other = place + below(pool.len() - place);
        pool.swap(place, other);
    }
    pool.truncate(count);
    pool
}

/// A random number below `n`, from the operating system; each is as likely.
///
/// # Panics
/// If the operating system has no random numbers, or `n` is 0.
pub fn random_below(n: usize) -> usize {
    let n = n as u64;
    let limit = u64::MAX - u64::MAX % n;
    loop {
        let mut raw = [0; 8];
        getrandom::fill(&mut raw).expect("the operating system gives random numbers");
        let number = u64::from_le_bytes(raw);
        if number < limit {
            return (number % n) as usize;
        }
    }
}

/// Whether `right` of `count` are at least `share` per cent.
pub fn passes(right: i32, count: i32, share: i32) -> bool {
    i64::from(right) * 100 >= i64::from(share) * i64::from(count)
}

/// How many of `count` must be right for `share` per cent.
pub fn needed(count: i32, share: i32) -> i32 {
    let needed = (i64::from(count) * i64::from(share) + 99) / 100;
    i32::try_from(needed).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn content(kind: Kind, right: &[bool]) -> Content {
        Content {
            kind,
            stem: "题".into(),
            choices: right.iter().enumerate().map(|(n, is)| Choice::new(format!("选项{n}"), *is)).collect(),
            explanation: String::new(),
            chapter: None,
        }
    }

    proptest! {
        #[test]
        fn drawing_never_repeats_and_never_leaves_the_bank(
            bank in prop::collection::hash_set(0_i64..10_000, 0..200),
            count in 0_usize..250,
            chance in prop::collection::vec(0_usize..usize::MAX, 250),
        ) {
            let from: Vec<i64> = bank.iter().copied().collect();
            let mut chance = chance.into_iter().cycle();
            let drawn = draw(&from, count, &mut |n| chance.next().unwrap() % n);
            prop_assert_eq!(drawn.len(), count.min(from.len()));
            prop_assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
            prop_assert!(drawn.iter().all(|id| bank.contains(id)));
        }

        #[test]
        fn scoring_equals_a_naive_model(
            right in prop::collection::vec(any::<bool>(), 2..10),
            chosen in prop::collection::btree_set(0_usize..10, 0..10),
            chance in prop::collection::vec(0_usize..usize::MAX, 16),
        ) {
            let content = content(Kind::Multiple, &right);
            let mut chance = chance.into_iter().cycle();
            let paper = Paper::of(&content, 1, &mut |n| chance.next().unwrap() % n);
            let chosen: Vec<usize> = chosen.into_iter().filter(|place| *place < right.len()).collect();
            let sent: Vec<String> = chosen.iter().map(usize::to_string).collect();
            let answer = paper.take(&sent, "").unwrap();
            prop_assert_eq!(&Answer::of(Kind::Multiple, &answer.to_kept()), &answer);
            // The model knows words only: those chosen, and those that are right in the bank.
            let words = |is: &dyn Fn(usize, &Choice) -> bool, from: &[Choice]| -> Vec<String> {
                let mut words: Vec<_> = from.iter().enumerate().filter(|(n, c)| is(*n, c)).map(|(_, c)| c.text.clone()).collect();
                words.sort();
                words
            };
            let given = words(&|n, _| chosen.contains(&n), paper.choices());
            let wanted = words(&|_, choice| choice.is_right, &content.choices);
            prop_assert_eq!(paper.is_right(&answer), !given.is_empty() && given == wanted);
        }

        #[test]
        fn passing_is_reaching_what_is_needed(count in 1_i32..=100, share in 0_i32..=100, right in 0_i32..=100) {
            let right = right.min(count);
            prop_assert_eq!(passes(right, count, share), right >= needed(count, share));
            let exact = f64::from(right) / f64::from(count) * 100.0 + 1e-9 >= f64::from(share);
            prop_assert_eq!(passes(right, count, share), exact);
        }
    }

    #[test]
    fn choices_are_shuffled_but_not_those_of_a_statement() {
        let mut orders = HashSet::new();
        for _ in 0..200 {
            let paper = Paper::of(&content(Kind::Single, &[true, false, false]), 1, &mut random_below);
            orders.insert(paper.choices().iter().map(|c| c.text.clone()).collect::<Vec<_>>());
            let truth = Paper::of(&content(Kind::Boolean, &[true, false]), 1, &mut random_below);
            assert_eq!(truth.choices()[0].text, "选项0");
        }
        assert_eq!(orders.len(), 6);
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let single = Paper { revision: 1, content: content(Kind::Single, &[true, false]) };
        let sent =
            |places: &[&str]| single.take(&places.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>(), "");
        assert_eq!(sent(&[]), Ok(Answer::Nothing));
        assert!(sent(&["0"]).is_ok_and(|answer| single.is_right(&answer)));
        for odd in [&["2"][..], &["-1"], &["x"], &["0", "1"], &["99999999999999999999"]] {
            assert!(sent(odd).is_err(), "{odd:?}");
        }
        let fill = Paper { revision: 1, content: content(Kind::Fill, &[true]) };
        assert!(fill.take(&[], "a\0b").is_err() && fill.take(&[], &"长".repeat(10_000)).is_err());
        assert!(fill.take(&[], " 选项０ ").is_ok_and(|answer| fill.is_right(&answer)));
    }
}
