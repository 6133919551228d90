//! How many seats there may be at a training base, beside what it has booked. domain.md §5.10.
use super::store;
use crate::bases;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{BaseId, EventId};
use crate::lang::Message;
use crate::msg;

/// What a base still takes for some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub name: String,
    pub capacity: i32,
    /// Beside what is booked.
    pub free: i32,
    pub is_booked: bool,
}

impl Room {
    /// Why there cannot be so many seats; nothing, if there can.
    pub fn problem(&self, seats: i32) -> Option<Message> {
        (seats > self.free).then(|| match self.is_booked {
            false => msg!("{}一次最多 {} 人，请减少名额", self.name, self.capacity),
            true => msg!("{}那段时间已有安排，最多还能来 {} 人，请减少名额或换个时间", self.name, self.free),
        })
    }
}

/// The room of a base for this time, beside one event; locks the base, so that two do not take its last places.
///
/// # Errors
/// Not found if it is no base.
pub fn room(
    conn: &mut Conn,
    base: BaseId,
    (from, to): (Timestamp, Timestamp),
    but: Option<EventId>,
) -> Result<Room> {
    let base = bases::claim(conn, base)?;
    let booked = store::bookings(conn, base.id, (from, to), but)?;
    let free = free_seats(base.capacity, &booked, from, to);
    Ok(Room { name: base.name, capacity: base.capacity, free, is_booked: !booked.is_empty() })
}

/// Persons at a base for a time, `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Booking {
    pub from: Timestamp,
    pub to: Timestamp,
    pub persons: i32,
}

/// How many persons a base of this capacity still takes from `from` until `to`, beside what is booked: the capacity less the
/// largest number that is there at once. Whoever leaves at a moment makes room for whoever comes at it.
pub fn free_seats(capacity: i32, booked: &[Booking], from: Timestamp, to: Timestamp) -> i32 {
    let overlapping: Vec<_> = booked.iter().filter(|one| one.from < to && from < one.to).collect();
    // The number rises only where somebody comes: at the beginning, and at each beginning within.
    let moments = overlapping.iter().map(|one| one.from.max(from)).chain([from]);
    let at = |moment: Timestamp| -> i64 {
        overlapping
            .iter()
            .filter(|one| one.from <= moment && moment < one.to)
            .map(|one| i64::from(one.persons))
            .sum()
    };
    let peak = moments.map(at).max().unwrap_or_default();
    i32::try_from((i64::from(capacity) - peak).max(0)).unwrap_or(capacity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32, minute: u32) -> Timestamp {
        chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap().and_hms_opt(hour, minute, 0).unwrap()
    }
    fn booking(from: (u32, u32), to: (u32, u32), persons: i32) -> Booking {
        Booking { from: at(from.0, from.1), to: at(to.0, to.1), persons }
    }

    /// V-BOOK of domain.md §5.10.
    #[test]
    fn a_base_is_filled_to_its_peak() {
        let booked =
            [booking((9, 0), (10, 0), 50), booking((9, 30), (11, 0), 40), booking((10, 0), (12, 0), 60)];
        assert_eq!(free_seats(120, &booked, at(9, 30), at(10, 30)), 20);
        assert_eq!(free_seats(120, &booked, at(9, 30), at(10, 0)), 30);
        assert_eq!(free_seats(120, &booked, at(12, 0), at(13, 0)), 120, "who leaves makes room");
        assert_eq!(free_seats(120, &booked, at(8, 0), at(9, 0)), 120);
        assert_eq!(free_seats(90, &booked, at(8, 0), at(13, 0)), 0, "never fewer than none");
        assert_eq!(free_seats(120, &[], at(8, 0), at(9, 0)), 120);
    }
}
