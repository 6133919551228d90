//! `weixiao import`: lists of members, organisations, schools and alliances, by the rules of the pages.
use super::{DatabaseArgs, Failure};
use clap::{Args, ValueEnum};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use weixiao::db::Db;
use weixiao::ids::random_hex;
use weixiao::imports::{self, Kind, Mapping, Sent, State, files, read};
use weixiao::lang::{self, Lang, Message};
use weixiao::{clock, msg};

/// Rows that are told of; a file with more is looked at on its page.
const MOST_TOLD: i64 = 200;

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// 党员
    Members,
    /// 党组织
    Organizations,
    /// 微党校
    Schools,
    /// 联盟
    Alliances,
}

#[derive(Args)]
pub struct ImportArgs {
    /// 名单里是什么 · what the list holds
    what: What,
    /// XLSX 或 CSV 文件 · the file, XLSX or CSV
    file: PathBuf,
    /// 只检查，什么都不改 · look only, change nothing
    #[arg(long)]
    dry_run: bool,
    /// 同第一个参数：members、organizations、schools 或 alliances · the same as the first argument, and before it
    #[arg(long)]
    kind: Option<What>,
    /// CSV 的编码，例如 gb18030；不写就自动识别 · encoding of a CSV file, where it is not guessed right
    #[arg(long)]
    encoding: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn say(text: &Message) {
    println!("{}", text.in_lang(Lang::of_terminal()));
}

/// Beside what a script reads. Whoever started this may have stopped listening.
fn whisper(text: &Message) {
    let _ = writeln!(std::io::stderr(), "{}", text.in_lang(Lang::of_terminal()));
}

/// Tells how many rows have been compared, a line for each tenth of them.
fn telling() -> impl FnMut(usize, usize) {
    let mut last = 0;
    move |done, total| {
        let tenths = done * 10 / total.max(1);
        if tenths > last {
            last = tenths;
            whisper(&msg!("已核对 {} / {} 行。", done, total));
        }
    }
}

pub fn import(args: ImportArgs) -> Result<ExitCode, Failure> {
    let kind = match args.kind.unwrap_or(args.what) {
        What::Members => Kind::Members,
        What::Organizations => Kind::Organizations,
        What::Schools => Kind::Schools,
        What::Alliances => Kind::Alliances,
    };
    let bytes = std::fs::read(&args.file)
        .map_err(|error| Failure(msg!("打不开 {}：{}。请核对路径。", args.file.display(), error)))?;
    let bytes = read::as_utf8(bytes, args.encoding.as_deref()).map_err(Failure)?;
    let rows = read::rows(&bytes).map_err(Failure)?;
    let mapping = Mapping::guess(kind, &rows);
    if !mapping.columns.iter().any(|name| name == "name") {
        let wanted: Vec<_> = kind.columns().iter().map(|column| column.words(kind).to_string()).collect();
        return Err(Failure(msg!("没有认出表头。前十行里要有一行是列名，可以用：{}", wanted.join("、"))));
    }
    let db = Db::open(&args.database.database_url, false)?;
    let name = args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (scope, key) = (vec!["/".to_owned()], random_hex(16));
    let id = db.write_now(|conn| {
        let sent = Sent { kind, name: &name, bytes: &bytes, rows: &rows, scope: &scope, by: None, key: &key };
        let id = imports::upload(conn, &sent, clock::now())?;
        let import = imports::load(conn, id)?;
        imports::ask_check(conn, &import, &mapping, false, &scope, clock::now())?;
        Ok(id)
    })?;
    imports::run_here(&db, id, &mut telling(), clock::now())?;
    let import = db.read_now(|conn| imports::load(conn, id))?;
    if import.state != State::Checked {
        return Err(Failure(msg!("{}", lang::kept(&import.problem, Lang::of_terminal()))));
    }
    say(&msg!("新增 {}，改动 {}，不变 {}", import.new_count, import.changed_count, import.same_count));
    if !import.may_apply() {
        let wrong = db.read_now(|conn| imports::problems(conn, id, MOST_TOLD))?;
        for row in &wrong {
            say(&msg!(
                "第 {} 行：{} {}",
                row.line,
                row.label,
                files::remarks(kind, &row.detail, Lang::of_terminal())
            ));
        }
        return Err(Failure(msg!(
            "有 {} 行不对，{} 行可能重复，什么都没有导入。请改好文件再来一次；可能重复的，在门户的 /imports/{} 上决定。",
            import.wrong_count,
            import.unsure_count,
            id
        )));
    }
    if args.dry_run {
        say(&msg!("检查通过，什么都没有改。去掉 --dry-run 就导入，或在门户的 /imports/{} 上导入。", id));
        return Ok(ExitCode::SUCCESS);
    }
    db.write_now(|conn| imports::ask_apply(conn, &import, &scope, None, clock::now()))?;
    let mut told = telling();
    let mut told = |done: usize, total: usize| {
        told(done, total);
        if done == total {
            whisper(&msg!("正在一次写入，请稍候。"));
        }
    };
    imports::run_here(&db, id, &mut told, clock::now())?;
    let import = db.read_now(|conn| imports::load(conn, id))?;
    if import.state != State::Applied {
        return Err(Failure(msg!("{}", lang::kept(&import.problem, Lang::of_terminal()))));
    }
    say(&msg!("已导入。{} 天内可以在门户的 /imports/{} 上撤销。", imports::KEPT_DAYS, id));
    Ok(ExitCode::SUCCESS)
}
