//! `weixiao verify`, for everybody who doubts a published ranking, and `log-continue`, for operators after a restore.
use super::{Failure, PlaceArgs};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use weixiao::db::Db;
use weixiao::lang::{Lang, Message};
use weixiao::rankings::{Witness, continue_log};
use weixiao::verify::{self, Accepted, Entry};
use weixiao::{clock, msg};

#[derive(Args)]
pub struct VerifyArgs {
    /// 下载的榜单文件 · the ranking as it was downloaded
    #[arg(required_unless_present = "publications")]
    file: Option<PathBuf>,
    /// 发布日志，分几份下载的按顺序都写上 · the log of publications; its parts in order
    #[arg(long, num_args = 1..)]
    publications: Vec<PathBuf>,
    /// 以前存下的发布日志：说出两份从哪里起不同 · an older copy of the log: says where the two fork
    #[arg(long, num_args = 1.., requires = "publications")]
    known: Vec<PathBuf>,
    /// 发布者的公钥（十六进制），和 /rankings/log 上的一样 · the publisher's key, as the page /rankings/log shows it
    #[arg(long)]
    key: Option<String>,
}

fn say(text: &Message) {
    println!("{}", text.in_lang(Lang::of_terminal()));
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure(msg!("打不开 {}：{}", path.display(), error)))
}

fn all(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    paths.iter().map(|path| bytes(path)).collect()
}

/// Prints what is wrong; whether anything is.
fn told(problems: &[Message]) -> bool {
    for problem in problems {
        say(problem);
    }
    !problems.is_empty()
}

fn told_of(file: &Accepted) {
    say(&msg!("《{}》第 {} 版，统计到 {}", file.title, file.revision, file.as_of));
    say(&msg!(
        "{} 条输入，{} 行，{} 个没有列入：每一行都重算过，和文件一样",
        file.inputs,
        file.rows,
        file.excluded
    ));
    say(&msg!("{} 个姓名和发布时的一样；其余没有公布", file.names));
    let entry = &file.publication;
    say(&msg!("发布日志第 {} 条（{}，{}），签名有效", entry.seq, entry.event, entry.at));
    say(&msg!("公钥 {}", entry.key));
}

/// What a file and a log that are each right say of each other.
fn disagreement(file: &Accepted, log: &[Entry]) -> Vec<Message> {
    let own = &file.publication;
    if log.iter().all(|entry| entry != own) {
        return vec![msg!("这份文件的那一条（第 {} 条）不在日志里", own.seq)];
    }
    let is_of_this = |entry: &&Entry| (entry.ranking, entry.revision) == (own.ranking, own.revision);
    match log.iter().filter(is_of_this).max_by_key(|entry| entry.seq) {
        Some(newest) if newest.seq > own.seq => {
            // Not wrong, only older than the log.
            say(&msg!("注意：日志第 {} 条说这一版后来是 {}", newest.seq, newest.event));
            vec![]
        }
        _ => vec![],
    }
}

pub fn verify(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let mut is_wrong = false;
    let file = match &args.file {
        None => None,
        Some(path) => match verify::file(&bytes(path)?) {
            Ok(file) => {
                told_of(&file);
                Some(file)
            }
            Err(problems) => {
                is_wrong |= told(&problems);
                None
            }
        },
    };
    let log = match args.publications.is_empty() {
        true => None,
        false => match verify::log(&all(&args.publications)?) {
            Ok(log) => {
                say(&msg!("发布日志共 {} 条，首尾相接，签名有效", log.len()));
                Some(log)
            }
            Err(problems) => {
                is_wrong |= told(&problems);
                None
            }
        },
    };
    if let (Some(file), Some(log)) = (&file, &log) {
        is_wrong |= told(&disagreement(file, log));
    }
    if let (Some(log), false) = (&log, args.known.is_empty()) {
        is_wrong |= match verify::log(&all(&args.known)?) {
            Ok(known) => {
                let problems = verify::compared(&known, log);
                if problems.is_empty() {
                    say(&msg!("旧日志的 {} 条都在新日志里", known.len()));
                }
                told(&problems)
            }
            Err(problems) => told(&problems),
        };
    }
    let keys =
        file.iter().map(|file| &file.publication.key).chain(log.iter().flatten().map(|entry| &entry.key));
    if let Some(wanted) = &args.key
        && keys.into_iter().any(|key| !key.eq_ignore_ascii_case(wanted))
    {
        is_wrong |= told(&[msg!("不是这把密钥签的")]);
    }
    say(&if is_wrong { msg!("没有通过核对。") } else { msg!("通过核对。") });
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[derive(Args)]
pub struct ContinueArgs {
    /// 为什么恢复了旧备份，会公开 · why an old backup was restored; this is published
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    place: PlaceArgs,
}

pub fn log_continue(args: ContinueArgs) -> Result<ExitCode, Failure> {
    let reason = args.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > weixiao::rankings::LONGEST_REASON {
        return Err(Failure(msg!(
            "请用 --reason 写明为什么，不超过 {} 字。",
            weixiao::rankings::LONGEST_REASON
        )));
    }
    let config = args.place.config()?;
    let db = Db::open(&config.database_url, false)?;
    let lost = continue_log(&db, &Witness::of(&config), &reason, clock::now())?;
    say(&msg!("已在发布日志里声明：丢了到第 {} 条（{}）为止的内容。现在可以发布。", lost.seq, lost.hash));
    Ok(ExitCode::SUCCESS)
}
