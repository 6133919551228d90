//! The log of publications: a chain of entries, each of which names the digest of the one before and is signed, and the witness of
//! its head outside the database. A database that was restored from an old backup does not have that head: then nothing is published
//! until an operator has said so in the log itself. domain.md §7 item 9.
use super::document::{digest, moment};
use super::{Refusal, Snapshot, store};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{RankingId, hex, random_hex};
use crate::{site, text_enum};
use chrono::Timelike;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

text_enum! {
    /// What an entry says.
    pub enum Event {
        Provisional = "provisional",
        Final = "final",
        Withdrawn = "withdrawn",
        Superseded = "superseded",
        /// The database is a restored one; entries that were published are not in it.
        Restored = "restored",
    }
}

/// The newest entry of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub seq: i64,
    pub hash: String,
}

/// One entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub seq: i64,
    pub at: Timestamp,
    pub event: Event,
    /// Ranking, revision, digest of the document, root of the rows; `None` for [`Event::Restored`].
    pub about: Option<(RankingId, i32, String, String)>,
    pub prev: String,
    /// The head that was lost, and why.
    pub lost: Option<(Head, String)>,
    pub hash: String,
    pub signature: String,
    pub key: String,
}

impl Entry {
    /// What is digested.
    fn body(&self) -> Value {
        let about = self.about.as_ref();
        json!({
            "seq": self.seq,
            "at": moment(self.at),
            "event": self.event.as_str(),
            "ranking": about.map(|about| about.0.0),
            "revision": about.map(|about| about.1),
            "document": about.map(|about| &about.2),
            "rows_root": about.map(|about| &about.3),
            "prev": self.prev,
            "lost": self.lost.as_ref().map(|(head, reason)| json!({"seq": head.seq, "hash": head.hash, "reason": reason})),
        })
    }
    /// As it is published.
    pub fn to_value(&self) -> Value {
        let mut value = self.body();
        value["hash"] = self.hash.as_str().into();
        value["signature"] = self.signature.as_str().into();
        value["key"] = self.key.as_str().into();
        value
    }
}

/// The key of this installation, made once.
fn pair(conn: &mut Conn) -> Result<Ed25519KeyPair> {
    let kept = site::secret(conn, "publication_key", &random_hex(32))?;
    let seed: Vec<u8> = (0..kept.len() / 2)
        .map(|at| u8::from_str_radix(&kept[2 * at..2 * at + 2], 16))
        .collect::<Result<_, _>>()
        .map_err(Error::internal)?;
    Ed25519KeyPair::from_seed_unchecked(&seed)
        .map_err(|_| Error::Internal("the key of publications is none".into()))
}

/// Appends what became of a snapshot.
pub(super) fn append(conn: &mut Conn, _: &Press, event: Event, of: &Snapshot, now: Timestamp) -> Result<()> {
    let about = (of.ranking, of.revision, of.digest.clone(), of.rows_root.clone());
    add(conn, event, Some(about), None, now)
}

type About = Option<(RankingId, i32, String, String)>;

fn add(
    conn: &mut Conn,
    event: Event,
    about: About,
    lost: Option<(Head, String)>,
    now: Timestamp,
) -> Result<()> {
    let pair = pair(conn)?;
    store::lock_log(conn)?;
    let head = store::head(conn)?;
    let mut entry = Entry {
        seq: head.as_ref().map_or(1, |head| head.seq + 1),
        at: now.with_nanosecond(0).unwrap_or(now),
        event,
        about,
        prev: head.map_or_else(|| crate::verify::NOTHING.to_owned(), |head| head.hash),
        lost,
        hash: String::new(),
        signature: String::new(),
        key: hex(pair.public_key().as_ref()),
    };
    entry.hash = digest(&entry.body())?;
    let bytes: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&entry.hash[2 * at..2 * at + 2], 16))
        .collect::<Result<_, _>>()
        .map_err(Error::internal)?;
    entry.signature = hex(pair.sign(&bytes).as_ref());
    store::insert_entry(conn, &entry)
}

/// What somebody holds who may publish: [`publishing`] has looked at the witness, and will write it.
pub struct Press(());

impl Press {
    /// For a database from which nobody has published: the server that starts on it witnesses what stands in its log then.
    ///
    /// # Errors
    /// Refused if something is in its log.
    pub fn of_new(conn: &mut Conn) -> Result<Press> {
        match store::head(conn)? {
            None => Ok(Press(())),
            Some(head) => Err(Refusal::LogLost(head).into()),
        }
    }
}

/// Runs `work`, which publishes, in one transaction; before it the log must have the witnessed head, after the commit the new
/// head is witnessed.
///
/// # Errors
/// Refused if the log does not have the witnessed head; otherwise what `work` returns.
pub fn publishing<T>(
    db: &Db,
    witness: &Witness,
    work: impl FnOnce(&mut Conn, &Press) -> Result<T>,
) -> Result<T> {
    let outcome = db.write_now(|conn| {
        witness.must_be_held(conn)?;
        work(conn, &Press(()))
    })?;
    // What was committed is published. A witness that is one entry late still knows an entry of this log.
    if let Err(error) = db.read_now(store::head).and_then(|head| witness.keep(head.as_ref())) {
        tracing::error!(%error, "the head of the log of publications was not witnessed");
    }
    Ok(outcome)
}

/// Says in the log that a restored database goes on, without the entries that it lost.
///
/// # Errors
/// Refused if nothing is lost.
pub fn continue_log(db: &Db, witness: &Witness, reason: &str, now: Timestamp) -> Result<Head> {
    let lost = witness.read()?.ok_or(Refusal::LogWhole)?;
    db.write_now(|conn| {
        if store::hash_at(conn, lost.seq)?.as_ref() == Some(&lost.hash) {
            return Err(Refusal::LogWhole.into());
        }
        add(conn, Event::Restored, None, Some((lost.clone(), reason.trim().to_owned())), now)?;
        let doer = Doer { request: "command".into(), ..Doer::default() };
        doer.did(conn, Action::LogContinued, ("log", 0), now)
    })?;
    let head = db.read_now(store::head)?;
    witness.keep(head.as_ref())?;
    Ok(lost)
}

/// When a server starts: says in the log of the server if publications are lost, and witnesses a head that nobody has yet.
///
/// # Errors
/// Those of the database and of the disk; they are no reason not to serve.
pub fn start(db: &Db, witness: &Witness) -> Result<()> {
    match witness.read()? {
        Some(_) => db.read_now(|conn| witness.must_be_held(conn)),
        None => witness.keep(db.read_now(store::head)?.as_ref()),
    }
}

/// The head of the log as it was last published from here: a small file beside the data, outside the database.
#[derive(Debug, Clone)]
pub struct Witness(Option<PathBuf>);

impl Witness {
    pub fn of(config: &Config) -> Witness {
        Witness(config.witness.clone())
    }
    /// Where it is, for a person to read; `None` where there is none.
    pub fn shown(&self) -> Option<String> {
        self.0.as_ref().map(|path| path.display().to_string())
    }
    /// The head that was witnessed last.
    ///
    /// # Errors
    /// Refused if there is a file that cannot be read.
    pub fn read(&self) -> Result<Option<Head>> {
        let Some(path) = &self.0 else { return Ok(None) };
        let unreadable = || Refusal::WitnessUnreadable(path.display().to_string());
        match fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(|_| unreadable())?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(_) => Err(unreadable().into()),
        }
    }
    /// # Errors
    /// Refused if the log in this database does not have the witnessed head.
    pub fn must_be_held(&self, conn: &mut Conn) -> Result<()> {
        match self.read()? {
            Some(head) if store::hash_at(conn, head.seq)?.as_ref() != Some(&head.hash) => {
                Err(Refusal::LogLost(head).into())
            }
            _ => Ok(()),
        }
    }
    /// Written whole or not at all.
    fn keep(&self, head: Option<&Head>) -> Result<()> {
        let (Some(path), Some(head)) = (&self.0, head) else { return Ok(()) };
        let fresh = path.with_extension(format!("{}-new", random_hex(4)));
        let write = || -> std::io::Result<()> {
            let mut file = fs::File::create(&fresh)?;
            file.write_all(&serde_json::to_vec(head)?)?;
            file.sync_all()?;
            fs::rename(&fresh, path)
        };
        write().map_err(Error::internal)
    }
}
