//! What the form of a year's table sends: plain text, a day or a range and a word on each line.
use super::days::{OFF, Table, WORKED, is_weekend};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, text};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The longest text; a year's takes a few hundred characters.
const LONGEST: usize = 6_000;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct TableForm {
    pub year: String,
    pub source: String,
    pub text: String,
}

/// What is wrong with a line of the text, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct LineProblem {
    pub line: usize,
    pub problem: Message,
}

/// A table that can be proposed.
#[derive(Debug, PartialEq, Eq)]
pub struct Draft {
    pub year: i32,
    pub source: String,
    pub table: Table,
}

/// What is wrong with a form: by field, and in the text by line.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problems {
    pub errors: Errors,
    pub lines: Vec<LineProblem>,
}

/// The year that a form or an address names.
pub fn year(sent: &str) -> Option<i32> {
    sent.trim().parse().ok().filter(|year| (2000..=2200).contains(year))
}

impl TableForm {
    pub fn check(&self) -> Result<Draft, Problems> {
        let mut problems = Problems::default();
        let errors = &mut problems.errors;
        let year = errors.take("year", year(&self.year).ok_or_else(|| msg!("年份请写成 2027 这样")));
        let source = errors.take("source", text(&self.source, 200));
        let typed = errors.take("text", text(&self.text, LONGEST));
        let table = match (year, typed) {
            (Some(year), Some(_)) => match read(&self.text, year) {
                Ok(table) => Some(table),
                Err(lines) => {
                    errors.take::<()>("text", Err(msg!("有 {} 行要改，见下面", lines.len())));
                    problems.lines = lines;
                    None
                }
            },
            _ => None,
        };
        match (year, source, table) {
            (Some(year), Some(source), Some(table)) => Ok(Draft { year, source, table }),
            _ => Err(problems),
        }
    }
}

/// Reads the text of a table; every line that cannot be read is told.
fn read(text: &str, year: i32) -> Result<Table, Vec<LineProblem>> {
    let mut said: BTreeMap<NaiveDate, (bool, usize)> = BTreeMap::new();
    let mut problems = vec![];
    for (place, words) in text.lines().enumerate() {
        let line = place + 1;
        if words.trim().is_empty() {
            continue;
        }
        let read = one(words, year).and_then(|(from, to, is_working)| {
            let days: Vec<NaiveDate> = from.iter_days().take_while(|day| *day <= to).collect();
            if let Some((day, earlier)) =
                days.iter().find_map(|day| said.get(day).map(|(_, line)| (day, line)))
            {
                return Err(msg!("{} 在第 {} 行已经写过", day, earlier));
            }
            Ok(days.into_iter().map(move |day| (day, (is_working, line))))
        });
        match read {
            Ok(days) => said.extend(days),
            Err(problem) => problems.push(LineProblem { line, problem }),
        }
    }
    if problems.is_empty() {
        Ok(Table::of(said.into_iter().map(|(day, (is_working, _))| (day, is_working))))
    } else {
        Err(problems)
    }
}

/// One line: first day, last day, whether they are worked.
fn one(line: &str, year: i32) -> Result<(NaiveDate, NaiveDate, bool), Message> {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, '至' | '到' | '~' | '～'))
        .filter(|word| !word.is_empty())
        .collect();
    let (days, word) = match words.as_slice() {
        [day, word] => ((*day, *day), *word),
        [from, to, word] => ((*from, *to), *word),
        _ => return Err(msg!("请写成“2026-10-01 2026-10-07 休”或“2026-10-10 班”")),
    };
    let is_working = match word {
        OFF | "off" => false,
        WORKED | "work" => true,
        _ => return Err(msg!("最后要写“休”或“班”")),
    };
    let (from, to) = (day_of(days.0, year)?, day_of(days.1, year)?);
    if to < from {
        return Err(msg!("后一天在前一天之前"));
    }
    if is_working
        && let Some(day) = from.iter_days().take_while(|day| *day <= to).find(|day| !is_weekend(*day))
    {
        return Err(msg!("{} 不是周末，本来就上班，请核对日期", day));
    }
    Ok((from, to, is_working))
}

fn day_of(word: &str, year: i32) -> Result<NaiveDate, Message> {
    let day: NaiveDate = word
        .replace(['/', '.'], "-")
        .parse()
        .map_err(|_| msg!("“{}”不是日期，请写成 2026-10-01 这样", word))?;
    if day.year() == year {
        Ok(day)
    } else {
        Err(msg!("{} 不在 {} 年，请写在那一年的表里", day, year))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> TableForm {
        TableForm { year: "2026".into(), source: "国办发明电〔2025〕7号".into(), text: text.into() }
    }

    #[test]
    fn a_text_names_days_and_ranges() {
        let draft =
            form("2026-10-01 2026-10-07 off\r\n\r\n  2026/9/20   班\n2026-02-14至2026-02-14 work").check();
        let draft = draft.unwrap();
        assert_eq!((draft.year, draft.table.iter().count()), (2026, 9));
        assert_eq!(draft.table.to_text(), "2026-02-14 班\n2026-09-20 班\n2026-10-01 2026-10-07 休");
        // What is shown can be typed again.
        let again = form(&draft.table.to_text()).check().unwrap();
        assert_eq!(again.table, draft.table);
    }

    #[test]
    fn what_is_wrong_is_told_line_by_line() {
        let text = "2026-10-01 2026-10-07 休\n10月1日 休\n2026-10-07 休\n2026-09-21 班\n2027-01-01 休\n2026-05-05 2026-05-01 休\n2026-05-01 假\n休\n2026-10-10 班";
        let problems = form(text).check().unwrap_err();
        let lines: Vec<_> = problems.lines.iter().map(|one| one.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(problems.lines[1].problem, msg!("{} 在第 {} 行已经写过", "2026-10-07", 1));
        assert!(problems.errors.of("text").is_some());
    }

    #[test]
    fn a_year_a_source_and_a_text_are_needed() {
        for (year, source, text) in [
            ("26", "通知", "2026-10-10 班"),
            ("2026", " ", "2026-10-10 班"),
            ("2026", "通知", " \n "),
            ("2026", "通知", &"2026-10-10 班\n".repeat(500) as &str),
            ("", "", ""),
        ] {
            let form = TableForm { year: year.into(), source: source.into(), text: text.into() };
            assert!(!form.check().unwrap_err().errors.is_empty(), "{year:?} {source:?}");
        }
    }
}
