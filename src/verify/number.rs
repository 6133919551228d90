//! Numbers of the verifier's own: whole numbers of any size, and fractions of them in lowest terms. Written for this purpose and
//! shared with nothing that computes rankings, so that a mistake there is not repeated here. domain.md §5.7.
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

/// Digits of a decimal that is read.
const MOST_DIGITS: usize = 24;
/// Characters of a fraction that is read: a fit over a whole contest has some hundreds.
const LONGEST: usize = 20_000;

/// A whole number: its sign, and its size in digits of 32 bits, the lowest first, without noughts at the end.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Whole {
    is_negative: bool,
    size: Vec<u32>,
}

/// `top / bottom`: the bottom is positive and shares no divisor with the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fraction {
    top: Whole,
    bottom: Whole,
}

fn without_noughts(mut size: Vec<u32>) -> Vec<u32> {
    while size.last() == Some(&0) {
        size.pop();
    }
    size
}

fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn sum(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (mut out, mut carry) = (Vec::with_capacity(a.len().max(b.len()) + 1), 0_u64);
    for at in 0..a.len().max(b.len()) {
        let digit = |of: &[u32]| u64::from(of.get(at).copied().unwrap_or(0));
        carry += digit(a) + digit(b);
        out.push(carry as u32);
        carry >>= 32;
    }
    out.push(carry as u32);
    without_noughts(out)
}

/// `a - b`, where `a` is not the smaller one.
fn difference(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (mut out, mut borrowed) = (Vec::with_capacity(a.len()), false);
    for (at, digit) in a.iter().enumerate() {
        let other = b.get(at).copied().unwrap_or(0);
        let (first, is_below) = digit.overflowing_sub(other);
        let (second, is_below_again) = first.overflowing_sub(u32::from(borrowed));
        borrowed = is_below || is_below_again;
        out.push(second);
    }
    without_noughts(out)
}

fn product(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = vec![0_u32; a.len() + b.len()];
    for (at, one) in a.iter().enumerate() {
        let mut carry = 0_u64;
        for (place, other) in b.iter().enumerate() {
            carry += u64::from(*one) * u64::from(*other) + u64::from(out[at + place]);
            out[at + place] = carry as u32;
            carry >>= 32;
        }
        out[at + b.len()] = carry as u32;
    }
    without_noughts(out)
}

/// Moves all bits up by less than 32.
fn raised(size: &[u32], bits: u32) -> Vec<u32> {
    let mut carry = 0_u64;
    let mut out: Vec<u32> = size
        .iter()
        .map(|digit| {
            carry |= u64::from(*digit) << bits;
            let low = carry as u32;
            carry >>= 32;
            low
        })
        .collect();
    out.push(carry as u32);
    out
}

fn lowered(size: &[u32], bits: u32) -> Vec<u32> {
    let above = |at: usize| u64::from(size.get(at + 1).copied().unwrap_or(0)) << 32;
    let digits = size.iter().enumerate().map(|(at, digit)| ((above(at) | u64::from(*digit)) >> bits) as u32);
    without_noughts(digits.collect())
}

fn divided_by_one(size: &[u32], by: u32) -> (Vec<u32>, u32) {
    let (mut out, mut rest) = (vec![0; size.len()], 0_u64);
    for (at, digit) in size.iter().enumerate().rev() {
        let all = rest << 32 | u64::from(*digit);
        out[at] = (all / u64::from(by)) as u32;
        rest = all % u64::from(by);
    }
    (without_noughts(out), rest as u32)
}

/// Quotient and rest (Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D). `by` is not nought.
fn divided(size: &[u32], by: &[u32]) -> (Vec<u32>, Vec<u32>) {
    if compare(size, by) == Ordering::Less {
        return (vec![], size.to_vec());
    }
    if let [only] = by {
        let (quotient, rest) = divided_by_one(size, *only);
        return (quotient, without_noughts(vec![rest]));
    }
    let bits = by[by.len() - 1].leading_zeros();
    let (mut left, by) = (raised(size, bits), without_noughts(raised(by, bits)));
    let count = by.len();
    let (first, second) = (u64::from(by[count - 1]), u64::from(by[count - 2]));
    let mut quotient = vec![0; left.len() - count];
    for at in (0..quotient.len()).rev() {
        let two = u64::from(left[at + count]) << 32 | u64::from(left[at + count - 1]);
        let (mut guess, mut rest) = (two / first, two % first);
        while guess >> 32 > 0 || guess * second > (rest << 32 | u64::from(left[at + count - 2])) {
            guess -= 1;
            rest += first;
            if rest >> 32 > 0 {
                break;
            }
        }
        let (mut carry, mut borrowed) = (0_u64, 0_i64);
        for place in 0..count {
            carry += guess * u64::from(by[place]);
            let digit = i64::from(left[at + place]) - borrowed - (carry & 0xFFFF_FFFF) as i64;
            left[at + place] = digit as u32;
            borrowed = i64::from(digit < 0);
            carry >>= 32;
        }
        let digit = i64::from(left[at + count]) - borrowed - carry as i64;
        left[at + count] = digit as u32;
        if digit < 0 {
            // The guess was one too large.
            guess -= 1;
            let mut carry = 0_u64;
            for place in 0..count {
                carry += u64::from(left[at + place]) + u64::from(by[place]);
                left[at + place] = carry as u32;
                carry >>= 32;
            }
            left[at + count] = left[at + count].wrapping_add(carry as u32);
        }
        quotient[at] = guess as u32;
    }
    (without_noughts(quotient), lowered(&left[..count], bits))
}

impl Whole {
    pub fn of(number: i64) -> Whole {
        let size = number.unsigned_abs();
        Whole::made(number < 0, without_noughts(vec![size as u32, (size >> 32) as u32]))
    }
    fn made(is_negative: bool, size: Vec<u32>) -> Whole {
        Whole { is_negative: is_negative && !size.is_empty(), size }
    }
    /// Digits and nothing else, at most so many.
    fn read(digits: &str, most: usize) -> Option<Whole> {
        if digits.is_empty() || digits.len() > most || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut size: Vec<u32> = vec![];
        for digit in digits.bytes() {
            size = sum(&product(&size, &[10]), &[u32::from(digit - b'0')]);
        }
        Some(Whole::made(false, size))
    }
    fn ten_to(power: u32) -> Whole {
        Whole::made(false, (0..power).fold(vec![1], |size, _| product(&size, &[10])))
    }
    pub fn is_nought(&self) -> bool {
        self.size.is_empty()
    }
    fn positive(&self) -> Whole {
        Whole::made(false, self.size.clone())
    }
    /// The quotient without its rest, which is nought where the other one is a divisor.
    pub fn over(&self, other: &Whole) -> Whole {
        Whole::made(self.is_negative != other.is_negative, divided(&self.size, &other.size).0)
    }
    /// The greatest divisor that both share (Euclid).
    pub fn shared(&self, other: &Whole) -> Whole {
        let (mut one, mut two) = (self.size.clone(), other.size.clone());
        while !two.is_empty() {
            let rest = divided(&one, &two).1;
            one = std::mem::replace(&mut two, rest);
        }
        Whole::made(false, one)
    }
}

impl Add for &Whole {
    type Output = Whole;
    fn add(self, other: &Whole) -> Whole {
        if self.is_negative == other.is_negative {
            return Whole::made(self.is_negative, sum(&self.size, &other.size));
        }
        match compare(&self.size, &other.size) {
            Ordering::Less => Whole::made(other.is_negative, difference(&other.size, &self.size)),
            _ => Whole::made(self.is_negative, difference(&self.size, &other.size)),
        }
    }
}
impl Neg for &Whole {
    type Output = Whole;
    fn neg(self) -> Whole {
        Whole::made(!self.is_negative, self.size.clone())
    }
}
impl Sub for &Whole {
    type Output = Whole;
    fn sub(self, other: &Whole) -> Whole {
        self + &-other
    }
}
impl Mul for &Whole {
    type Output = Whole;
    fn mul(self, other: &Whole) -> Whole {
        Whole::made(self.is_negative != other.is_negative, product(&self.size, &other.size))
    }
}
impl Ord for Whole {
    fn cmp(&self, other: &Whole) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => compare(&self.size, &other.size),
            (true, true) => compare(&other.size, &self.size),
        }
    }
}
impl PartialOrd for Whole {
    fn partial_cmp(&self, other: &Whole) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut left, mut pieces) = (self.size.clone(), vec![]);
        while !left.is_empty() {
            let (quotient, rest) = divided_by_one(&left, 1_000_000_000);
            pieces.push(rest);
            left = quotient;
        }
        let mut text = String::from(if self.is_negative { "-" } else { "" });
        for (at, piece) in pieces.iter().rev().enumerate() {
            text += &if at == 0 { piece.to_string() } else { format!("{piece:09}") };
        }
        f.pad(if pieces.is_empty() { "0" } else { &text })
    }
}

impl Fraction {
    /// `None` for a part of nothing.
    pub fn new(top: &Whole, bottom: &Whole) -> Option<Fraction> {
        if bottom.is_nought() {
            return None;
        }
        let shared = top.shared(bottom);
        let top = if bottom.is_negative { -top } else { top.clone() };
        Some(Fraction { top: top.over(&shared), bottom: bottom.positive().over(&shared) })
    }
    pub fn of(number: i64) -> Fraction {
        Fraction { top: Whole::of(number), bottom: Whole::of(1) }
    }
    pub fn nought() -> Fraction {
        Fraction::of(0)
    }
    pub fn top(&self) -> &Whole {
        &self.top
    }
    pub fn bottom(&self) -> &Whole {
        &self.bottom
    }
    /// A decimal: `92.5`, `-3`; `.5`, `5.`, `+1` and `1e3` are none.
    pub fn read(text: &str) -> Option<Fraction> {
        let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (before, behind) = match digits.split_once('.') {
            Some((_, "")) | Some(("", _)) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let top = Whole::read(&format!("{before}{behind}"), MOST_DIGITS)?;
        let is_plain = before.bytes().chain(behind.bytes()).all(|b| b.is_ascii_digit());
        let top = if is_negative { -&top } else { top };
        is_plain.then(|| Fraction::new(&top, &Whole::ten_to(behind.len() as u32)))?
    }
    /// As [`Fraction`] is printed, and in no other way: `-7/2`, `90`.
    pub fn read_exact(text: &str) -> Option<Fraction> {
        let (is_negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (top, bottom) = rest.split_once('/').unwrap_or((rest, "1"));
        let top = Whole::read(top, LONGEST)?;
        let top = if is_negative { -&top } else { top };
        let found = Fraction::new(&top, &Whole::read(bottom, LONGEST)?)?;
        (found.to_string() == text).then_some(found)
    }
    /// `p/q`, also of a whole number.
    pub fn parts(&self) -> String {
        format!("{}/{}", self.top, self.bottom)
    }
    pub fn is_nought(&self) -> bool {
        self.top.is_nought()
    }
    pub fn is_negative(&self) -> bool {
        self.top.is_negative
    }
    /// `None` for a part of nothing.
    pub fn over(&self, other: &Fraction) -> Option<Fraction> {
        Fraction::new(&(&self.top * &other.bottom), &(&self.bottom * &other.top))
    }
    /// Whether it is a whole number.
    pub fn is_whole(&self) -> bool {
        self.bottom == Whole::of(1)
    }
    /// This many of the last place, a half away from nought.
    fn scaled(&self, places: u32) -> Whole {
        let scaled = product(&self.top.size, &Whole::ten_to(places).size);
        let (quotient, rest) = divided(&scaled, &self.bottom.size);
        let is_up = compare(&product(&rest, &[2]), &self.bottom.size) != Ordering::Less;
        let size = if is_up { sum(&quotient, &[1]) } else { quotient };
        Whole::made(self.top.is_negative, size)
    }
    /// Rounded to so many places, a half away from nought.
    pub fn rounded(&self, places: u32) -> Fraction {
        Fraction::new(&self.scaled(places), &Whole::ten_to(places)).unwrap_or_else(Fraction::nought)
    }
    /// With exactly so many places: `90.60`.
    pub fn shown(&self, places: u32) -> String {
        let scaled = self.scaled(places);
        let digits = format!("{:0>width$}", scaled.positive(), width = places as usize + 1);
        let sign = if scaled.is_negative { "-" } else { "" };
        let (before, behind) = digits.split_at(digits.len() - places as usize);
        if places == 0 { format!("{sign}{before}") } else { format!("{sign}{before}.{behind}") }
    }
    /// `None` of nothing.
    pub fn mean<'a>(values: impl IntoIterator<Item = &'a Fraction>) -> Option<Fraction> {
        let (mut all, mut count) = (Fraction::nought(), 0);
        for value in values {
            all = &all + value;
            count += 1;
        }
        all.over(&Fraction::of(count))
    }
}

impl Add for &Fraction {
    type Output = Fraction;
    fn add(self, other: &Fraction) -> Fraction {
        let top = &(&self.top * &other.bottom) + &(&other.top * &self.bottom);
        // Bottoms are never nought.
        Fraction::new(&top, &(&self.bottom * &other.bottom)).unwrap_or_else(Fraction::nought)
    }
}
impl Neg for &Fraction {
    type Output = Fraction;
    fn neg(self) -> Fraction {
        Fraction { top: -&self.top, bottom: self.bottom.clone() }
    }
}
impl Sub for &Fraction {
    type Output = Fraction;
    fn sub(self, other: &Fraction) -> Fraction {
        self + &-other
    }
}
impl Mul for &Fraction {
    type Output = Fraction;
    fn mul(self, other: &Fraction) -> Fraction {
        Fraction::new(&(&self.top * &other.top), &(&self.bottom * &other.bottom))
            .unwrap_or_else(Fraction::nought)
    }
}
impl Ord for Fraction {
    fn cmp(&self, other: &Fraction) -> Ordering {
        (&self.top * &other.bottom).cmp(&(&other.top * &self.bottom))
    }
}
impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Fraction) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_whole() {
            true => write!(f, "{}", self.top),
            false => write!(f, "{}/{}", self.top, self.bottom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;

    fn whole(text: &str) -> Whole {
        let digits = text.trim_start_matches('-');
        let size = Whole::read(digits, 1_000).unwrap();
        if text.starts_with('-') { -&size } else { size }
    }

    #[test]
    fn decimals_and_fractions_are_read_and_nothing_else_is() {
        let read = |text| Fraction::read(text).map(|one| one.to_string());
        assert_eq!(read("92.50").as_deref(), Some("185/2"));
        assert_eq!(read("-0.5").as_deref(), Some("-1/2"));
        assert_eq!(read("007").as_deref(), Some("7"));
        for wrong in
            ["", "-", ".5", "5.", "1e3", "1,5", " 1", "+1", "１", "1.2.3", "--1", "1.-2", &"9".repeat(25)]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        for right in ["0", "-7/2", "90", "1/3"] {
            assert_eq!(Fraction::read_exact(right).unwrap().to_string(), right);
        }
        for wrong in ["", "2/4", "7/1", "1/0", "-0", "0/5", "1/-3", "01", "1.5", "1/2/3"] {
            assert_eq!(Fraction::read_exact(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_half_goes_away_from_nought() {
        let shown = |text: &str, places| Fraction::read(text).unwrap().shown(places);
        assert_eq!(shown("90.125", 2), "90.13");
        assert_eq!(shown("-90.125", 2), "-90.13");
        assert_eq!(shown("0.004", 2), "0.00");
        assert_eq!(shown("-0.004", 2), "0.00");
        assert_eq!(shown("9.5", 0), "10");
        assert_eq!(Fraction::read_exact("1/3").unwrap().rounded(2).to_string(), "33/100");
    }

    proptest! {
        /// Against numbers that others wrote, here in the test only.
        #[test]
        fn whole_numbers_are_what_others_say(a in "-?[0-9]{1,90}", b in "-?[0-9]{1,60}") {
            let (one, two): (BigInt, BigInt) = (a.parse().unwrap(), b.parse().unwrap());
            let (own, other) = (whole(&a), whole(&b));
            prop_assert_eq!(own.to_string(), one.to_string());
            prop_assert_eq!((&own + &other).to_string(), (&one + &two).to_string());
            prop_assert_eq!((&own - &other).to_string(), (&one - &two).to_string());
            prop_assert_eq!((&own * &other).to_string(), (&one * &two).to_string());
            prop_assert_eq!(own.cmp(&other), one.cmp(&two));
            if !other.is_nought() {
                prop_assert_eq!(own.over(&other).to_string(), (&one / &two).to_string());
                let (ours, theirs) = (Fraction::new(&own, &other).unwrap(), BigRational::new(one, two));
                prop_assert_eq!(ours.to_string(), theirs.to_string());
                prop_assert_eq!(Fraction::read_exact(&ours.to_string()), Some(ours.clone()));
            }
        }
        #[test]
        fn quotients_of_awkward_digits_are_right(a in prop::collection::vec(prop::sample::select(vec![0, 1, u32::MAX, u32::MAX - 1, 1 << 31, 5]), 1..9),
                                                 b in prop::collection::vec(prop::sample::select(vec![0, 1, u32::MAX, 1 << 31, 7]), 1..6)) {
            let (a, b) = (without_noughts(a), without_noughts(b));
            prop_assume!(!b.is_empty());
            let (quotient, rest) = divided(&a, &b);
            prop_assert_eq!(sum(&product(&quotient, &b), &rest), a);
            prop_assert_eq!(compare(&rest, &b), Ordering::Less);
        }
    }
}
