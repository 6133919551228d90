//! The tables of this program's version: forward to them, and back to those of an older one.
use super::{Address, CannotOpen, Conn, cannot_open};
use crate::either;
use crate::error::Result;
use crate::msg;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

pub(super) enum Migrating {
    Newer(String),
    Unknown(String),
    Failed(String),
}

impl Migrating {
    pub(super) fn told(self, address: &Address) -> CannotOpen {
        match self {
            Migrating::Newer(version) => CannotOpen(msg!(
                "数据库的结构（{}）比这个程序新。请换用新版本的程序，数据没有变化。",
                version
            )),
            Migrating::Unknown(version) => {
                CannotOpen(msg!("没有编号为 {} 的结构版本，什么都没有改动。", version))
            }
            Migrating::Failed(cause) => cannot_open(address, &cause),
        }
    }
}

/// Brings the tables up to date, or to the state after the migration `to`. Says what ran: `+0008_settings` for a step
/// forward, `-0008_settings` for a step back.
///
/// # Errors
/// As [`Db::open`](super::Db::open).
pub fn migrate_to(url: &str, may_create: bool, to: Option<&str>) -> Result<Vec<String>, CannotOpen> {
    let address = Address::of(url)?;
    let mut conn = address.reach(may_create)?;
    migrate(&mut conn, to).map_err(|problem| problem.told(&address))
}

/// The number of the newest migration of this program.
pub fn newest_migration() -> String {
    use diesel::migration::MigrationSource;
    let known = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).unwrap_or_default();
    known.iter().map(|migration| migration.name().version().to_string()).max().unwrap_or_default()
}

/// The number of the newest migration that this database has seen; empty if it has seen none. Only looks.
pub fn migration_of(conn: &mut Conn) -> Result<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }
    let is_there = if conn.is_postgres() {
        "SELECT COALESCE(to_regclass('__diesel_schema_migrations')::text, '') AS text"
    } else {
        "SELECT COALESCE((SELECT name FROM sqlite_master WHERE name = '__diesel_schema_migrations'), '') AS text"
    };
    let newest = "SELECT COALESCE(MAX(version), '') AS text FROM __diesel_schema_migrations";
    if either!(conn, c => diesel::sql_query(is_there).get_result::<Row>(c))?.text.is_empty() {
        return Ok(String::new());
    }
    Ok(either!(conn, c => diesel::sql_query(newest).get_result::<Row>(c))?.text)
}

pub(super) fn migrate(conn: &mut Conn, to: Option<&str>) -> Result<Vec<String>, Migrating> {
    fn go<C: MigrationHarness<DB>, DB: diesel::backend::Backend>(
        conn: &mut C,
        ours: EmbeddedMigrations,
        to: Option<&str>,
    ) -> Result<Vec<String>, Migrating> {
        use diesel::migration::MigrationSource;
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| Migrating::Failed(error.to_string());
        let known: Vec<_> = MigrationSource::<DB>::migrations(&ours).map_err(failed)?;
        let applied = conn.applied_migrations().map_err(failed)?;
        if let Some(newer) =
            applied.iter().find(|version| known.iter().all(|ours| ours.name().version() != **version))
        {
            return Err(Migrating::Newer(newer.to_string()));
        }
        let number = |to: &str| known.iter().position(|ours| ours.name().version().to_string() == to);
        let target = match to {
            Some(to) => number(to).ok_or_else(|| Migrating::Unknown(to.to_owned()))? + 1,
            None => known.len(),
        };
        let mut done = vec![];
        for migration in known.iter().skip(target).rev() {
            if applied.contains(&migration.name().version().as_owned()) {
                conn.revert_migration(migration).map_err(failed)?;
                done.push(format!("-{}", migration.name()));
            }
        }
        for migration in &known[..target] {
            if !applied.contains(&migration.name().version().as_owned()) {
                conn.run_migration(migration).map_err(failed)?;
                done.push(format!("+{}", migration.name()));
            }
        }
        Ok(done)
    }
    match conn {
        Conn::Postgres(c) => {
            // Two servers started at once must not both create the tables.
            c.batch_execute("SELECT pg_advisory_lock(7281966)")
                .map_err(|error| Migrating::Failed(error.to_string()))?;
            go(c, POSTGRES, to)
        }
        Conn::Sqlite(c) => go(c, SQLITE, to),
    }
}
