//! What the packets of a track tell of its length: they are counted, and no header is asked.

/// The packets of a track, added up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    pub packets: u64,
    /// Those of them that are to be shown.
    pub shown: u64,
    pub bytes: u64,
    /// Seconds, on the file's clock.
    pub start: f64,
    pub end: f64,
    /// Seconds of it that packets fill, where a gap counts at most [`LONGEST_GAP_S`].
    pub covered: f64,
    pub last: f64,
    /// Seconds that the packet lasts with which it ends, at most ten: a slide may stand long.
    pub tail: f64,
    /// Packets without a time to be shown at.
    pub untimed: u64,
}

/// The longest time that one picture of a recording stands still: then its packets tell nothing about its length.
const LONGEST_GAP_S: f64 = 60.0;

impl Default for Span {
    fn default() -> Span {
        Span {
            packets: 0,
            shown: 0,
            bytes: 0,
            start: f64::MAX,
            end: f64::MIN,
            covered: 0.0,
            last: 0.0,
            tail: 0.0,
            untimed: 0,
        }
    }
}

impl Span {
    /// Adds a packet that is shown at, decoded at and lasts so many seconds.
    pub fn add(&mut self, shown: Option<f64>, decoded: Option<f64>, length: Option<f64>, bytes: u64) {
        self.packets += 1;
        self.shown += 1;
        self.bytes += bytes;
        self.untimed += u64::from(shown.is_none());
        let Some(at) = shown.or(decoded) else { return };
        let order = decoded.unwrap_or(at);
        if self.start < f64::MAX {
            self.covered += (order - self.last).clamp(0.0, LONGEST_GAP_S);
        }
        self.last = order;
        self.start = self.start.min(at);
        let lasts = length.unwrap_or_default().clamp(0.0, 10.0);
        if at + lasts >= self.end {
            (self.end, self.tail) = (at + lasts, lasts);
        }
    }
    pub fn length(&self) -> f64 {
        (self.end - self.start).max(0.0)
    }
    pub fn bits_a_second(&self) -> f64 {
        if self.length() > 0.0 { self.bytes as f64 * 8.0 / self.length() } else { f64::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(times: &[f64], length: f64) -> Span {
        let mut span = Span::default();
        times.iter().for_each(|at| span.add(Some(*at), Some(*at), Some(length), 10));
        span
    }

    #[test]
    fn packets_tell_the_length_and_not_one_long_one() {
        let cut = span(&[0.0, 1.0, 2.0], 36_000.0);
        assert_eq!(cut.length(), 12.0);
        let jump = span(&[0.0, 36_000.0], 1.0);
        assert!(jump.covered < 61.0 && jump.length() > 36_000.0);
    }
}
