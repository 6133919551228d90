//! The settings, and the keys that all servers of one installation share.
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::{secrets, settings};
use diesel::prelude::*;

pub(super) fn all(conn: &mut Conn) -> Result<Vec<(String, String)>> {
    Ok(either!(conn, c => settings::table.select((settings::name, settings::value)).load(c))?)
}

/// Sets `name` to `value`.
pub fn put(conn: &mut Conn, name: &str, value: &str) -> Result<()> {
    let row = (settings::name.eq(name), settings::value.eq(value));
    either!(conn, c => diesel::insert_into(settings::table)
        .values(row)
        .on_conflict(settings::name)
        .do_update()
        .set(settings::value.eq(value))
        .execute(c))?;
    Ok(())
}

/// The secret of this name; `fresh` becomes it if there is none yet.
pub fn secret(conn: &mut Conn, name: &str, fresh: &str) -> Result<String> {
    let row = (secrets::name.eq(name), secrets::value.eq(fresh));
    either!(conn, c => diesel::insert_into(secrets::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(either!(conn, c => secrets::table.find(name).select(secrets::value).first(c))?)
}
