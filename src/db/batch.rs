//! Many small writes, committed together: whoever sends one is answered after the commit that holds it. They gather for a
//! moment, so that a whole city costs some dozens of commits a second.
use super::{Address, Conn, Db};
use crate::error::{Error, Result};
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Writes that wait; the next one is told to come back.
const WAITING: usize = 20_000;
/// Writes in one transaction: more would make the first of them wait longer.
const TOGETHER: usize = 512;
/// How long the first write of a transaction waits for others. `benches/run`: at 2,400 heartbeats a second, without it a
/// heartbeat cost 27 times the yardstick on SQLite, for the sake of an answer 15 ms sooner that nobody waits for.
const GATHER: Duration = Duration::from_millis(15);
/// Transactions at the same time on PostgreSQL, to which each statement is a journey. SQLite has one writer.
const LANES: usize = 6;

type Waiting<I, O> = (I, oneshot::Sender<Result<O>>);

/// The door for writes of one kind. Those of one key are done in the order in which they came.
pub struct Batch<I, O>(Vec<mpsc::Sender<Waiting<I, O>>>);

impl<I, O> Clone for Batch<I, O> {
    fn clone(&self) -> Self {
        Batch(self.0.clone())
    }
}

impl<I: Clone + Send + 'static, O: Send + 'static> Batch<I, O> {
    /// Starts the threads that commit. `work` does some writes in one transaction and returns an outcome for each, in
    /// their order; doing it twice must be doing it once. The threads end when nobody holds the door any more.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(db: Db, name: &str, work: fn(&mut Conn, &[I]) -> Result<Vec<O>>) -> Result<Batch<I, O>> {
        let lanes = match db.address() {
            Address::Sqlite(_) => 1,
            Address::Postgres(_) => LANES,
        };
        let lane = |_| {
            let (door, mut queue) = mpsc::channel::<Waiting<I, O>>(WAITING);
            let db = db.clone();
            let run = move || {
                let (mut some, mut own) = (Vec::with_capacity(TOGETHER), None);
                while queue.blocking_recv_many(&mut some, TOGETHER) > 0 {
                    if some.len() < TOGETHER {
                        std::thread::sleep(GATHER);
                    }
                    while some.len() < TOGETHER
                        && let Ok(one) = queue.try_recv()
                    {
                        some.push(one);
                    }
                    let (items, waiting): (Vec<I>, Vec<_>) = some.drain(..).unzip();
                    commit(&db, &mut own, &items, waiting, work);
                }
            };
            std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(Error::internal)?;
            Ok(door)
        };
        Ok(Batch((0..lanes).map(lane).collect::<Result<_>>()?))
    }
    /// Sends a write and waits until it is committed. Writes of the same key are never done at the same time.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many wait; those of the database.
    pub async fn send(&self, key: u64, item: I) -> Result<O> {
        let (answer, outcome) = oneshot::channel();
        let lane = usize::try_from(key % self.0.len() as u64).unwrap_or_default();
        self.0[lane].try_send((item, answer)).map_err(|_| Error::Busy)?;
        outcome.await.map_err(|_| Error::Unavailable("the writer has stopped".into()))?
    }
}

/// Commits some writes. If that fails, each is tried alone: one that cannot be done must not take the others with it.
fn commit<I, O>(
    db: &Db,
    own: &mut Option<Conn>,
    items: &[I],
    waiting: Vec<oneshot::Sender<Result<O>>>,
    work: fn(&mut Conn, &[I]) -> Result<Vec<O>>,
) {
    // A fault in one write must not end the thread that all others wait for; its connection is dropped.
    let mut done = |items: &[I]| {
        std::panic::catch_unwind(AssertUnwindSafe(|| db.write_some(own, |conn| work(conn, items))))
            .unwrap_or_else(|_| Err(Error::Internal("a write panicked".into())))
    };
    let outcomes: Vec<Result<O>> = match done(items) {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(error) if items.len() == 1 || matches!(error, Error::Unavailable(_)) => {
            let told = error.to_string();
            std::iter::once(Err(error))
                .chain((1..items.len()).map(|_| Err(Error::Unavailable(told.clone()))))
                .collect()
        }
        Err(_) => items
            .iter()
            .map(|item| {
                let mut alone = done(std::slice::from_ref(item))?;
                alone.pop().ok_or_else(|| Error::Internal("a write without an outcome".into()))
            })
            .collect(),
    };
    for (answer, outcome) in waiting.into_iter().zip(outcomes) {
        // Whoever sent it may have gone away meanwhile; it is committed all the same.
        drop(answer.send(outcome));
    }
}
