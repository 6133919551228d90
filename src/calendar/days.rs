//! The rule: which days are worked, and the last day of a term in working days. Pure. domain.md §5.9, V-CAL.
use chrono::{Datelike, NaiveDate, Weekday};
use std::collections::BTreeMap;

/// What a notice says of a year: the days that are off, and the weekends that are worked. All others follow the week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table(BTreeMap<NaiveDate, bool>);

/// Days that follow one another and are all off, or all worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: NaiveDate,
    /// The last day; it belongs to the span.
    pub to: NaiveDate,
    pub is_working: bool,
}

impl Span {
    pub fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }
}

/// Saturday or Sunday.
pub fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The word for a day that is off, and for one that is worked, as the text of a table has them.
pub const OFF: &str = "休";
pub const WORKED: &str = "班";

impl Table {
    pub fn of(days: impl IntoIterator<Item = (NaiveDate, bool)>) -> Table {
        Table(days.into_iter().collect())
    }
    pub fn iter(&self) -> impl Iterator<Item = (NaiveDate, bool)> + '_ {
        self.0.iter().map(|(day, is_working)| (*day, *is_working))
    }
    pub fn is_working(&self, day: NaiveDate) -> bool {
        self.0.get(&day).copied().unwrap_or(!is_weekend(day))
    }
    /// The days that are named, with neighbours of a kind together.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = vec![];
        for (day, is_working) in self.iter() {
            match spans.last_mut() {
                Some(last) if last.is_working == is_working && last.to.succ_opt() == Some(day) => {
                    last.to = day;
                }
                _ => spans.push(Span { from: day, to: day, is_working }),
            }
        }
        spans
    }
    /// The table as it is typed, a span on each line.
    pub fn to_text(&self) -> String {
        let line = |span: &Span| {
            let word = if span.is_working { WORKED } else { OFF };
            match span.from == span.to {
                true => format!("{} {word}", span.from),
                false => format!("{} {} {word}", span.from, span.to),
            }
        };
        self.spans().iter().map(line).collect::<Vec<_>>().join("\n")
    }
    /// The days on which this table says something else than `before`, and whether they are worked now.
    pub fn changes(&self, before: &Table) -> Vec<(NaiveDate, bool)> {
        let mut named: Vec<NaiveDate> = self.0.keys().chain(before.0.keys()).copied().collect();
        named.sort_unstable();
        named.dedup();
        named.retain(|day| self.is_working(*day) != before.is_working(*day));
        named.into_iter().map(|day| (day, self.is_working(day))).collect()
    }
    /// How many days of the year are worked.
    pub fn working_days(&self, year: i32) -> usize {
        let first = NaiveDate::from_ymd_opt(year, 1, 1);
        first.map_or(0, |first| {
            first.iter_days().take_while(|day| day.year() == year).filter(|day| self.is_working(*day)).count()
        })
    }
}

/// A year whose table nobody has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingYear(pub i32);

/// The tables of some years.
#[derive(Clone, Debug, Default)]
pub struct Years(BTreeMap<i32, Table>);

impl Years {
    pub fn add(&mut self, year: i32, table: Table) {
        self.0.insert(year, table);
    }
    /// # Errors
    /// The year of `day`, if its table is not here.
    pub fn is_working(&self, day: NaiveDate) -> Result<bool, MissingYear> {
        let table = self.0.get(&day.year()).ok_or(MissingYear(day.year()))?;
        Ok(table.is_working(day))
    }
    /// The last day of a term of `n` working days, the first of which is the next one after `day`.
    ///
    /// # Errors
    /// The first year on the way whose table is not here.
    pub fn after(&self, day: NaiveDate, n: i32) -> Result<NaiveDate, MissingYear> {
        let (mut at, mut left) = (day, n);
        while left > 0 {
            at = at.succ_opt().ok_or(MissingYear(at.year()))?;
            if self.is_working(at)? {
                left -= 1;
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The calendar of 2019 by 国办发明电〔2018〕15号 and 〔2019〕3号.
    fn table_2019() -> Table {
        let mut days = vec![];
        for (from, to) in [
            ("2019-01-01", "2019-01-01"),
            ("2019-02-04", "2019-02-10"),
            ("2019-04-05", "2019-04-07"),
            ("2019-05-01", "2019-05-04"),
            ("2019-06-07", "2019-06-09"),
            ("2019-09-13", "2019-09-15"),
            ("2019-10-01", "2019-10-07"),
        ] {
            days.extend(day(from).iter_days().take_while(|at| *at <= day(to)).map(|at| (at, false)));
        }
        for worked in ["2019-02-02", "2019-02-03", "2019-04-28", "2019-05-05", "2019-09-29", "2019-10-12"] {
            days.push((day(worked), true));
        }
        Table::of(days)
    }

    fn years() -> Years {
        let mut years = Years::default();
        years.add(2019, table_2019());
        years
    }

    /// V-CAL of domain.md §5.9.
    #[test]
    fn terms_of_2019_end_as_the_worked_examples_say() {
        for (from, n, last) in [
            // five from a Wednesday
            ("2019-10-16", 5, "2019-10-23"),
            // from the Friday before the national holiday: Sunday 29 is worked, 1 to 7 October are off
            ("2019-09-27", 5, "2019-10-10"),
            // the third is a Saturday that is worked
            ("2019-10-09", 3, "2019-10-12"),
        ] {
            assert_eq!(years().after(day(from), n), Ok(day(last)), "{n} from {from}");
        }
    }

    #[test]
    fn a_term_is_that_many_working_days_and_ends_on_one() {
        let years = years();
        for from in day("2019-01-01").iter_days().take(300) {
            let mut before = from;
            for n in 1..=15 {
                let last = years.after(from, n).unwrap();
                assert!(last > before, "longer terms end later: {n} from {from}");
                assert_eq!(years.is_working(last), Ok(true), "{n} from {from}");
                let between = from.iter_days().skip(1).take_while(|at| *at <= last);
                let worked = between.filter(|at| years.is_working(*at).unwrap()).count();
                assert_eq!(worked, n as usize, "{n} from {from}");
                before = last;
            }
            // Terms add up: five and then ten are fifteen.
            let five = years.after(from, 5).unwrap();
            assert_eq!(years.after(five, 10), years.after(from, 15));
        }
        assert_eq!(years.after(day("2019-10-01"), 0), Ok(day("2019-10-01")));
    }

    #[test]
    fn a_year_without_a_table_gives_no_term() {
        let years = years();
        assert_eq!(years.after(day("2019-12-27"), 2), Ok(day("2019-12-31")));
        assert_eq!(years.after(day("2019-12-27"), 3), Err(MissingYear(2020)));
        assert_eq!(years.after(day("2018-12-28"), 1), Err(MissingYear(2018)));
        assert_eq!(years.after(NaiveDate::MAX, 1), Err(MissingYear(NaiveDate::MAX.year())));
    }

    #[test]
    fn a_table_says_what_differs_from_the_week_and_from_another_table() {
        let table = table_2019();
        assert_eq!(table.working_days(2019), 250);
        assert_eq!(Table::default().working_days(2019), 261);
        let text = table.to_text();
        assert!(text.contains("2019-10-01 2019-10-07 休\n2019-10-12 班"), "{text}");
        let week = table.changes(&Table::default());
        assert!(week.contains(&(day("2019-10-01"), false)) && week.contains(&(day("2019-10-12"), true)));
        assert!(!week.iter().any(|(at, _)| *at == day("2019-10-05")), "a Saturday is off anyhow");
        assert_eq!(table.changes(&table), []);
        let mut more: Vec<_> = table.iter().collect();
        more.push((day("2019-12-31"), false));
        assert_eq!(Table::of(more).changes(&table), [(day("2019-12-31"), false)]);
    }
}
