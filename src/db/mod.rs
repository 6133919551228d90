//! The database: which one, how it is reached, what a transaction is. `migrate` brings its tables up to date, `batch`
//! commits many small writes together.
mod batch;
mod migrate;

use crate::error::{Error, Result};
use crate::lang::Message;
use crate::msg;
use diesel::connection::{
    AnsiTransactionManager, Connection as _, InstrumentationEvent, SimpleConnection, TransactionManager,
};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use batch::Batch;
pub use migrate::{migrate_to, migration_of, newest_migration};

pub use crate::clock::Timestamp;

/// A connection to whichever database the installation uses. Only `store.rs` files look inside, through [`either!`](crate::either).
pub enum Conn {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// Runs one query, written once and type-checked for both databases.
#[macro_export]
macro_rules! either {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::db::Conn::Postgres($c) => $query,
            $crate::db::Conn::Sqlite($c) => $query,
        }
    };
}

/// Declares an enum that is kept as text: `as_str`, `of`, `ALL`, and Diesel's conversions on both databases.
#[macro_export]
macro_rules! text_enum {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$detail:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(diesel::deserialize::FromSqlRow, diesel::expression::AsExpression, Debug, Clone, Copy, PartialEq, Eq)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name { $($(#[$detail])* $variant),* }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
            /// The variant that `text` names.
            pub fn of(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|variant| variant.as_str() == text)
            }
        }
        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                self.as_str().to_sql(out)
            }
        }
        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(raw: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = String::from_sql(raw)?;
                $name::of(&text).ok_or_else(|| format!("{} {text}", stringify!($name)).into())
            }
        }
    };
}

impl Conn {
    /// Runs `work` in a transaction that an `Err` rolls back. A panic leaves it open; the pool then drops the connection.
    fn transaction<T>(&mut self, work: impl FnOnce(&mut Conn) -> Result<T>, writes: bool) -> Result<T> {
        match self {
            Conn::Postgres(c) => AnsiTransactionManager::begin_transaction(c)?,
            // A writer that began as a reader could not wait for another process: SQLite would refuse it at once.
            Conn::Sqlite(c) if writes => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
            Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction(c)?,
        }
        let outcome = work(self);
        match (&outcome, self) {
            (Ok(_), Conn::Postgres(c)) => AnsiTransactionManager::commit_transaction(c)?,
            (Ok(_), Conn::Sqlite(c)) => AnsiTransactionManager::commit_transaction(c)?,
            // The error that made us roll back is the one to tell; a connection that cannot roll back is dropped by the pool.
            (Err(_), Conn::Postgres(c)) => drop(AnsiTransactionManager::rollback_transaction(c)),
            (Err(_), Conn::Sqlite(c)) => drop(AnsiTransactionManager::rollback_transaction(c)),
        }
        outcome
    }
    /// Whether this is the server that several processes share.
    pub fn is_postgres(&self) -> bool {
        matches!(self, Conn::Postgres(_))
    }
}

/// Where the data is: the address, told apart by its scheme and by nothing else.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    Postgres(String),
    Sqlite(String),
}

/// Why the database cannot be opened, in a sentence for whoever starts the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CannotOpen(pub Message);

impl Address {
    /// Reads `sqlite:PATH` or `postgres://…`.
    pub fn of(url: &str) -> Result<Address, CannotOpen> {
        match url.split_once(':') {
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Ok(Address::Postgres(url.into()))
            }
            Some(("sqlite", path)) if !path.is_empty() && !path.contains(['?', '#']) => {
                Ok(Address::Sqlite(path.into()))
            }
            _ => Err(CannotOpen(msg!(
                "DATABASE_URL 看不懂：请写 sqlite:文件路径 或 postgres://用户@主机/库名。"
            ))),
        }
    }
    /// Whether this is a file of this machine.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Address::Sqlite(_))
    }
    /// The address without its password, for a person to read.
    pub fn shown(&self) -> String {
        match self {
            Address::Sqlite(path) => format!("sqlite:{path}"),
            Address::Postgres(url) => {
                let named = url.split_once("://").and_then(|(scheme, rest)| {
                    let (who, place) = rest.split_once('@')?;
                    Some(format!("{scheme}://{}@{place}", who.split(':').next().unwrap_or_default()))
                });
                // A password may also stand behind the question mark.
                named.as_deref().unwrap_or(url).split('?').next().unwrap_or_default().to_owned()
            }
        }
    }
    /// A first connection, for writing.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn reach(&self, may_create: bool) -> Result<Conn, CannotOpen> {
        if let Address::Sqlite(path) = self {
            let (path, shown) = (Path::new(path), path);
            if path.is_dir() {
                return Err(CannotOpen(msg!("{} 是一个文件夹，不是数据库文件。", shown)));
            }
            if !path.exists() && !may_create {
                return Err(CannotOpen(msg!("没有找到数据库文件 {}。第一次使用请加 --init 新建。", shown)));
            }
        }
        self.open(false, may_create).map_err(|error| cannot_open(self, &error.to_string()))
    }
    fn open(&self, read_only: bool, may_create: bool) -> ConnectionResult<Conn> {
        let (mut conn, setup) = match self {
            Address::Postgres(url) => {
                let mut url = url.clone();
                if !url.contains("connect_timeout=") {
                    url.push(if url.contains('?') { '&' } else { '?' });
                    url.push_str("connect_timeout=3");
                }
                let setup = if read_only {
                    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET statement_timeout = '20s'"
                } else {
                    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; SET lock_timeout = '5s'"
                };
                (Conn::Postgres(PgConnection::establish(&url)?), setup)
            }
            Address::Sqlite(path) => {
                // As a URI, because only there mode=rw can be said: it never makes a file.
                let mode = if may_create { "rwc" } else { "rw" };
                let setup = if read_only {
                    "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA query_only = ON; PRAGMA cache_size = -4000; PRAGMA mmap_size = 268435456"
                } else {
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000"
                };
                (
                    Conn::Sqlite(SqliteConnection::establish(&format!(
                        "file:{}?mode={mode}",
                        path.replace('%', "%25")
                    ))?),
                    setup,
                )
            }
        };
        either!(&mut conn, c => c.batch_execute(setup))
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
}

/// Makes the connections of a pool.
struct Opener {
    address: Address,
    read_only: bool,
    /// Statements sent so far, over all connections of one [`Db`].
    sent: Arc<AtomicU64>,
}

impl ManageConnection for Opener {
    type Connection = Conn;
    type Error = diesel::r2d2::Error;
    fn connect(&self) -> Result<Conn, Self::Error> {
        let mut conn = self.address.open(self.read_only, false)?;
        let sent = self.sent.clone();
        let count = move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { .. } = event {
                sent.fetch_add(1, Relaxed);
            }
        };
        either!(&mut conn, c => c.set_instrumentation(count));
        Ok(conn)
    }
    fn is_valid(&self, conn: &mut Conn) -> Result<(), Self::Error> {
        Ok(either!(conn, c => c.ping())?)
    }
    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || either!(conn, c => c.is_broken())
    }
}

/// The open database: pools of connections that only read, and of those that write.
#[derive(Clone)]
pub struct Db {
    readers: Pool<Opener>,
    writers: Pool<Opener>,
    sent: Arc<AtomicU64>,
    address: Address,
    /// The generation of the content as this process read it last.
    generation: Arc<AtomicI64>,
    /// The connection that reads it, apart from those that pages wait for.
    watcher: Arc<Mutex<Option<Conn>>>,
}

/// How long a process may show a page without asking whether the content has moved on; and how long a write that moved it
/// on waits before it is acknowledged. So nobody sees an old page after a change was acknowledged, on any server.
pub const LEASE: Duration = Duration::from_millis(20);

impl Db {
    /// Opens the database and brings its tables up to date. A SQLite file is made only if `may_create`.
    ///
    /// # Errors
    /// A sentence for whoever started the program: nothing there, no right to write, a schema newer than this program …
    pub fn open(url: &str, may_create: bool) -> Result<Db, CannotOpen> {
        let address = Address::of(url)?;
        let mut conn = address.reach(may_create)?;
        migrate::migrate(&mut conn, None).map_err(|problem| problem.told(&address))?;
        Db::over(address)
    }
    /// Opens a database that is there and leaves its tables as they are, for commands that look or copy.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn attach(url: &str) -> Result<Db, CannotOpen> {
        let address = Address::of(url)?;
        drop(address.reach(false)?);
        Db::over(address)
    }
    /// The pools over a database that can be reached.
    fn over(address: Address) -> Result<Db, CannotOpen> {
        let is_sqlite = matches!(address, Address::Sqlite(_));
        let sent = Arc::new(AtomicU64::new(0));
        let pool = |size, read_only| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(0))
                // A page waits this long for a server that is away, then says so.
                .connection_timeout(Duration::from_secs(3))
                .test_on_check_out(!is_sqlite)
                .error_handler(Box::new(diesel::r2d2::LoggingErrorHandler))
                .build(Opener { address: address.clone(), read_only, sent: sent.clone() })
                .map_err(|error| cannot_open(&address, &error.to_string()))
        };
        let (writers, readers) = (pool(if is_sqlite { 1 } else { 6 }, false)?, pool(8, true)?);
        Ok(Db {
            writers,
            readers,
            sent,
            address,
            generation: Arc::new(AtomicI64::new(-1)),
            watcher: Arc::default(),
        })
    }
    /// Where the data is.
    pub fn address(&self) -> &Address {
        &self.address
    }
    /// The generation of the content as this process read it last; `-1` before it did.
    pub fn generation_seen(&self) -> i64 {
        self.generation.load(SeqCst)
    }
    /// Asks the database for the generation of the content. On SQLite a few microseconds, on the spot.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database is away.
    pub async fn generation(&self) -> Result<i64> {
        let db = self.clone();
        match self.address {
            Address::Sqlite(_) => db.generation_now(),
            Address::Postgres(_) => run(move || db.generation_now()).await,
        }
    }
    fn generation_now(&self) -> Result<i64> {
        let mut watcher = self.watcher.lock().map_err(|error| Error::Unavailable(error.to_string()))?;
        let conn = match &mut *watcher {
            Some(conn) => conn,
            none => none.insert(
                self.address.open(true, false).map_err(|error| Error::Unavailable(error.to_string()))?,
            ),
        };
        match read_generation(conn) {
            Ok(n) => {
                self.generation.store(n, SeqCst);
                Ok(n)
            }
            Err(error) => {
                // It is opened anew when the database is asked again.
                *watcher = None;
                Err(error)
            }
        }
    }
    /// How many statements have been sent to the database, those that begin and end transactions included.
    pub fn statements(&self) -> u64 {
        self.sent.load(Relaxed)
    }
    /// Runs `work` in one read-only transaction: everything a page shows, from one moment. For what takes a millisecond or
    /// less: on SQLite it runs on the spot, since a hop to another thread costs as much as the queries of a page.
    ///
    /// # Errors
    /// What `work` returns, or [`Error::Unavailable`] if no connection can be had.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self.address {
            Address::Sqlite(_) => self.read_now(work),
            Address::Postgres(_) => self.read_long(work).await,
        }
    }
    /// [`Db::read`] for what takes longer: other pages of the same worker do not wait for it.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_long<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let pool = self.readers.clone();
        run(move || borrow(&pool)?.transaction(work, false)).await
    }
    /// Runs `work` in one transaction that an `Err` rolls back.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let db = self.clone();
        run(move || db.write_now(work)).await
    }
    /// Runs `work` as [`Db::write`] would and takes everything back: what it returns is what would happen.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn rehearse<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let pool = self.writers.clone();
        run(move || {
            let mut outcome = None;
            // Any error takes a transaction back.
            let taken_back: Result<()> = borrow(&pool)?.transaction(
                |conn| {
                    outcome = Some(work(conn));
                    Err(Error::NotFound)
                },
                true,
            );
            outcome.unwrap_or_else(|| Err(taken_back.err().unwrap_or(Error::NotFound)))
        })
        .await
    }
    /// [`Db::write`] for commands, which have no runtime to wait on.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn write_now<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let mut conn = borrow(&self.writers)?;
        let (before, outcome) = conn.transaction(|conn| Ok((read_generation(conn)?, work(conn)?)), true)?;
        // What was committed stays committed, whatever this answers: not knowing counts as having changed.
        let n = read_generation(&mut conn).unwrap_or(-1);
        drop(conn);
        self.generation.store(n, SeqCst);
        // Against its own beginning: somebody else in this process may have seen the new one first.
        if n != before {
            std::thread::sleep(LEASE);
        }
        Ok(outcome)
    }
    /// [`Db::write_now`] for rows that no kept page shows, or whose sender waits for the lease: it neither asks nor tells how far the
    /// content is. `own` is the connection of whoever writes again and again, opened where there is none; one that has failed is not used again, and
    /// one that was cut off is replaced, so `work` must be such that doing it twice is doing it once. On SQLite, which has one
    /// writer, the connection is everybody's.
    fn write_some<T>(&self, own: &mut Option<Conn>, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        if self.address.is_sqlite() {
            return borrow(&self.writers)?.transaction(work, true);
        }
        let mut conn = match own.take() {
            Some(conn) => conn,
            None => self.address.open(false, false).map_err(|error| Error::Unavailable(error.to_string()))?,
        };
        let outcome = conn.transaction(work, true)?;
        *own = Some(conn);
        Ok(outcome)
    }
    /// [`Db::read`] for commands, which have no runtime to wait on.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_now<T>(&self, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        borrow(&self.readers)?.transaction(work, false)
    }
    /// How many connections are open and how many of them are idle: readers, then writers.
    pub fn connections(&self) -> [(u32, u32); 2] {
        [&self.readers, &self.writers].map(|pool| {
            let state = pool.state();
            (state.connections, state.idle_connections)
        })
    }
    /// Ends the use of a SQLite file: everything is in the one file, which may then be moved.
    ///
    /// # Errors
    /// Those of the database.
    pub fn close_sqlite(self) -> Result<()> {
        if let Conn::Sqlite(c) = &mut *borrow(&self.writers)? {
            c.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")?;
        }
        Ok(())
    }
}

fn borrow(pool: &Pool<Opener>) -> Result<diesel::r2d2::PooledConnection<Opener>> {
    pool.get().map_err(|error| Error::Unavailable(error.to_string()))
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    actix_web::web::block(work).await.map_err(Error::internal)?
}

fn read_generation(conn: &mut Conn) -> Result<i64> {
    use crate::schema::generations;
    let content = generations::table.find("content").select(generations::n);
    Ok(either!(conn, c => content.first(c))?)
}

/// Puts every identity counter of PostgreSQL behind the largest id: after rows were inserted with ids of their own.
pub fn reseat_ids(conn: &mut Conn) -> Result<()> {
    if let Conn::Postgres(c) = conn {
        c.batch_execute(
            "DO $$ DECLARE t record; BEGIN
               FOR t IN SELECT table_name FROM information_schema.columns
                        WHERE table_schema = current_schema() AND is_identity = 'YES' LOOP
                 EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''), (SELECT COALESCE(MAX(id), 0) + 1 FROM %I), false)',
                                t.table_name, t.table_name);
               END LOOP; END $$",
        )?;
    }
    Ok(())
}

fn cannot_open(address: &Address, cause: &str) -> CannotOpen {
    let cause = cause.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    CannotOpen(match address {
        Address::Postgres(_) => msg!("连不上 PostgreSQL，请检查地址、口令和服务是否在运行：{}", cause),
        Address::Sqlite(path) if cause.contains("disk is full") => {
            msg!("磁盘满了，数据库 {} 没有打开。请腾出空间后再启动。", path)
        }
        Address::Sqlite(path) if cause.contains("not a database") => {
            msg!("{} 不是 SQLite 数据库，没有改动它。", path)
        }
        Address::Sqlite(path) => {
            msg!("打不开数据库 {}，请检查文件夹是否存在、是否可写：{}", path, cause)
        }
    })
}
