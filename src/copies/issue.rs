//! Issuing in bulk: how many copies each organisation below lacks, and what would be issued to it.
use super::{Balance, Edition, Kind, NewMove, Pile, Rule, record, store};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::{AccountId, OrgId};
use crate::organization::{Level, Org};
use chrono::NaiveDate;

/// What an organisation below lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub org: OrgId,
    pub name: String,
    /// Members or branches without a copy.
    pub lacking: i64,
    /// Copies that lie there or are on their way there.
    pub there: i64,
}

impl Need {
    /// One for each who lacks it, less what is there.
    pub fn proposed(&self) -> i64 {
        (self.lacking - self.there).max(0)
    }
}

/// What each of those that this organisation supplies lacks today.
///
/// # Errors
/// Those of the database.
pub fn needs(conn: &mut Conn, edition: &Edition, org: &Org, now: Timestamp) -> Result<Vec<Need>> {
    let (paths, day) = ([org.path.clone()], clock::day(now));
    let branches = store::orgs_within(conn, &paths, day)?;
    let counted = match edition.rule {
        Rule::Member => store::members_by_branch(conn, edition.id, &paths, day)?,
        Rule::Branch => store::branches_with(conn, edition.id, &paths, day)?,
    };
    let lacking: Vec<(String, i64)> = branches
        .into_iter()
        .filter(|one| one.level == Level::Branch)
        .map(|branch| {
            let found = counted.get(&branch.id);
            let lacks = match edition.rule {
                Rule::Member => found.map_or(0, |(total, with)| total - with),
                Rule::Branch => i64::from(found.is_none()),
            };
            (branch.path, lacks)
        })
        .collect();
    let there = store::balances_below(conn, edition.id, &org.path)?;
    let below = store::supplied(conn, org)?;
    Ok(below.into_iter().map(|one| need(one, &lacking, &there, edition.rule)).collect())
}

fn need(org: Org, lacking: &[(String, i64)], there: &[(Org, Balance)], rule: Rule) -> Need {
    let lacks = lacking.iter().filter(|(path, _)| path.starts_with(&org.path)).map(|(_, n)| n).sum();
    let is_there = |(place, balance): &(Org, Balance)| {
        // A branch that has its copy keeps it: only what is on its way there can still serve.
        let is_kept = rule == Rule::Branch && place.level == Level::Branch;
        i64::from(balance.coming) + if is_kept { 0 } else { i64::from(balance.stock) }
    };
    let there = there.iter().filter(|(place, _)| place.path.starts_with(&org.path)).map(is_there).sum();
    Need { org: org.id, name: org.name, lacking: lacks, there }
}

/// Copies that go to several organisations at once.
#[derive(Clone, Debug)]
pub struct Issue {
    pub from: OrgId,
    /// To whom, and how many.
    pub shares: Vec<(OrgId, i32)>,
    pub by: AccountId,
    pub day: NaiveDate,
    pub key: String,
}

/// Issues them all or none; how many copies went out. The same post sent twice is one.
///
/// # Errors
/// As [`record`].
pub fn issue(conn: &mut Conn, edition: &Edition, issue: &Issue, now: Timestamp) -> Result<i64> {
    let mut sent = 0;
    for (to, count) in issue.shares.iter().filter(|(_, count)| *count > 0) {
        let new = NewMove {
            edition: edition.id,
            kind: Kind::Issued,
            from: Some(issue.from),
            to: Some(*to),
            pile: Pile::Stock,
            count: *count,
            person: None,
            proxy: None,
            reverses: None,
            by: issue.by,
            acted_by: None,
            day: issue.day,
            reason: String::new(),
            key: format!("{}-{to}", issue.key),
        };
        if record(conn, &new, now)?.is_some() {
            sent += i64::from(*count);
        }
    }
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::OrgKind;

    #[test]
    fn who_lacks_copies_gets_one_each_less_what_is_there() {
        let place = |id: i64, level, path: &str| Org {
            id: OrgId(id),
            level,
            kind: OrgKind::Rural,
            name: "甲".into(),
            path: path.into(),
        };
        let org = place(2, Level::Committee, "/1/2/");
        let lacking = [("/1/2/3/".to_owned(), 4), ("/1/2/4/5/".to_owned(), 3), ("/1/20/21/".to_owned(), 9)];
        let stock = |coming, stock| Balance { coming, stock, ..Balance::default() };
        let there = [
            (org.clone(), stock(1, 1)),
            (place(3, Level::Branch, "/1/2/3/"), stock(0, 2)),
            (place(20, Level::Committee, "/1/20/"), stock(9, 0)),
        ];
        let of_members = need(org.clone(), &lacking, &there, Rule::Member);
        assert_eq!((of_members.lacking, of_members.there, of_members.proposed()), (7, 4, 3));
        let of_branches = need(org.clone(), &lacking, &there, Rule::Branch);
        assert_eq!((of_branches.there, of_branches.proposed()), (2, 5), "a branch keeps what it has");
        let enough = need(org.clone(), &lacking[..1], &[(org, stock(9, 0))], Rule::Member);
        assert_eq!(enough.proposed(), 0);
    }
}
