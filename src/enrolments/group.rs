//! A whole list of members at once: each line is read, found in the scope and enrolled, or it says why not. A check does exactly
//! what enrolling does, and takes it back.
use super::store::{self, Found};
use super::{Asking, Channel, Refusal, State};
use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, EnrolmentId, OfferingId, PersonId};
use crate::lang::Message;
use crate::msg;
use std::collections::HashMap;

/// The most lines of one list.
pub const MOST_LINES: usize = 2_000;
/// What is kept of a name or a number, in characters.
const LONGEST: usize = 40;

/// A line of a list: what stands there for a name and for a number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// In the file, from 1.
    pub number: usize,
    pub name: String,
    /// Whatever may be a member number.
    pub codes: Vec<String>,
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Enrolled(State, EnrolmentId),
    Already(State),
    /// Not in the scope, or nowhere: whoever asks learns nothing about others.
    NotFound,
    /// So many have this name.
    SameName(usize),
    Mismatch,
    /// The same person as on this line.
    Twice(usize),
    Nothing,
    Refused(Refusal),
}

/// A line with the person found for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub line: Line,
    /// The member's own name and number, where one was found.
    pub found: Option<(String, String)>,
    pub outcome: Outcome,
}

impl Outcome {
    pub fn is_good(&self) -> bool {
        matches!(self, Outcome::Enrolled(..))
    }
    /// In words, before (`is_done` is false) and after.
    pub fn words(&self, is_done: bool) -> Message {
        match self {
            Outcome::Enrolled(State::Waitlisted, _) if is_done => msg!("已候补"),
            Outcome::Enrolled(State::Waitlisted, _) => msg!("会候补"),
            Outcome::Enrolled(State::Requested, _) if is_done => msg!("已提交，等审核"),
            Outcome::Enrolled(State::Requested, _) => msg!("会提交，等审核"),
            Outcome::Enrolled(..) if is_done => msg!("已报上"),
            Outcome::Enrolled(..) => msg!("会报上"),
            Outcome::Already(State::Waitlisted) => msg!("已报过，正在候补"),
            Outcome::Already(State::Requested) => msg!("已报过，正在等审核"),
            Outcome::Already(_) => msg!("已报过"),
            Outcome::NotFound => msg!("不在您的范围，或没有这个人。请核对姓名和编号"),
            Outcome::SameName(2) => msg!("有两位同名，请写编号"),
            Outcome::SameName(n) => msg!("有 {} 位同名，请写编号", n),
            Outcome::Mismatch => msg!("编号和姓名对不上，请核对"),
            Outcome::Twice(number) => msg!("和第 {} 行是同一个人", number),
            Outcome::Nothing => msg!("这一行没有姓名，也没有编号"),
            Outcome::Refused(refusal) => refusal.words(),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// A name as it is kept: in lists, short names are often spread out with spaces. Names in letters keep theirs.
fn name(text: &str) -> String {
    let is_han = |c| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}');
    let is_spread = text.chars().all(|c| c.is_whitespace() || is_han(c));
    let text = short(text);
    if is_spread { text.split_whitespace().collect() } else { text }
}

/// Whether it may be a number: with a digit, and nothing that numbers do not have.
fn is_code(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

/// The lines of rows of words. A heading says which column is which; without one, what may be a number is one and the first
/// other word is the name. Empty rows are left out, but counted.
///
/// # Errors
/// That there are too many, or none.
pub fn lines(rows: &[Vec<String>]) -> Result<Vec<Line>, Message> {
    let is_name = |cell: &str| ["姓名", "名字", "党员姓名", "name"].contains(&cell.to_lowercase().as_str());
    let is_number = |cell: &str| {
        ["编号", "党员编号", "党员号", "number", "no", "no."].contains(&cell.to_lowercase().as_str())
    };
    let first = rows.iter().position(|row| !row.is_empty());
    let head = first.filter(|place| rows[*place].iter().any(|cell| is_name(cell) || is_number(cell)));
    let (name_at, number_at) = match head {
        Some(place) => (
            rows[place].iter().position(|cell| is_name(cell)),
            rows[place].iter().position(|cell| is_number(cell)),
        ),
        None => (None, None),
    };
    let mut lines = vec![];
    for (place, row) in rows.iter().enumerate() {
        if row.iter().all(String::is_empty) || Some(place) == head {
            continue;
        }
        let cell = |at: usize| row.get(at).map(|cell| short(cell)).unwrap_or_default();
        let (name, codes) = match head {
            Some(_) => (
                name(row.get(name_at.unwrap_or(usize::MAX)).map_or("", String::as_str)),
                number_at.map(cell).filter(|code| !code.is_empty()).into_iter().collect(),
            ),
            None => (
                row.iter()
                    .find(|cell| !cell.is_empty() && !is_code(cell))
                    .map(|cell| name(cell))
                    .unwrap_or_default(),
                row.iter().filter(|cell| is_code(cell)).map(|cell| short(cell)).take(6).collect(),
            ),
        };
        lines.push(Line { number: place + 1, name, codes });
    }
    match lines.len() {
        0 => Err(msg!("名单里没有人。每行写一个人的姓名或党员编号。")),
        n if n > MOST_LINES => Err(msg!("一次最多 {} 人，请分几次报。", MOST_LINES)),
        _ => Ok(lines),
    }
}

/// The lines as text that [`lines`] reads again, each with its number in the file.
pub fn kept(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        out.push_str(&line.number.to_string());
        for word in std::iter::once(&line.name).chain(&line.codes) {
            out.push('\t');
            out.push_str(&word.replace('\t', " "));
        }
        out.push('\n');
    }
    out
}

/// Reads what [`kept`] has written.
pub fn unkept(text: &str) -> Vec<Line> {
    let line = |line: &str| {
        let mut words = line.split('\t');
        let number = words.next()?.parse().ok()?;
        let name = short(words.next()?);
        Some(Line { number, name, codes: words.map(short).collect() })
    };
    text.lines().filter_map(line).take(MOST_LINES).collect()
}

/// Who enrols a list, and how.
pub struct Listing<'a> {
    pub offering: OfferingId,
    /// The sub-trees in which the viewer may do it.
    pub paths: &'a [String],
    pub by: AccountId,
    /// The code of the offering, where it asks for one.
    pub code: &'a str,
    pub key: &'a str,
}

/// Enrols those on the list, line by line. The same key again enrols nobody twice and says the same.
///
/// # Errors
/// Those of the database.
pub fn enrol_all(
    conn: &mut Conn,
    listing: &Listing<'_>,
    lines: &[Line],
    doer: &Doer,
    now: Timestamp,
) -> Result<Vec<Judged>> {
    let is_within = |found: &Found| listing.paths.iter().any(|path| found.path.starts_with(path.as_str()));
    let codes: Vec<String> = lines.iter().flat_map(|line| line.codes.clone()).collect();
    let mut by_code: HashMap<String, Found> = HashMap::new();
    for found in store::numbered(conn, &codes)? {
        if is_within(&found) {
            by_code.insert(found.number.clone(), found);
        }
    }
    let names: Vec<String> =
        lines.iter().map(|line| line.name.clone()).filter(|name| !name.is_empty()).collect();
    let mut by_name: HashMap<String, Vec<Found>> = HashMap::new();
    for found in store::named(conn, &names)? {
        let same = by_name.entry(found.name.clone()).or_default();
        if is_within(&found) && same.iter().all(|one| one.person != found.person) {
            same.push(found);
        }
    }
    let mut seen: HashMap<PersonId, usize> = HashMap::new();
    let mut judged = Vec::with_capacity(lines.len());
    for line in lines {
        let (found, outcome) = match matched(line, &by_code, &by_name) {
            Err(outcome) => (None, outcome),
            Ok(found) => {
                let outcome = match seen.get(&found.person) {
                    Some(number) => Outcome::Twice(*number),
                    None => {
                        seen.insert(found.person, line.number);
                        one(conn, listing, found.person, doer, now)?
                    }
                };
                (Some((found.name.clone(), found.number.clone())), outcome)
            }
        };
        judged.push(Judged { line: line.clone(), found, outcome });
    }
    Ok(judged)
}

fn matched<'a>(
    line: &Line,
    by_code: &'a HashMap<String, Found>,
    by_name: &'a HashMap<String, Vec<Found>>,
) -> Result<&'a Found, Outcome> {
    if let Some(found) = line.codes.iter().find_map(|code| by_code.get(code)) {
        let fits = line.name.is_empty() || line.name == found.name;
        return if fits { Ok(found) } else { Err(Outcome::Mismatch) };
    }
    let same = by_name.get(&line.name).map(Vec::as_slice).unwrap_or_default();
    match (same, line.codes.as_slice()) {
        _ if line.name.is_empty() && line.codes.is_empty() => Err(Outcome::Nothing),
        ([], _) => Err(Outcome::NotFound),
        // A number that is nobody's beside a name is a row's number or a telephone; one that looks like a member's is wrong.
        ([found], codes) if codes.iter().all(|code| !code.starts_with(|c: char| c.is_ascii_alphabetic())) => {
            Ok(found)
        }
        ([_], _) => Err(Outcome::Mismatch),
        (several, _) => Err(Outcome::SameName(several.len())),
    }
}

fn one(
    conn: &mut Conn,
    listing: &Listing<'_>,
    person: PersonId,
    doer: &Doer,
    now: Timestamp,
) -> Result<Outcome> {
    let asking = Asking {
        person,
        channel: Channel::Group,
        by: listing.by,
        key: format!("{}:{person}", listing.key),
        code: listing.code.to_owned(),
        is_sure: false,
    };
    Ok(match super::try_enrol(conn, listing.offering, &asking, doer, now)? {
        Ok(stands) if stands.state.is_active() => Outcome::Enrolled(stands.state, stands.id),
        Ok(_) => Outcome::Refused(Refusal::OtherKey),
        Err(Refusal::Already(state)) => Outcome::Already(state),
        Err(refusal) => Outcome::Refused(refusal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }
    fn line(number: usize, name: &str, codes: &[&str]) -> Line {
        Line { number, name: name.into(), codes: codes.iter().map(|code| (*code).into()).collect() }
    }

    #[test]
    fn columns_come_in_any_order_with_a_heading_or_without() {
        let two = [line(2, "林秋实", &["D1"]), line(3, "沈若谷", &["D2"])];
        assert_eq!(lines(&rows("姓名,党员编号\n林秋实,D1\n沈若谷,D2")).unwrap(), two);
        assert_eq!(lines(&rows("序号,编号,支部,姓名\n1,D1,东街,林秋实\n2,D2,东街,沈若谷")).unwrap(), two);
        assert_eq!(
            lines(&rows("D1,林秋实\n林秋实")).unwrap(),
            [line(1, "林秋实", &["D1"]), line(2, "林秋实", &[])]
        );
        assert_eq!(lines(&rows("1,林秋实,D1")).unwrap(), [line(1, "林秋实", &["1", "D1"])]);
        assert_eq!(lines(&rows("D1\n\nD2")).unwrap(), [line(1, "", &["D1"]), line(3, "", &["D2"])]);
        assert_eq!(lines(&rows("沈　谷\n阿依 古丽·A b")).unwrap()[0], line(1, "沈谷", &[]));
        assert_eq!(lines(&rows("姓名\nAnna Li")).unwrap(), [line(2, "Anna Li", &[])]);
        assert!(lines(&rows("姓名\n\n")).is_err());
        assert!(lines(&vec![vec!["林".into()]; MOST_LINES + 1]).is_err());
    }

    #[test]
    fn what_is_kept_between_the_steps_is_the_same_list() {
        let them = [line(2, "=1+1", &["D1", "7"]), line(9, "", &["D2"]), line(10, "林 秋实", &[])];
        assert_eq!(unkept(&kept(&them)), them);
        assert_eq!(unkept("x\ty\n3"), []);
    }
}
