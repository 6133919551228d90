//! The two printed titles of the article, without their text: ordered, issued, and with most of those they are for. Some branches
//! wait for theirs, some have not handed them out yet. Written in bulk; the balances follow from the moves by the rule itself.
use super::at;
use super::people::People;
use super::store::{self, BalanceRow, CopyMoveRow, HoldingRow, PrintEditionRow};
use crate::clock::{self, Timestamp};
use crate::copies::{Balance, Kind, Pile, effects};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::OrgId;
use chrono::{Duration, NaiveDate};
use std::collections::BTreeMap;

/// The moves that were made so far.
struct Ledger {
    edition: i64,
    next: i64,
    moves: Vec<CopyMoveRow>,
    holdings: Vec<HoldingRow>,
    balances: BTreeMap<OrgId, Balance>,
}

/// A move without what the ledger knows itself.
struct Move {
    kind: Kind,
    from: Option<i64>,
    to: Option<i64>,
    count: usize,
    person: Option<i64>,
    by: i64,
    at: Timestamp,
}

impl Ledger {
    fn add(&mut self, one: &Move) -> i64 {
        let count = i32::try_from(one.count).unwrap_or_default();
        let id = self.next;
        self.next += 1;
        let ends = (one.from.map(OrgId), one.to.map(OrgId));
        let pile = if one.kind == Kind::Received { Pile::Coming } else { Pile::Stock };
        for (org, change) in effects(one.kind, pile, ends, one.person.is_some(), count) {
            let balance = self.balances.entry(org).or_default();
            *balance = *balance + change;
        }
        self.moves.push(CopyMoveRow {
            id,
            edition_id: self.edition,
            kind: one.kind.as_str(),
            from_org: one.from,
            to_org: one.to,
            pile: pile.as_str(),
            count,
            person_id: one.person,
            recorded_by: one.by,
            day: clock::day(one.at),
            recorded_at: one.at,
            key: format!("demo-copies-{id}"),
        });
        id
    }
    fn hold(&mut self, person: Option<i64>, org: i64, by_move: i64, since: NaiveDate) {
        let edition_id = self.edition;
        self.holdings.push(HoldingRow {
            edition_id,
            person_id: person,
            org_id: org,
            move_id: by_move,
            since,
        });
    }
    fn write(self, conn: &mut Conn) -> Result<i64> {
        CopyMoveRow::write(conn, &self.moves)?;
        HoldingRow::write(conn, &self.holdings)?;
        let edition_id = self.edition;
        let row = |(org, balance): (&OrgId, &Balance)| BalanceRow {
            edition_id,
            org_id: org.0,
            coming: balance.coming,
            stock: balance.stock,
            held: balance.held,
            lost: balance.lost,
        };
        BalanceRow::write(conn, &self.balances.iter().map(row).collect::<Vec<_>>())?;
        Ok(self.next)
    }
}

/// The edition for every member, and the one for every branch.
pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let organizer = people.account("organizer").0;
    let day = |days: i64| clock::day(now) - Duration::days(days);
    let titles = [
        ("习近平关于“不忘初心、牢记使命”论述摘编", "党建读物出版社、中央文献出版社，2019", "member"),
        ("“不忘初心、牢记使命”优秀共产党员先进事迹选编", "党建读物出版社，2019", "branch"),
    ];
    let editions = (1..).zip(titles).map(|(id, (title, imprint, rule))| PrintEditionRow {
        id,
        title,
        imprint,
        rule,
        started_on: day(56),
        made_by: organizer,
        created_at: at(now, -56, 9),
        key: format!("demo-edition-{id}"),
    });
    PrintEditionRow::write(conn, &editions.collect::<Vec<_>>())?;
    let mut members: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (branch, person) in store::all_members(conn)? {
        members.entry(branch).or_default().push(person);
    }
    let mut next = 1;
    for (edition, is_for_members) in [(1, true), (2, false)] {
        let share = |branch: i64| if is_for_members { members.get(&branch).map_or(0, Vec::len) } else { 1 };
        let mut ledger = Ledger { edition, next, moves: vec![], holdings: vec![], balances: BTreeMap::new() };
        to_committees(conn, people, &mut ledger, &share, now)?;
        for (place, branch) in people.branches.iter().enumerate() {
            let persons = members.get(&branch.id).map_or(&[][..], Vec::as_slice);
            to_branch(
                people,
                &mut ledger,
                (place, branch.id, branch.committee),
                (persons, is_for_members),
                now,
            );
        }
        next = ledger.write(conn)?;
    }
    Ok(())
}

/// From the order to the committees, which have received theirs.
fn to_committees(
    conn: &mut Conn,
    people: &People,
    ledger: &mut Ledger,
    share: &dyn Fn(i64) -> usize,
    now: Timestamp,
) -> Result<()> {
    let organizer = people.account("organizer").0;
    let mut committees: BTreeMap<i64, usize> = BTreeMap::new();
    for branch in &people.branches {
        *committees.entry(branch.committee).or_default() += share(branch.id);
    }
    let total: usize = committees.values().sum();
    let city = store::city(conn)?;
    let plain = Move {
        kind: Kind::Ordered,
        from: None,
        to: Some(city),
        count: total + 60,
        person: None,
        by: organizer,
        at: at(now, -56, 10),
    };
    ledger.add(&plain);
    ledger.add(&Move { kind: Kind::Arrived, at: at(now, -42, 15), ..plain });
    for (committee, count) in &committees {
        let issued = Move {
            kind: Kind::Issued,
            from: Some(city),
            to: Some(*committee),
            count: *count,
            person: None,
            by: organizer,
            at: at(now, -40, 9),
        };
        ledger.add(&issued);
        let by = people.account("committee").0;
        ledger.add(&Move { kind: Kind::Received, by, at: at(now, -38, 16), ..issued });
    }
    Ok(())
}

/// One branch in twelve waits, another has not handed out; of the others somebody now and then was not there.
fn to_branch(
    people: &People,
    ledger: &mut Ledger,
    (place, branch, committee): (usize, i64, i64),
    (persons, is_for_members): (&[i64], bool),
    now: Timestamp,
) {
    let (committee_by, town) = (people.account("committee").0, people.account("town").0);
    let count = if is_for_members { persons.len() } else { 1 };
    if count == 0 || place % 24 == 7 {
        return;
    }
    let issued = Move {
        kind: Kind::Issued,
        from: Some(committee),
        to: Some(branch),
        count,
        person: None,
        by: committee_by,
        at: at(now, -30 + (place % 9) as i64, 10),
    };
    ledger.add(&issued);
    if place % 24 == 15 {
        return;
    }
    let by = if place == 0 { people.account("secretary").0 } else { town };
    let came = at(now, -20 + (place % 9) as i64, 17);
    let received = ledger.add(&Move { kind: Kind::Received, by, at: came, ..issued });
    if !is_for_members {
        ledger.hold(None, branch, received, clock::day(came));
        return;
    }
    if place % 24 == 11 {
        return;
    }
    let handed = at(now, -10 + (place % 7) as i64, 20);
    for (_, person) in persons.iter().enumerate().filter(|(seat, _)| seat % 14 != 9) {
        let out = Move {
            kind: Kind::HandedOut,
            from: Some(branch),
            to: None,
            count: 1,
            person: Some(*person),
            by,
            at: handed,
        };
        let id = ledger.add(&out);
        ledger.hold(Some(*person), branch, id, clock::day(handed));
    }
}
