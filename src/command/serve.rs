//! `weixiao demo` and `weixiao serve`.
use super::{Failure, PlaceArgs};
use actix_web::{App, HttpServer};
use clap::Args;
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use weixiao::app::Portal;
use weixiao::config::{BLOCKING_THREADS, Config, HEAD_SECONDS, KEEP_ALIVE_SECONDS, STOP_SECONDS};
use weixiao::db::Db;
use weixiao::inbox::mail::Mailer;
use weixiao::media::Store;
use weixiao::rankings::{self, Witness};
use weixiao::{clock, demo, msg, site, upkeep, uploads, worker};

#[derive(Args)]
pub struct DemoArgs {
    /// 放数据的文件夹 · folder of the data
    #[arg(long, default_value = "./var/demo", env = "WEIXIAO_DEMO_DIR")]
    dir: PathBuf,
    /// 监听地址 · address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", env = "WEIXIAO_LISTEN")]
    listen: SocketAddr,
    /// 规模：city、full（加两百万行到场记录）或 bench（再十倍党员，用于测量）· size: city, full (with two million rows of
    /// attendance), or bench (tenfold as well), for measurements
    #[arg(long, default_value = "city", value_parser = ["city", "full", "bench", "town"])]
    scale: String,
    /// 建好就退出，不运行 · make it and exit
    #[arg(long)]
    make_only: bool,
    /// 工作线程数，默认每核一个 · worker threads, one a core by default
    #[arg(long, env = "WEIXIAO_WORKERS")]
    workers: Option<usize>,
}

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// 工作线程数，默认每核一个 · worker threads, one a core by default
    #[arg(long, env = "WEIXIAO_WORKERS")]
    workers: Option<usize>,
    /// 不在旁边启动后台任务（另有机器运行 weixiao worker 时）· start no worker beside the server
    #[arg(long, env = "WEIXIAO_NO_WORKER")]
    no_worker: bool,
    /// SQLite 文件不存在时新建 · make the SQLite file if there is none
    #[arg(long)]
    init: bool,
}

pub fn demo(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let (database, media) = (args.dir.join("weixiao.db"), args.dir.join("media"));
    if !database.exists() {
        make_demo(&args.dir, &database, &media, &args.scale)?;
    }
    if args.make_only {
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config {
        database_url: sqlite_url(&database),
        listen: args.listen,
        uploads: super::beside(&media),
        witness: Some(super::witness(&media)),
        media,
        media_url: None,
        accel: None,
        public_url: None,
        trusted_proxies: vec![],
        metrics_token: None,
        smtp: None,
        webhook_hosts: vec![],
        is_demo: true,
    };
    run(config, args.workers, false, true)
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// Makes the city beside its final place, and moves it there when it is complete: a city that is there is whole.
fn make_demo(dir: &Path, database: &Path, media: &Path, scale: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(dir)?;
    let unfinished = dir.join("unfinished.db");
    for ending in ["", "-wal", "-shm"] {
        match std::fs::remove_file(dir.join(format!("unfinished.db{ending}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let scale = match scale {
        "full" => demo::Scale::FULL,
        "bench" => demo::Scale::BENCH,
        "town" => demo::Scale::TOWN,
        _ => demo::Scale::CITY,
    };
    let started = std::time::Instant::now();
    let is_terminal = std::io::stderr().is_terminal();
    let mut said = |what: &str, percent: u8| {
        let filled = usize::from(percent) * 30 / 100;
        let bar = format!("[{}{}] {percent:3} %  {what}", "█".repeat(filled), "·".repeat(30 - filled));
        // A line that cannot be shown is no reason to stop.
        let _ = match is_terminal {
            true => write!(std::io::stderr(), "\r\x1b[K{bar}"),
            false => writeln!(std::io::stderr(), "{bar}"),
        };
    };
    let db = Db::open(&sqlite_url(&unfinished), true)?;
    db.write_now(|conn| demo::make(conn, media, scale, clock::now(), &mut said))?;
    db.close_sqlite()?;
    std::fs::rename(&unfinished, database)?;
    eprintln!("{}{:.1} s", if is_terminal { "\n" } else { "" }, started.elapsed().as_secs_f64());
    Ok(())
}

pub fn serve(args: ServeArgs) -> Result<ExitCode, Failure> {
    run(args.place.config()?, args.workers, args.init, !args.no_worker)
}

#[actix_web::main]
async fn run(
    config: Config,
    workers: Option<usize>,
    may_create: bool,
    has_worker: bool,
) -> Result<ExitCode, Failure> {
    Mailer::of(&config).map_err(Failure)?;
    let db = Db::open(&config.database_url, may_create)?;
    std::fs::create_dir_all(&config.media)?;
    std::fs::create_dir_all(&config.uploads)?;
    let (listen, is_demo) = (config.listen, config.is_demo);
    let setup_code = db.write_now(site::new_setup_code)?;
    let public_url = config.public_url.clone();
    let portal = Portal::new(db.clone(), config.clone())?;
    if let Err(error) = rankings::start(&db, &Witness::of(&config)) {
        tracing::error!(%error, "the log of publications");
    }
    let worker_config = config.clone();
    actix_web::rt::spawn(keep_house(db, config, portal.media.store.clone()));
    let mut server = HttpServer::new(move || App::new().configure(|app| portal.configure(app)))
        .client_request_timeout(Duration::from_secs(HEAD_SECONDS))
        .worker_max_blocking_threads(BLOCKING_THREADS)
        // A page is sent as head and body: neither waits for the other's acknowledgement.
        .tcp_nodelay(true)
        .keep_alive(Duration::from_secs(KEEP_ALIVE_SECONDS))
        .shutdown_timeout(STOP_SECONDS);
    if let Some(workers) = workers {
        server = server.workers(workers.clamp(1, 256));
    }
    let server = server.bind(listen).map_err(|error| Failure(msg!("不能在 {} 上监听：{}", listen, error)))?;
    if has_worker {
        super::worker::beside(&worker_config)?;
    }
    greet(listen, is_demo, setup_code.map(|code| (public_url, code)));
    server.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// Each hour: a sample of the disk once a day, uploads that have expired, originals that were kept long enough. A failure
/// costs that round, not the server.
async fn keep_house(db: Db, config: Config, store: Store) {
    loop {
        let (db, config, store) = (db.clone(), config.clone(), store.clone());
        let round = move || {
            let now = clock::now();
            let told = |what: &str, outcome: weixiao::error::Result<()>| {
                if let Err(error) = outcome {
                    tracing::warn!(%error, what, "not done this hour");
                }
            };
            told("disk sample", upkeep::disk::keep_todays(&db, &config, now));
            told("uploads", db.write_now(|conn| uploads::sweep(conn, &config.uploads, now)));
            told("originals", worker::sweep(&db, &store, now));
            told("imports", db.write_now(|conn| weixiao::imports::sweep(conn, now)).map(drop));
        };
        if let Err(error) = actix_web::web::block(round).await {
            tracing::warn!(%error, "not done this hour");
        }
        actix_web::rt::time::sleep(Duration::from_secs(3_600)).await;
    }
}

/// Says where the portal is, how to sign in to the demonstration, and how to set up what has no administrator yet.
fn greet(listen: SocketAddr, is_demo: bool, setup: Option<(Option<String>, String)>) {
    let mut text = format!("http://{listen}\n");
    if is_demo {
        text += &format!("演示账号（密码都是 {}）· demo accounts, all with this password:\n", demo::PASSWORD);
        for account in demo::ACCOUNTS {
            text += &format!("  {:<11} {}\n", account.name, account.about);
        }
    }
    if let Some((public_url, code)) = setup {
        let base = public_url.unwrap_or_else(|| format!("http://{listen}"));
        text +=
            &format!("还没有管理员。安装码 · no administrator yet, set-up code:\n  {base}/setup  {code}\n");
    }
    // Whoever started the portal may have stopped listening; that is no reason for it not to serve.
    let _ = std::io::stdout().write_all(text.as_bytes()).and_then(|()| std::io::stdout().flush());
}
