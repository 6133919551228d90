//! The way of an installation from one database to the other: `weixiao copy`. Everything in one transaction on each side,
//! and afterwards every row is read again on both and compared.
use super::store::{Table, each_row, insert, is_empty, tables};
use crate::db::{Conn, reseat_ids};
use crate::error::{Error, Result};
use crate::{msg, search};

/// Rows written at a time.
const ROWS: usize = 500;

/// A table, and how many of its rows agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: u64,
}

/// Copies all data of `source` into the empty `target`, and compares it row by row. `said` hears each table when it is
/// done. What is derived (the search) is made anew.
///
/// # Errors
/// Refused if `target` is not empty or has other tables; internal if a row differs, which names it. Nothing stays then.
pub fn copy(source: &mut Conn, target: &mut Conn, said: &mut dyn FnMut(&Copied)) -> Result<Vec<Copied>> {
    let (from, to) = (tables(source)?, tables(target)?);
    for table in &from {
        if !to.iter().any(|other| other.is_like(table)) {
            return Err(Error::Internal(format!("the table {} differs between the two", table.name).into()));
        }
    }
    if from.len() != to.len() {
        return Err(Error::Internal("the target has tables that the source has not".into()));
    }
    for table in &to {
        if !is_empty(target, table)? {
            return Err(Error::Refused(msg!(
                "目标数据库不是空的（{} 里有数据），什么都没有改动。请给一个空的数据库。",
                table.name
            )));
        }
    }
    for table in &from {
        let mut waiting = vec![];
        each_row(source, table, &mut |row| {
            waiting.push(row);
            if waiting.len() == ROWS {
                insert(target, table, std::mem::take(&mut waiting))?;
            }
            Ok(())
        })?;
        if !waiting.is_empty() {
            insert(target, table, waiting)?;
        }
    }
    reseat_ids(target)?;
    let mut copied = vec![];
    for table in &from {
        let one = Copied { table: table.name.clone(), rows: compare(source, target, table)? };
        said(&one);
        copied.push(one);
    }
    search::catch_up(target)?;
    Ok(copied)
}

/// Reads both tables side by side; how many rows agreed.
fn compare(source: &mut Conn, target: &mut Conn, table: &Table) -> Result<u64> {
    // One side is read in pieces of memory: the rows' digests, 32 bytes each.
    let mut digests = vec![];
    each_row(source, table, &mut |row| {
        digests.push(digest(&row));
        Ok(())
    })?;
    let mut place = 0;
    each_row(target, table, &mut |row| {
        if digests.get(place) != Some(&digest(&row)) {
            let key = row.first().map(ToString::to_string).unwrap_or_default();
            return Err(Error::Internal(format!("{}: the row {key} differs", table.name).into()));
        }
        place += 1;
        Ok(())
    })?;
    if place != digests.len() {
        let missing = digests.len() - place;
        return Err(Error::Internal(format!("{}: {missing} rows are missing", table.name).into()));
    }
    Ok(place as u64)
}

fn digest(row: &[serde_json::Value]) -> [u8; 32] {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    for value in row {
        hash.update(value.to_string());
        hash.update([0]);
    }
    hash.finalize().into()
}
