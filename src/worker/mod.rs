//! What a worker process does with the jobs of the queue: brings uploads into the media store and makes of them what is
//! played. One at a time; on a machine of two cores more would only take turns. And what study needs done beside pages.
use crate::clock::{self, Timestamp};
use crate::config::{Config, DISK_RESERVE};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{ImportId, RankingId, RecordingId, random_hex};
use crate::jobs::{self, Job, Kind, RENEW_SECONDS, TRIES};
use crate::media::{Store, fresh_folder};
use crate::processing::{self, Fault, Tools};
use crate::recordings::{self, self as store, Made, State, Subject, gave_up};
use crate::site::{self, Setting};
use crate::{
    cases, coverage, enrolments, guidance, imports, rankings, ratings, rights, selftests, study, uploads,
    viewings, visits,
};
use chrono::Duration;
use rustix::fs::{FlockOperation, flock};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Instant;

/// How long a recording waits for a machine that can convert it, or for room on the disk, in minutes.
const WAIT_MINUTES: i64 = 2;
/// Claims before a job whose workers vanish is given up: a file may end every worker, but a server may also be stopped often.
const CLAIMS: i32 = TRIES + 6;
/// The file of a try in which the folder of the media store stands that it fills.
const FOLDER: &str = "folder";
/// How often the page is told how far the work is, in seconds.
const TELL_SECONDS: u64 = 2;

/// Does the jobs of one machine.
pub struct Worker {
    db: Db,
    store: Store,
    tools: Tools,
    uploads: PathBuf,
    place: String,
    name: String,
    bench: PathBuf,
    /// Held as long as the process lives.
    _lock: std::fs::File,
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.bench) {
            tracing::warn!(%error, "a work folder was not removed");
        }
    }
}

/// A folder for one try, gone when the try is over.
struct Room(PathBuf);

/// The folder of one worker, below which its tries have theirs. While the process lives it holds a lock on a file in it: what
/// a killed worker left is told from what another one is working on.
///
/// Returns also the folders of the media store that killed workers were filling.
fn bench(uploads: &Path, name: &str) -> std::io::Result<(PathBuf, std::fs::File, Vec<String>)> {
    let mut filling = vec![];
    let all = uploads.join("work");
    let own = all.join(name);
    std::fs::create_dir_all(&own)?;
    let lock = std::fs::File::create(own.join("lock"))?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    for entry in std::fs::read_dir(&all)? {
        let left = entry?.path();
        // Without its lock file a folder is just being made, or is not ours.
        let Ok(file) = std::fs::File::open(left.join("lock")) else { continue };
        if left != own && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            for room in std::fs::read_dir(&left)? {
                if let Ok(folder) = std::fs::read_to_string(room?.path().join(FOLDER)) {
                    filling.push(folder);
                }
            }
            std::fs::remove_dir_all(&left)?;
        }
    }
    Ok((own, lock, filling))
}

impl Room {
    fn new(bench: &Path, job: &Job) -> std::io::Result<Room> {
        let path = bench.join(format!("{}-{}", job.id, job.fence));
        std::fs::create_dir_all(path.join("out"))?;
        Ok(Room(path))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "a work folder was not removed");
        }
    }
}

impl Worker {
    /// # Errors
    /// Those of the folders and of the settings of the store.
    pub fn new(db: Db, config: &Config, tools: Tools) -> Result<Worker> {
        std::fs::create_dir_all(&config.uploads).map_err(Error::internal)?;
        let name = format!("{}-{}", std::process::id(), random_hex(4));
        let store = Store::open(config).map_err(Error::from)?;
        let (bench, lock, filling) = bench(&config.uploads, &name).map_err(Error::internal)?;
        for folder in filling {
            // Unless it was killed after the commit.
            if !db.read_now(|conn| recordings::is_shown(conn, &folder))? {
                store.delete_folder(&folder).map_err(Error::from)?;
            }
        }
        Ok(Worker {
            bench,
            _lock: lock,
            db,
            store,
            tools,
            place: uploads::place(&config.uploads).map_err(Error::internal)?,
            uploads: config.uploads.clone(),
            name,
        })
    }
    /// Whether videos can be converted here.
    pub fn can_convert(&self) -> bool {
        self.tools.can_convert()
    }
    /// ffmpeg was installed, or removed.
    pub fn equip(&mut self, tools: Tools) {
        self.tools = tools;
    }
    /// Does the next job, if there is one: whether there was.
    ///
    /// # Errors
    /// Those of the database. What goes wrong with the job itself is written to its row.
    pub fn step(&self, now: Timestamp) -> Result<bool> {
        let claimed = self.db.write_now(|conn| jobs::claim(conn, &self.name, &self.place, now))?;
        let Some(job) = claimed else { return Ok(false) };
        // Whoever took it before did not live to say why it failed: such a file must not end one worker after another.
        if job.attempts > CLAIMS {
            self.failed(&job, "the worker was lost at each try")?;
            return Ok(true);
        }
        let started = Instant::now();
        let outcome = self.kept_alive(&job, |is_lost| match job.kind {
            Kind::Keep => self.keep(&job),
            Kind::Process => self.process(&job, is_lost),
            Kind::Rank => self.rank(&job),
            Kind::Import => self.import(&job),
        });
        let took = started.elapsed().as_secs_f64();
        match &outcome {
            Ok(()) => tracing::info!(job = job.id.0, kind = job.kind.as_str(), took, "job"),
            Err(error) => {
                tracing::warn!(job = job.id.0, kind = job.kind.as_str(), took, %error, "job failed")
            }
        }
        if let Err(error) = outcome {
            let told: String = error.to_string().chars().take(300).collect();
            self.failed(&job, &told)?;
        }
        Ok(true)
    }
    /// Does `work` while a thread says every twenty seconds that this worker is there: to fetch a long recording takes longer
    /// than a lease. `work` looks whether the job is somebody else's by now.
    fn kept_alive<T>(&self, job: &Job, work: impl FnOnce(&AtomicBool) -> T) -> T {
        let is_lost = AtomicBool::new(false);
        let (done, waiting) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let is_lost = &is_lost;
            scope.spawn(move || {
                let mut heard = Instant::now();
                let pause = std::time::Duration::from_secs(RENEW_SECONDS);
                while waiting.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Timeout) {
                    match self.db.write_now(|conn| jobs::renew(conn, job, clock::now())) {
                        Ok(true) => heard = Instant::now(),
                        // The database is away: the work goes on as long as nobody else can have taken it.
                        Err(_) if (heard.elapsed().as_secs() as i64) < jobs::LEASE_SECONDS => {}
                        Ok(false) | Err(_) => return is_lost.store(true, Relaxed),
                    }
                }
            });
            let outcome = work(is_lost);
            drop(done);
            outcome
        })
    }
    /// A try that failed for no fault of the file.
    fn failed(&self, job: &Job, told: &str) -> Result<()> {
        self.db.write_now(|conn| {
            let now = clock::now();
            if !jobs::fail(conn, job, told, true, now)? {
                return Ok(());
            }
            match job.kind {
                Kind::Keep | Kind::Process => {
                    store::end(conn, RecordingId(job.subject), State::Failed, Some(&gave_up()), now).map(drop)
                }
                Kind::Import => imports::gave_up(conn, ImportId(job.subject)),
                // Nobody waits for a ranking as for a recording: the page of jobs says why it failed.
                Kind::Rank => Ok(()),
            }
        })
    }
    fn subject(&self, job: &Job) -> Result<Subject> {
        self.db.read_now(|conn| store::subject(conn, RecordingId(job.subject)))
    }
    /// Brings what was uploaded into the media store.
    fn keep(&self, job: &Job) -> Result<()> {
        let subject = self.subject(job)?;
        let from = uploads::path_of(&self.uploads, &subject.upload_id);
        let key = format!("{}/original", subject.folder);
        if from.exists() {
            self.store.put_file(&key, &from).map_err(Error::from)?;
        } else if self.store.size(&key).is_err() {
            // Neither here nor there: an earlier try would have left it in one of the two.
            return Err(Error::Internal("what was uploaded is gone".into()));
        }
        self.db.write_now(|conn| {
            let now = clock::now();
            if jobs::finish(conn, job, now)? {
                uploads::taken(conn, &subject.upload_id, now)?;
                jobs::enqueue(conn, Kind::Process, subject.id.0, None, now)?;
            }
            Ok(())
        })?;
        match std::fs::remove_file(&from) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::internal(error)),
            _ => Ok(()),
        }
    }
    /// Makes of what was uploaded what is played.
    fn process(&self, job: &Job, is_lost: &AtomicBool) -> Result<()> {
        let subject = self.subject(job)?;
        let room = Room::new(&self.bench, job).map_err(Error::internal)?;
        let key = format!("{}/original", subject.folder);
        // A copy, what is made of it, and what the database needs to go on.
        let needed =
            self.store.size(&key).map_err(Error::from)?.saturating_mul(2).saturating_add(DISK_RESERVE);
        if self.free()? < needed {
            return self.wait(job, &subject, "room");
        }
        let input = match self.store.local_path(&key) {
            Some(path) => path,
            None => {
                let path = room.0.join("original");
                self.store.get_to(&key, &path).map_err(Error::from)?;
                path
            }
        };
        let out = room.0.join("out");
        let (mut told, mut is_full) = (None::<(Instant, &'static str, u16)>, false);
        let mut watch = |step: processing::Step, per_mille: u16| {
            let is_due = told.is_none_or(|(at, before, share)| {
                (step.as_str(), per_mille) != (before, share)
                    && (before != step.as_str() || at.elapsed().as_secs() >= TELL_SECONDS)
            });
            if !is_due || is_lost.load(Relaxed) {
                return !is_lost.load(Relaxed);
            }
            told = Some((Instant::now(), step.as_str(), per_mille));
            is_full = self.free().is_ok_and(|free| free < DISK_RESERVE / 2);
            let kept = self.db.write_now(|conn| {
                if !jobs::renew(conn, job, clock::now())? {
                    return Ok(false);
                }
                store::progress(conn, subject.id, step.as_str(), per_mille)?;
                Ok(true)
            });
            // Without an answer the thread that says we are there decides.
            !is_full && kept.unwrap_or(true)
        };
        match processing::make(&self.tools, &input, &out, &mut watch) {
            Ok(made) => self.publish(job, &subject, &room, &made, is_lost),
            Err(Fault::Cancelled) if is_full => self.failed(job, "the disk is full"),
            Err(Fault::Cancelled) => Ok(()),
            Err(Fault::Failed(told)) => self.failed(job, &told),
            Err(Fault::Problem(problem)) if problem.is_waiting() => self.wait(job, &subject, "converter"),
            Err(Fault::Problem(problem)) => self.db.write_now(|conn| {
                let now = clock::now();
                let words = problem.words();
                if jobs::fail(conn, job, &words.to_kept(), false, now)? {
                    store::end(conn, subject.id, State::Failed, Some(&words), now)?;
                }
                Ok(())
            }),
        }
    }
    /// What may still be written where this worker works, in bytes.
    fn free(&self) -> Result<u64> {
        uploads::free(&self.uploads).map_err(Error::internal)
    }
    /// The job cannot be done here and now: it waits, and the page says for what.
    fn wait(&self, job: &Job, subject: &Subject, what: &str) -> Result<()> {
        self.db.write_now(|conn| {
            let until = clock::now() + Duration::minutes(WAIT_MINUTES);
            match jobs::postpone(conn, job, until)? {
                true => store::progress(conn, subject.id, what, 0),
                false => Ok(()),
            }
        })
    }
    /// Ranks what was rated.
    fn rank(&self, job: &Job) -> Result<()> {
        self.db.write_now(|conn| {
            let now = clock::now();
            rankings::rate(conn, RankingId(job.subject), now)?;
            jobs::finish(conn, job, now).map(drop)
        })
    }
    /// Does what is asked of an import.
    fn import(&self, job: &Job) -> Result<()> {
        imports::run(&self.db, ImportId(job.subject), &mut |_, _| {}, clock::now())?;
        self.db.write_now(|conn| jobs::finish(conn, job, clock::now()).map(drop))
    }
    /// Brings what was made into the media store, and makes it the lecture's recording, if the job is still this worker's.
    fn publish(
        &self,
        job: &Job,
        subject: &Subject,
        room: &Room,
        made: &processing::Made,
        is_lost: &AtomicBool,
    ) -> Result<()> {
        // A folder of this try's own: another worker that believes the job to be its own cannot mix files. Its name is
        // written down first, so that whoever clears up after a killed worker finds it.
        let folder = fresh_folder();
        std::fs::write(room.0.join(FOLDER), &folder).map_err(Error::internal)?;
        let put = || -> Result<()> {
            for entry in std::fs::read_dir(room.0.join("out")).map_err(Error::internal)? {
                let entry = entry.map_err(Error::internal)?;
                if is_lost.load(Relaxed) {
                    return Ok(());
                }
                if let Some(name) = entry.file_name().to_str() {
                    self.store.move_file(&format!("{folder}/{name}"), &entry.path()).map_err(Error::from)?;
                }
            }
            Ok(())
        };
        let row = Made {
            folder: folder.clone(),
            duration_ms: made.duration_ms,
            width: made.width,
            height: made.height,
            has_hls: made.has_hls,
            has_sound: made.has_sound,
            posters: made.posters,
            heights: made.heights.iter().map(i32::to_string).collect::<Vec<_>>().join(" "),
            story_every_ms: made.story_every_ms.unwrap_or_default(),
            story_tiles: made.story_tiles,
        };
        let kept = put().and_then(|()| {
            self.db.write_now(|conn| {
                let now = clock::now();
                let is_mine = jobs::finish(conn, job, now)?;
                if is_mine {
                    store::ready(conn, subject, &row, now)?;
                }
                Ok(is_mine)
            })
        });
        if !matches!(kept, Ok(true)) {
            self.store.delete_folder(&folder).map_err(Error::from)?;
        }
        kept.map(drop)
    }
}

/// What study needs done by itself, a bounded piece of each: group viewings that nobody ended, late cases, seats that follow
/// presence, tests whose time is over, records that facts have earned, what is due soon, ratings that have come. Several workers may do it at once;
/// what fails keeps nothing else from being done.
///
/// # Errors
/// The first one, after everything was tried.
pub fn tend(db: &Db, now: Timestamp) -> Result<()> {
    let done = [
        db.write_now(|conn| viewings::sweep(conn, now)).map(drop),
        db.write_now(|conn| visits::sweep(conn, now)).map(drop),
        db.write_now(|conn| cases::escalate(conn, now)).map(drop),
        db.write_now(|conn| enrolments::follow_attendance(conn, now)).map(drop),
        db.write_now(|conn| selftests::close_overdue(conn, now)).map(drop),
        study::catch_up(db, now).map(drop),
        study::remind(db, now).map(drop),
        // before ratings, whose own pass forgets keys without a line in the log
        rights::sweep(db, now).map(drop),
        ratings::tend(db, now),
        coverage::remind(db, now).map(drop),
        guidance::remind(db, now),
    ];
    done.into_iter().collect()
}

/// Deletes what was sent, some weeks after the work on it ended.
///
/// # Errors
/// Those of the database and of the store.
pub fn sweep(db: &Db, store: &Store, now: Timestamp) -> Result<()> {
    let days = db.read_now(|conn| site::number(conn, Setting::RetentionUploads, clock::day(now)))?;
    let before = now - Duration::days(days);
    for (id, folder) in db.read_now(|conn| store::old_originals(conn, before))? {
        store.delete_folder(&folder).map_err(Error::from)?;
        db.write_now(|conn| store::forget_original(conn, id))?;
    }
    Ok(())
}
