//! Lists in pages.
use crate::error::{Error, Result};

/// Which page of how many, and the addresses of the others.
#[derive(Clone, Debug)]
pub struct Paging {
    /// From 1.
    pub number: i64,
    pub last: i64,
    pub total: i64,
    base: String,
}

/// The page number that a query asks for: 1 where it says nothing that is a page.
pub fn number(sent: &Option<String>) -> i64 {
    sent.as_deref().and_then(|text| text.parse().ok()).filter(|n| (1..=1_000_000).contains(n)).unwrap_or(1)
}

/// Of rows that were asked for from the first on, since they come from several lists: those behind the first `skip`.
pub fn cut<T>(rows: Vec<T>, skip: i64, count: i64) -> Vec<T> {
    let size = |n: i64| usize::try_from(n).unwrap_or_default();
    rows.into_iter().skip(size(skip)).take(size(count)).collect()
}

impl Paging {
    /// `path` is the page's address with its query.
    ///
    /// # Errors
    /// Past the end there is nothing: [`Error::NotFound`].
    pub fn new(path: &str, number: i64, total: i64, size: i64) -> Result<Paging> {
        let last = ((total + size - 1) / size).max(1);
        if number > last {
            return Err(Error::NotFound);
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let kept: Vec<_> =
            query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("page=")).collect();
        let base = if kept.is_empty() { format!("{path}?") } else { format!("{path}?{}&", kept.join("&")) };
        Ok(Paging { number, last, total, base })
    }
    /// For lists that nobody counts: `rows` were asked for with one more than `size`, which tells that there is a next
    /// page and is cut off. `total` is then what has been seen so far.
    ///
    /// # Errors
    /// As [`Paging::new`].
    pub fn cut<T>(path: &str, number: i64, rows: &mut Vec<T>, size: i64) -> Result<Paging> {
        let seen = (number - 1) * size + rows.len() as i64;
        if rows.is_empty() && number > 1 {
            return Err(Error::NotFound);
        }
        rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        Paging::new(path, number, seen, size)
    }
    pub fn link(&self, number: impl std::fmt::Display) -> String {
        format!("{}page={number}", self.base)
    }
    /// The numbers to offer: the ends and the neighbours; 0 stands for a gap.
    pub fn numbers(&self) -> Vec<i64> {
        let mut offered = vec![1, self.number - 1, self.number, self.number + 1, self.last];
        offered.retain(|n| (1..=self.last).contains(n));
        offered.dedup();
        let mut shown: Vec<i64> = vec![];
        for n in offered {
            match shown.last() {
                Some(before) if n <= *before => continue,
                Some(before) if n - before > 1 => shown.push(0),
                _ => {}
            }
            shown.push(n);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_neighbours_are_offered() {
        let numbers = |number, last| Paging::new("/x", number, last, 1).unwrap().numbers();
        assert_eq!(numbers(1, 1), [1]);
        assert_eq!(numbers(1, 3), [1, 2, 3]);
        assert_eq!(numbers(5, 9), [1, 0, 4, 5, 6, 0, 9]);
        assert_eq!(numbers(9, 9), [1, 0, 8, 9]);
        assert_eq!(numbers(1, 84), [1, 2, 0, 84]);
    }

    #[test]
    fn the_other_filters_stay_and_past_the_end_is_nothing() {
        let paging = Paging::new("/lectures?topic=rescue&page=2", 2, 60, 24).unwrap();
        assert_eq!(paging.link(3), "/lectures?topic=rescue&page=3");
        assert_eq!(paging.last, 3);
        assert!(Paging::new("/lectures", 4, 60, 24).is_err());
        assert!(Paging::new("/lectures", 1, 0, 24).is_ok());
    }
}
