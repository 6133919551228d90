//! `weixiao migrate`, `doctor`, `backup`, `restore`, `copy`.
use super::{DatabaseArgs, Failure, PlaceArgs};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use weixiao::db::{Address, Db, migrate_to, newest_migration};
use weixiao::lang::Lang;
use weixiao::upkeep::doctor::{self, Grade};
use weixiao::upkeep::{backup, copy};
use weixiao::{clock, msg};

#[derive(Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// 到哪一步为止；比现在旧就退回去 · the migration to stop at; an older one goes back to it
    #[arg(long)]
    to: Option<String>,
    /// SQLite 文件不存在时新建 · make the SQLite file if there is none
    #[arg(long)]
    init: bool,
}

#[derive(Args)]
pub struct BackupArgs {
    /// 备份的文件夹 · folder of the backup
    dir: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args)]
pub struct CopyArgs {
    /// 从哪里 · from: sqlite:PATH or postgres://…
    source: String,
    /// 到哪里，要是空的 · to, an empty database: sqlite:PATH or postgres://…
    target: String,
}

fn say(text: &weixiao::lang::Message) {
    println!("{}", text.in_lang(Lang::of_terminal()));
}

pub fn migrate(args: &MigrateArgs) -> Result<ExitCode, Failure> {
    let done = migrate_to(&args.database.database_url, args.init, args.to.as_deref())?;
    for step in &done {
        println!("{step}");
    }
    if done.is_empty() {
        say(&msg!("结构 {} 已经是要的，什么都没有改动。", args.to.clone().unwrap_or_else(newest_migration)));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn doctor(args: PlaceArgs) -> Result<ExitCode, Failure> {
    let lang = Lang::of_terminal();
    let findings = doctor::examine(&args.config()?, clock::now());
    for one in &findings {
        let colon = if lang.is_en() { ": " } else { "：" };
        println!(
            "[{}] {}{colon}{}",
            one.grade.words().in_lang(lang),
            one.about.in_lang(lang),
            one.text.in_lang(lang)
        );
    }
    let is_bad = findings.iter().any(|one| one.grade == Grade::Bad);
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

pub fn backup(args: BackupArgs) -> Result<ExitCode, Failure> {
    let config = args.place.config()?;
    let db = Db::attach(&config.database_url)?;
    let made = backup::make(&db, &config, &args.dir, clock::now())?;
    say(&msg!(
        "已备份 {} 个文件、{} MB 到 {}",
        made.files.len(),
        made.bytes() / 1_000_000,
        args.dir.display()
    ));
    if let Some(store) = made.left_out.iter().find(|one| one.starts_with("s3://")) {
        say(&msg!("存到 {} 的录像不在备份里，请用对象存储自己的版本或复制功能。", store));
    }
    if !db.address().is_sqlite() {
        say(&msg!("数据库请用下面这一行备份："));
        println!("{}", backup::pg_dump_line(db.address(), &args.dir));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn restore(args: &BackupArgs) -> Result<ExitCode, Failure> {
    let address = Address::of(&args.place.database.database_url)?;
    let manifest = backup::restore(&args.dir, &address, &args.place.media)?;
    say(&msg!(
        "已恢复 {} 的备份：{} 个文件、{} MB",
        backup::made_at(&manifest),
        manifest.files.len(),
        manifest.bytes() / 1_000_000
    ));
    if !address.is_sqlite() {
        say(&msg!("数据库请用下面这一行恢复到一个空库："));
        println!("{}", backup::pg_restore_line(&address, &args.dir));
    }
    Ok(ExitCode::SUCCESS)
}

pub fn copy(args: &CopyArgs) -> Result<ExitCode, Failure> {
    if args.source == args.target {
        return Err(Failure(msg!("来源和目标是同一个数据库，什么都没有改动。")));
    }
    let source = Db::attach(&args.source)?;
    let schema = source.read_now(weixiao::db::migration_of)?;
    if schema != newest_migration() {
        return Err(Failure(msg!("来源的结构 {} 不是最新的，请先对它运行 weixiao migrate。", schema)));
    }
    let target = Db::open(&args.target, true)?;
    let copied = source.read_now(|from| {
        target.write_now(|to| copy::copy(from, to, &mut |one| println!("{:>10}  {}", one.rows, one.table)))
    })?;
    let rows: u64 = copied.iter().map(|one| one.rows).sum();
    say(&msg!("{} 张表、{} 行，逐行核对一致。", copied.len(), rows));
    Ok(ExitCode::SUCCESS)
}
