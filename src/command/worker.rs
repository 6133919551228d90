//! `weixiao worker`: the work behind pages, in a process of its own. `serve` starts one beside itself.
use super::{Failure, PlaceArgs};
use clap::Args;
use rustix::process::{Signal, nice, set_parent_process_death_signal};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use weixiao::channels::{self, Sender};
use weixiao::clock;
use weixiao::config::Config;
use weixiao::db::Db;
use weixiao::inbox::{self, mail::Mailer};
use weixiao::msg;
use weixiao::processing::Tools;
use weixiao::worker::{self, Worker};

/// Between two looks for work, in seconds: an instructor who waits for a first picture should not wait for us.
const LOOK_SECONDS: u64 = 2;
/// Between two looks for mail, in seconds: somebody waits for the link that confirms an address.
const MAIL_SECONDS: u64 = 30;
/// Between two looks at what study needs, in seconds: whoever has just finished a course waits for the record.
const STUDY_SECONDS: u64 = 15;
/// Between two looks for announcements, in seconds: whoever tries a robot out waits for its message.
const GROUP_SECONDS: u64 = 10;
/// After a failure of the database or a worker that ended, in seconds.
const AGAIN_SECONDS: u64 = 5;

#[derive(Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// 做完现有的任务就退出 · end when there is nothing left to do
    #[arg(long)]
    once: bool,
    /// 启动它的服务停了，它也停 · ends with the server that started it
    #[arg(long, hide = true)]
    beside: bool,
}

pub fn work(args: WorkerArgs) -> Result<ExitCode, Failure> {
    if args.beside {
        set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)?;
    }
    // Pages go first.
    nice(10).map_err(std::io::Error::from)?;
    let config = args.place.config()?;
    // The server brings the tables up to date; an older server may still run beside a newer worker.
    let db = Db::attach(&config.database_url)?;
    let tools = Tools::find();
    for lack in tools.lacks() {
        tracing::warn!("{lack}");
    }
    let mailer = Mailer::of(&config).map_err(Failure)?;
    let mut worker = Worker::new(db.clone(), &config, tools)?;
    if args.once {
        worker::tend(&db, clock::now())?;
    } else {
        let db = db.clone();
        std::thread::Builder::new().name("study".into()).spawn(move || tend(&db))?;
    }
    let sender = Sender::of(&config).map_err(Failure)?;
    let sender = match sender {
        Some(sender) if !args.once => {
            let db = db.clone();
            std::thread::Builder::new().name("channels".into()).spawn(move || announce(&db, &sender))?;
            None
        }
        sender => sender,
    };
    let groups = db.clone();
    let mailer = match mailer {
        Some(mailer) if !args.once => {
            std::thread::Builder::new().name("mail".into()).spawn(move || post(&db, &mailer))?;
            None
        }
        mailer => mailer.map(|mailer| (db, mailer)),
    };
    loop {
        match worker.step(clock::now()) {
            Ok(true) => {}
            Ok(false) if args.once => {
                if let Some(sender) = &sender {
                    channels::deliver(&groups, sender, clock::now())?;
                }
                if let Some((db, mailer)) = &mailer {
                    inbox::deliver(db, mailer, clock::now())?;
                }
                return Ok(ExitCode::SUCCESS);
            }
            Ok(false) => {
                // Somebody may have installed ffmpeg meanwhile.
                if !worker.can_convert() {
                    worker.equip(Tools::find());
                }
                std::thread::sleep(Duration::from_secs(LOOK_SECONDS));
            }
            Err(error) if args.once => return Err(error.into()),
            // The database is away: it comes back.
            Err(error) => {
                tracing::warn!(%error, "the worker waits");
                std::thread::sleep(Duration::from_secs(AGAIN_SECONDS));
            }
        }
    }
}

/// Does what study needs as long as the worker lives: on a thread of its own, as mail is.
fn tend(db: &Db) {
    loop {
        if let Err(error) = worker::tend(db, clock::now()) {
            tracing::warn!(%error, "study waits");
        }
        std::thread::sleep(Duration::from_secs(STUDY_SECONDS));
    }
}

/// Hands announcements to the robots of groups as long as the worker lives: on a thread of its own, since they may be slow.
fn announce(db: &Db, sender: &Sender) {
    loop {
        if let Err(error) = channels::deliver(db, sender, clock::now()) {
            tracing::warn!(%error, "announcements wait");
        }
        std::thread::sleep(Duration::from_secs(GROUP_SECONDS));
    }
}

/// Sends mail as long as the worker lives: on a thread of its own, since a long recording takes an hour.
fn post(db: &Db, mailer: &Mailer) {
    loop {
        if let Err(error) = inbox::deliver(db, mailer, clock::now()) {
            tracing::warn!(%error, "mail waits");
        }
        std::thread::sleep(Duration::from_secs(MAIL_SECONDS));
    }
}

/// Starts a worker beside this server, and again whenever it ends. It is told everything by its environment: a password on
/// its command line could be read by every user of the machine.
///
/// # Errors
/// If there is no thread to watch it.
pub fn beside(config: &Config) -> Result<(), Failure> {
    let program = std::env::current_exe()?;
    let config = config.clone();
    let start = move || -> std::io::Result<Child> {
        let mut command = Command::new(&program);
        command
            .args(["worker", "--beside"])
            .env("DATABASE_URL", &config.database_url)
            .env("WEIXIAO_MEDIA", &config.media)
            .env("WEIXIAO_UPLOADS", &config.uploads)
            .stdin(Stdio::null());
        let smtp = config.smtp.as_ref();
        let hosts = config.webhook_hosts.join(",");
        for (name, value) in [
            ("WEIXIAO_MEDIA_URL", config.media_url.as_deref().map(OsStr::new)),
            ("WEIXIAO_ACCEL", config.accel.as_deref().map(OsStr::new)),
            ("WEIXIAO_PUBLIC_URL", config.public_url.as_deref().map(OsStr::new)),
            ("WEIXIAO_SMTP_URL", smtp.map(|smtp| OsStr::new(&smtp.url))),
            ("WEIXIAO_SMTP_FROM", smtp.map(|smtp| OsStr::new(&smtp.from))),
            ("WEIXIAO_WEBHOOK_HOSTS", Some(OsStr::new(&hosts)).filter(|hosts| !hosts.is_empty())),
            ("WEIXIAO_SMTP_CA", smtp.and_then(|smtp| smtp.authorities.as_deref()).map(Path::as_os_str)),
        ] {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.spawn()
    };
    // The thread lives as long as the server: the kernel ends the worker when the thread that started it is gone.
    let watch = move || loop {
        let ended = start().and_then(|mut child| child.wait());
        match ended {
            Ok(status) => tracing::warn!(%status, "the worker ended, another one starts"),
            Err(error) => tracing::warn!(%error, "no worker could be started"),
        }
        std::thread::sleep(Duration::from_secs(AGAIN_SECONDS));
    };
    std::thread::Builder::new()
        .name("worker".into())
        .spawn(watch)
        .map_err(|error| Failure(msg!("没有办成：{}", error)))?;
    Ok(())
}
