//! Words of a text and of a query, found the same way in both: every Han character is a word, letters and digits in a row
//! are one, full-width and compatibility forms are folded, accents and case fall away, everything else separates.
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One word of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
    Han(char),
    /// Letters, or digits.
    Run(Box<str>),
}

impl Word {
    /// Appends the word as it is indexed.
    pub fn push_to(&self, text: &mut String) {
        match self {
            Word::Han(one) => text.push(*one),
            Word::Run(run) => text.push_str(run),
        }
    }
    fn is_letters(&self) -> bool {
        matches!(self, Word::Run(run) if !run.starts_with(|c: char| c.is_ascii_digit()))
    }
    fn begins_with(&self, start: &Word) -> bool {
        match (self, start) {
            (Word::Run(run), Word::Run(start)) => run.starts_with(&**start),
            _ => self == start,
        }
    }
}

/// A word and the bytes of the text that it stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub word: Word,
    pub start: usize,
    pub end: usize,
    /// Whether it follows the word before it without anything between.
    pub is_joined: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Han,
    Letter,
    Digit,
    /// A mark over the letter before it.
    Mark,
    Other,
}

/// Han characters of all planes, the kana, and the sign for zero that is written among them.
fn class(c: char) -> Class {
    match c {
        '\u{3007}'
        | '\u{3040}'..='\u{30FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}' => Class::Han,
        '0'..='9' => Class::Digit,
        c if is_combining_mark(c) => Class::Mark,
        c if c.is_alphabetic() => Class::Letter,
        c if c.is_numeric() => Class::Digit,
        _ => Class::Other,
    }
}

/// Hands the folded forms of `c` to `take`.
fn fold(c: char, take: &mut impl FnMut(char)) {
    match c {
        c if c.is_ascii() => take(c.to_ascii_lowercase()),
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' => take(c),
        c => std::iter::once(c).nfkd().flat_map(char::to_lowercase).for_each(take),
    }
}

/// The words of `text`, in order.
pub fn words(text: &str) -> Vec<Place> {
    let mut found: Vec<Place> = Vec::with_capacity(text.len() / 3);
    let (mut run, mut run_class, mut run_start, mut run_end) = (String::new(), Class::Other, 0, 0);
    // Where the word before ended, if nothing separated since.
    let mut joins = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        fold(c, &mut |c| {
            let class = class(c);
            if class == Class::Mark {
                return;
            }
            if !run.is_empty() && class != run_class {
                let word = Word::Run(std::mem::take(&mut run).into());
                found.push(Place { word, start: run_start, end: run_end, is_joined: joins });
                joins = true;
            }
            match class {
                Class::Han => {
                    found.push(Place { word: Word::Han(c), start: at, end, is_joined: joins });
                    joins = true;
                }
                Class::Letter | Class::Digit => {
                    if run.is_empty() {
                        (run_class, run_start) = (class, at);
                    }
                    run.push(c);
                    run_end = end;
                }
                Class::Mark | Class::Other => joins = false,
            }
        });
    }
    if !run.is_empty() {
        found.push(Place { word: Word::Run(run.into()), start: run_start, end: run_end, is_joined: joins });
    }
    found
}

/// Words that must follow each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase {
    pub words: Vec<Word>,
    /// The last word may go on: `irrig` finds `irrigation`.
    pub is_open: bool,
}

/// What somebody looks for: every phrase must occur.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    pub phrases: Vec<Phrase>,
}

/// More phrases than these narrow nothing down any more.
const MOST_PHRASES: usize = 10;

impl Query {
    /// Reads what was typed. Signs separate and mean nothing: there are no operators to get wrong.
    pub fn of(typed: &str) -> Query {
        let mut phrases: Vec<Phrase> = vec![];
        for place in words(typed) {
            match phrases.last_mut() {
                Some(phrase) if place.is_joined => phrase.words.push(place.word),
                _ => phrases.push(Phrase { words: vec![place.word], is_open: false }),
            }
        }
        for phrase in &mut phrases {
            phrase.is_open = phrase.words.last().is_some_and(Word::is_letters);
        }
        let mut query = Query::default();
        for phrase in phrases {
            if query.phrases.len() < MOST_PHRASES && !query.phrases.contains(&phrase) {
                query.phrases.push(phrase);
            }
        }
        query
    }
    pub fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }
    /// The bytes of `text` where a phrase stands, in order, those that touch as one.
    pub fn places(&self, text: &str) -> Vec<(usize, usize)> {
        let all = words(text);
        let mut places: Vec<(usize, usize)> = vec![];
        for phrase in &self.phrases {
            let length = phrase.words.len();
            places.extend(
                all.windows(length)
                    .filter(|some| phrase.is_at(some))
                    .map(|some| (some[0].start, some[length - 1].end)),
            );
        }
        places.sort_unstable();
        let mut merged: Vec<(usize, usize)> = vec![];
        for (start, end) in places {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged
    }
}

impl Phrase {
    fn is_at(&self, places: &[Place]) -> bool {
        let last = self.words.len() - 1;
        self.words.iter().zip(places).enumerate().all(|(number, (word, place))| {
            if self.is_open && number == last { place.word.begins_with(word) } else { place.word == *word }
        })
    }
}

/// A piece of a line shown with a find.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    pub text: String,
    pub is_hit: bool,
}

/// The whole text in pieces, those that were looked for marked.
pub fn marked(text: &str, query: &Query) -> Vec<Piece> {
    pieces(text, 0, text.len(), &query.places(text))
}

/// Some `longest` characters around the first place that was looked for, or from the beginning, in pieces.
pub fn excerpt(text: &str, query: &Query, longest: usize) -> Vec<Piece> {
    let places = query.places(text);
    let first = places.first().map_or(0, |place| place.0);
    // A third before, the rest after.
    let start = text[..first].char_indices().rev().take(longest / 3).last().map_or(first, |(at, _)| at);
    let end = text[start..].char_indices().nth(longest).map_or(text.len(), |(at, _)| start + at);
    let mut shown = pieces(text, start, end, &places);
    let dots = || Piece { text: "…".into(), is_hit: false };
    if start > 0 {
        shown.insert(0, dots());
    }
    if end < text.len() {
        shown.push(dots());
    }
    shown
}

fn pieces(text: &str, start: usize, end: usize, places: &[(usize, usize)]) -> Vec<Piece> {
    let mut shown = vec![];
    let mut at = start;
    let mut push = |from: usize, to: usize, is_hit| {
        if from < to {
            shown.push(Piece { text: text[from..to].to_owned(), is_hit });
        }
    };
    for (from, to) in places.iter().map(|(from, to)| ((*from).max(start), (*to).min(end))) {
        if from < to {
            push(at, from, false);
            push(from, to, true);
            at = to;
        }
    }
    push(at, end, false);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        words(text)
            .iter()
            .map(|place| {
                let mut text = String::new();
                place.word.push_to(&mut text);
                text
            })
            .collect()
    }

    #[test]
    fn every_han_character_is_a_word_and_runs_of_letters_and_digits_are() {
        assert_eq!(said("灌区2026年"), ["灌", "区", "2026", "年"]);
        assert_eq!(said("５Ｇ网络，ＧＢ１８０３０"), ["5", "g", "网", "络", "gb", "18030"]);
        assert_eq!(said("Café Straße ①"), ["cafe", "straße", "1"]);
        assert_eq!(said("𠮷野家 〇三"), ["𠮷", "野", "家", "〇", "三"]);
        assert_eq!(said("😀👍🏽 ——！\u{0}"), [""; 0]);
        // A compatibility ideograph and the character that it stands for.
        assert_eq!(said("\u{F9DB}"), said("率"));
        // An accent typed on its own.
        assert_eq!(said("Cafe\u{301}"), ["cafe"]);
    }

    #[test]
    fn signs_separate_phrases_and_mean_nothing() {
        let count = |typed: &str| Query::of(typed).phrases.len();
        assert_eq!(count("“分水”"), 1);
        assert_eq!(count("断流、检修"), 2);
        assert_eq!(count("\"a\" OR (b) NEAR -c*"), 5);
        assert_eq!(count("' \" ; -- % _ \\ 😀"), 0);
        assert_eq!(count("水 水 水"), 1);
        assert_eq!(count(&"水 火 ".repeat(500)), 2);
    }

    #[test]
    fn what_was_looked_for_is_marked_in_its_own_spelling() {
        let query = Query::of("gb１８ 分水");
        assert_eq!(query.phrases.len(), 2);
        let text = "按ＧＢ 18，枯水时内江分水约占六成。";
        let marks: Vec<_> =
            marked(text, &query).into_iter().filter(|piece| piece.is_hit).map(|piece| piece.text).collect();
        assert_eq!(marks, ["ＧＢ 18", "分水"]);
        let whole: String = marked(text, &query).into_iter().map(|piece| piece.text).collect();
        assert_eq!(whole, text);
    }

    #[test]
    fn an_excerpt_stands_around_the_first_find() {
        let text = format!("{}分水{}", "前".repeat(100), "后".repeat(100));
        let shown = excerpt(&text, &Query::of("分水"), 30);
        let line: String = shown.iter().map(|piece| piece.text.as_str()).collect();
        assert!(line.starts_with("…前") && line.ends_with("后…") && line.contains("前分水后"), "{line}");
        assert_eq!(line.chars().count(), 32);
        assert_eq!(excerpt("短", &Query::of("没有"), 30), [Piece { text: "短".into(), is_hit: false }]);
        assert_eq!(excerpt("", &Query::of("没有"), 30), []);
    }

    #[test]
    fn a_word_of_letters_may_go_on_and_a_number_may_not() {
        let is_found = |typed: &str, text: &str| !Query::of(typed).places(text).is_empty();
        assert!(is_found("irrig", "Irrigation"));
        assert!(!is_found("rig", "Irrigation"));
        assert!(!is_found("10", "100 亩"));
        assert!(is_found("100亩", "约 100 亩"));
    }

    proptest::proptest! {
        /// Whatever stands in a text is found in it, and no place falls inside a character.
        #[test]
        fn a_piece_of_a_text_is_found_in_it(text in "[\u{4E00}-\u{4E20}a-cA-C0-3，。 Ａ-Ｃ𠀀-𠀅é😀]{1,40}", from in 0usize..40, count in 1usize..8) {
            let all = words(&text);
            if let Some(some) = all.get(from..(from + count).min(all.len())) && !some.is_empty() {
                let typed = &text[some[0].start..some[some.len() - 1].end];
                let query = Query::of(typed);
                let places = query.places(&text);
                proptest::prop_assert!(query.phrases.len() == 10 || !places.is_empty(), "{typed:?} in {text:?}");
                for (start, end) in places {
                    proptest::prop_assert!(text.is_char_boundary(start) && text.is_char_boundary(end));
                }
            }
        }
    }
}
