//! What somebody types from a list that was signed on paper: numbers of rows, ranges, letters for who was late or on leave,
//! "everybody else", and guests by their member numbers. Nothing but text and numbers.
use crate::events::Status;
use crate::lang::Message;
use crate::msg;
use std::collections::BTreeMap;

/// The longest text, in characters; thirty names need a tenth of it.
pub const LONGEST: usize = 1_000;

/// The letters behind a number, beside what they mean. No letter: present.
pub const LETTERS: [(char, Status); 7] = [
    ('d', Status::Present),
    ('z', Status::Late),
    ('t', Status::LeftEarly),
    ('q', Status::LeavePrivate),
    ('b', Status::LeaveSick),
    ('g', Status::LeaveOfficial),
    ('w', Status::Absent),
];

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Read {
    /// By the number of the row.
    pub rows: BTreeMap<i32, Status>,
    /// What holds for all other rows; `None` where nothing is said of them.
    pub rest: Option<Status>,
    /// Guests, by what was typed as their member number.
    pub guests: BTreeMap<String, Status>,
}

/// What cannot be read, beside the piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Unreadable(String),
    NoSuchRow(i64),
    Backwards(String),
    Twice(String),
    Nothing,
}

impl Problem {
    pub fn words(&self) -> Message {
        match self {
            Problem::Unreadable(piece) => msg!("看不懂“{}”。数字后面的字母只能是 z t q b g w d", piece),
            Problem::NoSuchRow(number) => msg!("这张表没有第 {} 行", number),
            Problem::Backwards(piece) => msg!("“{}”前后写反了", piece),
            Problem::Twice(piece) => msg!("“{}”写了两次，而且不一样", piece),
            Problem::Nothing => msg!("还没有写任何人"),
        }
    }
}

/// Letters and digits of every width as plain ones; what Chinese writes for a comma or a range too.
fn plain(c: char) -> char {
    let c = match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    match c {
        ',' | '、' | ';' | '。' | '.' | '\u{3000}' | '\t' | '\n' | '\r' => ' ',
        '~' | '–' | '—' | '－' | '至' | '到' => '-',
        other => other.to_ascii_lowercase(),
    }
}

fn status(letter: char) -> Option<Status> {
    LETTERS.iter().find(|one| one.0 == letter).map(|one| one.1)
}

/// A piece without the letter behind it, and what the letter means.
fn marked(piece: &str) -> (&str, Option<Status>) {
    match piece.char_indices().next_back() {
        Some((at, last)) if at > 0 && status(last).is_some() => (&piece[..at], status(last)),
        _ => (piece, None),
    }
}

/// Reads what was typed for a sheet whose last row has this number.
///
/// # Errors
/// Each piece that cannot be read, once.
pub fn read(text: &str, last: i32) -> Result<Read, Vec<Problem>> {
    let text: String = text.chars().map(plain).collect();
    // Blanks around a range belong to it.
    let text = text.replace('除', " 除 ").replace("but", " 除 ").replace(" - ", "-");
    let (mut read, mut problems) = (Read::default(), vec![]);
    // After "except" a number says who was not there.
    let mut bare = Status::Present;
    for piece in text.split_whitespace() {
        if piece == "除" {
            (read.rest, bare) = (Some(Status::Present), Status::Absent);
            continue;
        }
        let (body, letter) = marked(piece);
        let result = if body == "*" || body == "余" {
            read.rest = Some(letter.unwrap_or(Status::Present));
            Ok(())
        } else if body.starts_with('+') || body.starts_with(|c: char| c.is_ascii_alphabetic()) {
            guest(&mut read, body, letter.unwrap_or(Status::Present))
        } else {
            rows(&mut read, body, letter.unwrap_or(bare), last)
        };
        if let Err(problem) = result
            && !problems.contains(&problem)
        {
            problems.push(problem);
        }
    }
    if read == Read::default() && problems.is_empty() {
        problems.push(Problem::Nothing);
    }
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

fn guest(read: &mut Read, body: &str, status: Status) -> Result<(), Problem> {
    let number = body.trim_start_matches('+').to_ascii_uppercase();
    let is_number = number.len() >= 4
        && number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && number.chars().any(|c| c.is_ascii_digit());
    if !is_number {
        return Err(Problem::Unreadable(body.to_owned()));
    }
    match read.guests.insert(number.clone(), status) {
        Some(before) if before != status => Err(Problem::Twice(number)),
        _ => Ok(()),
    }
}

fn rows(read: &mut Read, body: &str, status: Status, last: i32) -> Result<(), Problem> {
    let unreadable = || Problem::Unreadable(body.to_owned());
    let number = |text: &str| -> Result<i64, Problem> {
        let is_number = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
        if is_number { text.parse().map_err(|_| unreadable()) } else { Err(unreadable()) }
    };
    let (from, to) = match body.split_once('-') {
        Some((from, to)) => (number(from)?, number(to)?),
        None => (number(body)?, number(body)?),
    };
    if from > to {
        return Err(Problem::Backwards(body.to_owned()));
    }
    for number in [from, to] {
        if number < 1 || number > i64::from(last) {
            return Err(Problem::NoSuchRow(number));
        }
    }
    for number in from..=to {
        // Within the last row, which is an i32.
        let row = i32::try_from(number).unwrap_or(last);
        match read.rows.insert(row, status) {
            Some(before) if before != status => return Err(Problem::Twice(number.to_string())),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(i32, Status)> {
        read(text, 40).unwrap().rows.into_iter().collect()
    }

    #[test]
    fn numbers_and_ranges_are_read_in_every_width_and_with_every_comma() {
        let there: Vec<_> = [1, 2, 3, 14, 17].map(|row| (row, Status::Present)).to_vec();
        for text in [
            "1-3 14 17",
            "1-3,14,17",
            "１－３，１４、１７",
            "1至3；14。17",
            " 17\t14\n1 - 3 ",
            "1~3 14 17 14",
        ] {
            assert_eq!(rows(text), there, "{text}");
        }
    }

    #[test]
    fn a_letter_says_how_somebody_was_there_or_why_not() {
        assert_eq!(
            rows("1-2 5z 7Q 8ｂ 9g 10t 11w"),
            [
                (1, Status::Present),
                (2, Status::Present),
                (5, Status::Late),
                (7, Status::LeavePrivate),
                (8, Status::LeaveSick),
                (9, Status::LeaveOfficial),
                (10, Status::LeftEarly),
                (11, Status::Absent),
            ]
        );
        assert_eq!(rows("3-4z"), [(3, Status::Late), (4, Status::Late)]);
    }

    #[test]
    fn everybody_but_some_is_said_once() {
        let except = read("除 3、7-8 9q", 40).unwrap();
        assert_eq!(except.rest, Some(Status::Present));
        let named: Vec<_> = except.rows.into_iter().collect();
        let absent = |row| (row, Status::Absent);
        assert_eq!(named, [absent(3), absent(7), absent(8), (9, Status::LeavePrivate)]);
        assert_eq!(read("除3", 40), read("* 3w", 40));
        assert_eq!(read("but 3 7-8 9q", 40), read("除 3 7-8 9q", 40));
        assert_eq!(read("1-9 *w", 40).unwrap().rest, Some(Status::Absent));
        assert_eq!(read("1-9", 40).unwrap().rest, None);
    }

    #[test]
    fn guests_have_their_member_numbers() {
        let guests: Vec<_> = read("1 D0000123 +510181000007z", 40).unwrap().guests.into_iter().collect();
        assert_eq!(guests, [("510181000007".into(), Status::Late), ("D0000123".into(), Status::Present)]);
    }

    #[test]
    fn what_cannot_be_read_is_named_and_nothing_is_taken() {
        for (text, problem) in [
            ("", Problem::Nothing),
            ("41", Problem::NoSuchRow(41)),
            ("0", Problem::NoSuchRow(0)),
            ("1-41", Problem::NoSuchRow(41)),
            ("9-3", Problem::Backwards("9-3".into())),
            ("5 5z", Problem::Twice("5".into())),
            ("1-6 3q", Problem::Twice("3".into())),
            ("5y", Problem::Unreadable("5y".into())),
            ("99999999999", Problem::Unreadable("99999999999".into())),
            ("abc", Problem::Unreadable("abc".into())),
            ("-3", Problem::Unreadable("-3".into())),
            ("1-2-3", Problem::Unreadable("1-2-3".into())),
        ] {
            assert_eq!(read(text, 40), Err(vec![problem]), "{text}");
        }
        assert_eq!(read("5y 77", 40).unwrap_err().len(), 2);
    }
}
