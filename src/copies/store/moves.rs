//! What writes the ledger: moves, the balances that they add up to, and who has a copy.
use crate::clock::Timestamp;
use crate::copies::{Balance, Kind, NewMove};
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, CopyMoveId, OrgId, PersonId, PrintEditionId};
use crate::organization::{Level, Org};
use crate::schema::{copy_balances, copy_holdings, copy_moves, copy_reasons, orgs};
use chrono::NaiveDate;
use diesel::prelude::*;

/// Makes the row of an edition at an organisation where there is none, and locks it until the transaction ends.
pub fn lock(conn: &mut Conn, edition: PrintEditionId, org: OrgId) -> Result<()> {
    let row = (
        copy_balances::edition_id.eq(edition),
        copy_balances::org_id.eq(org),
        copy_balances::coming.eq(0),
        copy_balances::stock.eq(0),
        copy_balances::held.eq(0),
        copy_balances::lost.eq(0),
    );
    either!(conn, c => diesel::insert_into(copy_balances::table).values(row).on_conflict_do_nothing().execute(c))?;
    let it = copy_balances::edition_id.eq(edition).and(copy_balances::org_id.eq(org));
    either!(conn, c => diesel::update(copy_balances::table.filter(it))
        .set(copy_balances::stock.eq(copy_balances::stock))
        .execute(c))?;
    Ok(())
}

/// Changes what is there; `false`, and nothing changed, where something would be less than nothing.
pub fn shift(conn: &mut Conn, edition: PrintEditionId, org: OrgId, by: Balance) -> Result<bool> {
    let it = copy_balances::edition_id
        .eq(edition)
        .and(copy_balances::org_id.eq(org))
        .and(copy_balances::coming.ge(-by.coming))
        .and(copy_balances::stock.ge(-by.stock))
        .and(copy_balances::held.ge(-by.held))
        .and(copy_balances::lost.ge(-by.lost));
    let rows = either!(conn, c => diesel::update(copy_balances::table.filter(it))
        .set((
            copy_balances::coming.eq(copy_balances::coming + by.coming),
            copy_balances::stock.eq(copy_balances::stock + by.stock),
            copy_balances::held.eq(copy_balances::held + by.held),
            copy_balances::lost.eq(copy_balances::lost + by.lost),
        ))
        .execute(c))?;
    Ok(rows == 1)
}

/// What an organisation has of an edition.
pub fn balance(conn: &mut Conn, edition: PrintEditionId, org: OrgId) -> Result<Balance> {
    let it = copy_balances::table.find((edition, org));
    let columns = (copy_balances::coming, copy_balances::stock, copy_balances::held, copy_balances::lost);
    let row: Option<(i32, i32, i32, i32)> = either!(conn, c => it.select(columns).first(c).optional())?;
    let (coming, stock, held, lost) = row.unwrap_or_default();
    Ok(Balance { coming, stock, held, lost })
}

/// What every organisation has of an edition, by organisation.
pub fn balances(conn: &mut Conn, edition: PrintEditionId) -> Result<Vec<(OrgId, Balance)>> {
    type Row = (OrgId, i32, i32, i32, i32);
    let rows: Vec<Row> = either!(conn, c => copy_balances::table
        .filter(copy_balances::edition_id.eq(edition))
        .order(copy_balances::org_id)
        .select((
            copy_balances::org_id, copy_balances::coming, copy_balances::stock, copy_balances::held,
            copy_balances::lost,
        ))
        .load(c))?;
    let balance = |(org, coming, stock, held, lost)| (org, Balance { coming, stock, held, lost });
    Ok(rows.into_iter().map(balance).collect())
}

/// Appends a move; `None` where the key is used.
pub fn insert_move(conn: &mut Conn, new: &NewMove, now: Timestamp) -> Result<Option<CopyMoveId>> {
    let row = (
        copy_moves::edition_id.eq(new.edition),
        copy_moves::kind.eq(new.kind),
        copy_moves::from_org.eq(new.from),
        copy_moves::to_org.eq(new.to),
        copy_moves::pile.eq(new.pile),
        copy_moves::count.eq(new.count),
        copy_moves::person_id.eq(new.person),
        copy_moves::proxy_id.eq(new.proxy),
        copy_moves::reverses_id.eq(new.reverses),
        copy_moves::recorded_by.eq(new.by),
        copy_moves::acted_by.eq(new.acted_by),
        copy_moves::day.eq(new.day),
        copy_moves::recorded_at.eq(now),
        copy_moves::key.eq(&new.key),
    );
    Ok(either!(conn, c => diesel::insert_into(copy_moves::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(copy_moves::id)
        .get_result(c)
        .optional())?)
}

/// Whether the move with this key says the same.
pub fn is_same_post(conn: &mut Conn, new: &NewMove) -> Result<bool> {
    let is_it = copy_moves::key.eq(&new.key);
    let columns = (copy_moves::edition_id, copy_moves::kind, copy_moves::count, copy_moves::recorded_by);
    let kept: Option<(PrintEditionId, Kind, i32, AccountId)> =
        either!(conn, c => copy_moves::table.filter(is_it).select(columns).first(c).optional())?;
    Ok(kept == Some((new.edition, new.kind, new.count, new.by)))
}

/// Whether a move has this key.
pub fn is_key_used(conn: &mut Conn, key: &str) -> Result<bool> {
    let is_it = copy_moves::table.filter(copy_moves::key.eq(key));
    Ok(either!(conn, c => diesel::select(diesel::dsl::exists(is_it)).get_result(c))?)
}

pub fn give_reason(conn: &mut Conn, id: CopyMoveId, text: &str) -> Result<()> {
    let row = (copy_reasons::move_id.eq(id), copy_reasons::text.eq(text));
    either!(conn, c => diesel::insert_into(copy_reasons::table).values(row).execute(c))?;
    Ok(())
}

/// From this day on the member, or the branch where there is none, has a copy; `false` where they had one.
pub fn hold(
    conn: &mut Conn,
    edition: PrintEditionId,
    person: Option<PersonId>,
    (org, id): (OrgId, CopyMoveId),
    since: NaiveDate,
) -> Result<bool> {
    let row = (
        copy_holdings::edition_id.eq(edition),
        copy_holdings::person_id.eq(person),
        copy_holdings::org_id.eq(org),
        copy_holdings::move_id.eq(id),
        copy_holdings::since.eq(since),
    );
    let rows = either!(conn, c => diesel::insert_into(copy_holdings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// From this day on the member, or this branch, has none; `false` where they had none.
pub fn release(
    conn: &mut Conn,
    edition: PrintEditionId,
    person: Option<PersonId>,
    org: Option<OrgId>,
    until: NaiveDate,
) -> Result<bool> {
    let open = copy_holdings::edition_id.eq(edition).and(copy_holdings::until.is_null());
    let set = copy_holdings::until.eq(until);
    let rows = match (person, org) {
        (Some(person), _) => {
            let it = copy_holdings::table.filter(open).filter(copy_holdings::person_id.eq(person));
            either!(conn, c => diesel::update(it).set(set).execute(c))?
        }
        (None, Some(org)) => {
            let of_branch = copy_holdings::org_id.eq(org).and(copy_holdings::person_id.is_null());
            // What came later than the day that is told now was there until it came.
            let it =
                copy_holdings::table.filter(open).filter(of_branch).filter(copy_holdings::since.le(until));
            let rows = either!(conn, c => diesel::update(it).set(set).execute(c))?;
            let late = copy_holdings::table.filter(open).filter(of_branch);
            rows + either!(conn, c => diesel::update(late).set(copy_holdings::until.eq(copy_holdings::since.nullable())).execute(c))?
        }
        (None, None) => 0,
    };
    Ok(rows > 0)
}

/// The copy that a member has now: who handed it out, by which move, since when.
pub fn held(
    conn: &mut Conn,
    edition: PrintEditionId,
    person: PersonId,
) -> Result<Option<(OrgId, CopyMoveId, NaiveDate)>> {
    let is_it = copy_holdings::edition_id
        .eq(edition)
        .and(copy_holdings::person_id.eq(person))
        .and(copy_holdings::until.is_null());
    let columns = (copy_holdings::org_id, copy_holdings::move_id, copy_holdings::since);
    Ok(either!(conn, c => copy_holdings::table.filter(is_it).select(columns).first(c).optional())?)
}

/// Whether this account issued something that is still on its way to the organisation: what was issued first has come first.
pub fn has_issued(conn: &mut Conn, edition: PrintEditionId, org: OrgId, by: AccountId) -> Result<bool> {
    let is_it = copy_moves::edition_id
        .eq(edition)
        .and(copy_moves::to_org.eq(org))
        .and(copy_moves::kind.eq(Kind::Issued));
    let issues: Vec<(AccountId, i32, String)> = either!(conn, c => copy_moves::table
        .filter(is_it)
        .order(copy_moves::id.desc())
        .select((copy_moves::recorded_by, copy_moves::count, copy_moves::key))
        .load(c))?;
    let mut left = balance(conn, edition, org)?.coming;
    // What somebody received beyond what was issued was never on its way.
    for (issuer, count, _) in issues.into_iter().filter(|one| !one.2.ends_with("-more")) {
        if left <= 0 {
            break;
        }
        if issuer == by {
            return Ok(true);
        }
        left -= count;
    }
    Ok(false)
}

/// The organisation of this level above.
pub fn ancestor(conn: &mut Conn, org: &Org, level: Level) -> Result<Option<Org>> {
    // The path names them all, from the root.
    let above: Vec<OrgId> =
        org.path.split('/').filter_map(|id| id.parse().ok()).map(OrgId).filter(|id| *id != org.id).collect();
    for id in above {
        let found: Org = either!(conn, c => orgs::table.find(id).select(Org::as_select()).first(c))?;
        if found.level == level {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
