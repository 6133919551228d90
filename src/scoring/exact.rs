//! Exact numbers. What arithmetic decides is decided on fractions of whole numbers and rounded only to be read: a float would
//! turn 90.125 into 90.12, and two who are equal into a first and a second. domain.md §5.1 and §5.7.
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// A fraction of whole numbers of any size.
pub type Exact = BigRational;

/// Digits of a number that is read: more are no score.
const MOST_DIGITS: usize = 24;
/// Places behind the point that tell neighbours apart at most; who are still alike are said to be.
const MOST_PLACES: u32 = 12;

/// `n` as it is.
pub fn whole(n: i64) -> Exact {
    Exact::from_integer(n.into())
}

/// `n / d`; `None` for a part of nothing.
pub fn ratio(n: i64, d: i64) -> Option<Exact> {
    (d != 0).then(|| Exact::new(n.into(), d.into()))
}

/// A decimal as people write it: `92.5`, `-3`, `.5` is none.
pub fn read(text: &str) -> Option<Exact> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let is_odd = before.is_empty() || (digits.contains('.') && behind.is_empty());
    if is_odd || !is_number(before) || !is_number(behind) || before.len() + behind.len() > MOST_DIGITS {
        return None;
    }
    let number: BigInt = format!("{before}{behind}").parse().ok()?;
    let number = if is_negative { -number } else { number };
    Some(Exact::new(number, BigInt::from(10).pow(u32::try_from(behind.len()).ok()?)))
}

/// Rounded to so many places, a half away from zero (四舍五入).
pub fn rounded(value: &Exact, places: u32) -> Exact {
    let scale = BigInt::from(10).pow(places);
    Exact::new(scaled(value, &scale), scale)
}

/// `value` times `scale` as a whole number, a half away from zero.
fn scaled(value: &Exact, scale: &BigInt) -> BigInt {
    let twice = BigInt::from(2);
    let (number, parts) = (value.numer().abs() * scale * &twice + value.denom(), value.denom() * &twice);
    let whole = number / parts;
    if value.is_negative() { -whole } else { whole }
}

/// With exactly so many places: `90.60`.
pub fn shown(value: &Exact, places: u32) -> String {
    let number = scaled(value, &BigInt::from(10).pow(places));
    let (sign, digits) = (if number.is_negative() { "-" } else { "" }, number.abs().to_string());
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = places as usize + 1);
    let (before, behind) = digits.split_at(digits.len() - places as usize);
    format!("{sign}{before}.{behind}")
}

/// The values of an order with `places`, and with more where neighbours would look the same and are not.
pub fn shown_apart(values: &[Exact], places: u32) -> Vec<String> {
    let apart = |a: &Exact, b: &Exact| {
        (places..MOST_PLACES).find(|n| a == b || shown(a, *n) != shown(b, *n)).unwrap_or(MOST_PLACES)
    };
    // What is equal looks alike, however many they are.
    let groups: Vec<&[Exact]> = values.chunk_by(|a, b| a == b).collect();
    let between: Vec<u32> = groups.windows(2).map(|two| apart(&two[0][0], &two[1][0])).collect();
    let wanted = |group: usize| {
        let sides = [group.checked_sub(1), Some(group)].into_iter().flatten();
        sides.filter_map(|side| between.get(side).copied()).max().unwrap_or(places)
    };
    let groups = groups.iter().enumerate();
    groups
        .flat_map(|(at, group)| group.iter().map(move |one| (at, one)))
        .map(|(at, one)| shown(one, wanted(at)))
        .collect()
}

/// The mean; `None` of nothing.
pub fn mean<'a>(values: impl IntoIterator<Item = &'a Exact>) -> Option<Exact> {
    let (mut sum, mut count) = (Exact::zero(), BigInt::zero());
    for value in values {
        sum += value;
        count += BigInt::one();
    }
    (!count.is_zero()).then(|| sum / Exact::from_integer(count))
}

/// The value in the middle; the mean of the two in the middle; `None` of nothing.
pub fn median(values: &[Exact]) -> Option<Exact> {
    let mut sorted: Vec<&Exact> = values.iter().collect();
    sorted.sort();
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[half].clone()),
        _ => mean([sorted[half - 1], sorted[half]]),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Decimals of a test, with blanks between.
    pub fn all(text: &str) -> Vec<Exact> {
        text.split_whitespace().map(|one| read(one).unwrap()).collect()
    }

    #[test]
    fn decimals_are_read_and_nothing_else_is() {
        assert_eq!(read("92.50"), ratio(185, 2));
        assert_eq!(read("-0.5"), ratio(-1, 2));
        for wrong in ["", "-", ".5", "5.", "1e3", "1,5", " 1", "+1", "１", "1.2.3", &"9".repeat(25)] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_half_goes_away_from_zero() {
        let shown_of = |text: &str, places| shown(&read(text).unwrap(), places);
        assert_eq!(shown_of("90.125", 2), "90.13", "a binary float gives 90.12");
        assert_eq!(shown_of("-90.125", 2), "-90.13");
        assert_eq!(shown_of("0.004", 2), "0.00");
        assert_eq!(shown_of("9.5", 0), "10");
        assert_eq!(rounded(&ratio(1, 3).unwrap(), 2), ratio(33, 100).unwrap());
    }

    #[test]
    fn neighbours_that_look_alike_get_more_places_and_equals_stay_equal() {
        let order = all("91.7812 91.7809 91.78 91.78 90");
        assert_eq!(shown_apart(&order, 2), ["91.7812", "91.7809", "91.780", "91.780", "90.00"]);
        let third = ratio(1, 3).unwrap();
        assert_eq!(shown_apart(&[third.clone(), third], 2), ["0.33", "0.33"]);
        assert_eq!(shown_apart(&[], 2), Vec::<String>::new());
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between() {
        assert_eq!(median(&all("4 1 3")), read("3"));
        assert_eq!(median(&all("4 1 3 2")), read("2.5"));
        assert_eq!(median(&[]), None);
    }
}
