//! What is wrong with this installation, and what to do about it: `weixiao doctor`. Looks only, changes nothing but a
//! file that it writes and removes to see whether the media folder can be written.
use super::disk;
use super::store;
use crate::audit::Action;
use crate::calendar;
use crate::clock::{self, Timestamp};
use crate::config::Config;
use crate::db::{Db, migration_of, newest_migration};
use crate::error::{Error, Result};
use crate::inbox::mail::Mailer;
use crate::lang::Message;
use crate::media::Store;
use crate::msg;
use crate::processing::Tools;
use crate::rankings::Witness;
use crate::site::{self, Site};
use chrono::{Datelike, Duration};

/// How long the mail server may take to answer, in seconds.
const SMTP_SECONDS: u64 = 5;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Grade {
    Good,
    /// Works, but somebody should look at it.
    Note,
    /// Does not work, or soon will not.
    Bad,
}

impl Grade {
    pub fn words(self) -> Message {
        match self {
            Grade::Good => msg!("好"),
            Grade::Note => msg!("注意"),
            Grade::Bad => msg!("不行"),
        }
    }
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub grade: Grade,
    pub about: Message,
    pub text: Message,
}

fn found(grade: Grade, about: Message, text: Message) -> Finding {
    Finding { grade, about, text }
}

/// Looks at everything. The list is never empty.
pub fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![];
    let about = || msg!("数据库");
    match Db::attach(&config.database_url) {
        Err(problem) => findings.push(found(Grade::Bad, about(), problem.0)),
        Ok(db) => match db.read_now(migration_of) {
            Err(error) => findings.push(found(Grade::Bad, about(), msg!("读不出来：{}", error))),
            Ok(schema) if schema == newest_migration() => {
                findings.push(found(
                    Grade::Good,
                    about(),
                    msg!("{}，结构 {} 是最新的", db.address().shown(), schema),
                ));
                inside(&db, config, now, &mut findings).unwrap_or_else(|error| {
                    findings.push(found(Grade::Bad, about(), msg!("读不出来：{}", error)));
                });
            }
            Ok(schema) if schema > newest_migration() => findings.push(found(
                Grade::Bad,
                about(),
                msg!("结构 {} 比这个程序（{}）新。请换用新版本的程序。", schema, newest_migration()),
            )),
            Ok(schema) => findings.push(found(
                Grade::Bad,
                about(),
                msg!("结构 {} 旧了，请运行 weixiao migrate（先备份）。", schema),
            )),
        },
    }
    findings.push(media(config));
    findings.extend(objects(config));
    findings.extend(converter());
    findings.push(mail(config));
    findings.push(match &config.public_url {
        Some(url) if url.starts_with("https://") => found(Grade::Good, msg!("公开地址"), msg!("{}", url)),
        Some(url) => found(
            Grade::Note,
            msg!("公开地址"),
            msg!("{} 不是 https：密码和记录在路上没有加密。请用 TLS 代理（见 deploy/nginx.conf）。", url),
        ),
        None => found(
            Grade::Note,
            msg!("公开地址"),
            msg!("没有设 WEIXIAO_PUBLIC_URL：cookie 不限于 TLS。正式使用请设成 https 地址。"),
        ),
    });
    findings
}

/// What the database knows.
fn inside(db: &Db, config: &Config, now: Timestamp, findings: &mut Vec<Finding>) -> Result<()> {
    let damage = db.read_now(store::damage)?;
    findings.push(match damage {
        None => found(Grade::Good, msg!("数据完整"), msg!("没有发现损坏")),
        Some(damage) => {
            found(Grade::Bad, msg!("数据完整"), msg!("文件有损坏：{}。请停下服务，从备份恢复。", damage))
        }
    });
    findings.push(clocks(db, now)?);
    let (site, administrators, without, backup, key) = db.read_now(|conn| {
        Ok((
            Site::load(conn, clock::day(now))?,
            site::has_administrator(conn)?,
            store::without_factor(conn)?,
            store::last(conn, Action::BackupMade)?,
            site::secret_of(conn, "session_key")?,
        ))
    })?;
    findings.push(match key {
        Some(_) => found(Grade::Good, msg!("密钥"), msg!("在数据库里，各台服务器共用")),
        None => found(Grade::Note, msg!("密钥"), msg!("还没有：第一次运行 weixiao serve 时会生成")),
    });
    findings.push(if administrators {
        found(Grade::Good, msg!("管理员"), msg!("有"))
    } else {
        found(
            Grade::Bad,
            msg!("管理员"),
            msg!(
                "还没有。运行 weixiao serve，用它打印的安装码打开 /setup；或用 weixiao account add 和 grant。"
            ),
        )
    });
    findings.push(match (site.is_factor_required, without) {
        (false, _) => found(Grade::Note, msg!("第二重验证"), msg!("设置里没有要求全市角色使用")),
        (true, 0) => found(Grade::Good, msg!("第二重验证"), msg!("全市角色都已设好")),
        (true, n) => found(
            Grade::Note,
            msg!("第二重验证"),
            msg!("还有 {} 个全市角色的账号没有设，下次登录时会要求设", n),
        ),
    });
    let missing = site.missing();
    findings.push(if missing.is_empty() {
        found(Grade::Good, msg!("设置"), msg!("城市、电话、备案号、隐私说明、同意书都有"))
    } else {
        let names: Vec<_> =
            missing.iter().map(|setting| setting.words().in_lang(crate::lang::Lang::of_terminal())).collect();
        found(
            Grade::Note,
            msg!("设置"),
            msg!(
                "还空着：{}。请在“管理”的“设置”里填写。",
                names.join(if crate::lang::Lang::of_terminal().is_en() { ", " } else { "、" })
            ),
        )
    });
    findings.push(calendars(db, now)?);
    findings.push(match backup.map(|at| (at, (now - at).num_days())) {
        None => found(Grade::Note, msg!("备份"), msg!("还没有做过。请每天运行 weixiao backup，见操作手册。")),
        Some((at, days)) if days > 7 => {
            found(Grade::Note, msg!("备份"), msg!("上次是 {} 天前（{}）", days, clock::day(at)))
        }
        Some((at, _)) => found(Grade::Good, msg!("备份"), msg!("上次是 {}", clock::day(at))),
    });
    findings.push(publications(db, config)?);
    findings.push(room(db, config, now)?);
    Ok(())
}

/// Deadlines need the table of this year, and from October on of the next.
fn calendars(db: &Db, now: Timestamp) -> Result<Finding> {
    let today = clock::day(now);
    let needed = today.year()..=today.year() + i32::from(today.month() >= 10);
    for year in needed {
        if !db.read_now(|conn| calendar::has_year(conn, year))? {
            return Ok(found(
                Grade::Note,
                msg!("工作日历"),
                msg!("{} 年还没有，算不出异议的期限。请在“管理”的“工作日历”里填好并批准。", year),
            ));
        }
    }
    Ok(found(Grade::Good, msg!("工作日历"), msg!("需要的年份都有")))
}

/// Whether the log of publications is the one that was published from here.
fn publications(db: &Db, config: &Config) -> Result<Finding> {
    let (about, witness) = (msg!("发布日志"), Witness::of(config));
    let held = db.read_now(|conn| witness.must_be_held(conn));
    Ok(match (held, witness.read()) {
        (Err(Error::Refused(why)), _) => found(Grade::Bad, about, why),
        (Err(other), _) => return Err(other),
        (Ok(()), Ok(Some(head))) => found(Grade::Good, about, msg!("第 {} 条以前都在", head.seq)),
        (Ok(()), _) => found(Grade::Good, about, msg!("还没有发布过榜单")),
    })
}

fn clocks(db: &Db, now: Timestamp) -> Result<Finding> {
    let (server, newest) =
        db.read_now(|conn| Ok((store::server_clock(conn)?, store::newest_entry(conn)?)))?;
    let apart = server.map(|server| (server - now).num_seconds().abs()).unwrap_or_default();
    let text = if !(2025..2100).contains(&now.year()) {
        msg!("这台机器的日期是 {}，不对。请打开时间同步（timedatectl set-ntp true）。", clock::day(now))
    } else if newest.is_some_and(|newest| newest > now + Duration::minutes(5)) {
        msg!("记录里有比现在还晚的时间：这台机器的钟曾经快过，或现在慢了。请打开时间同步。")
    } else if apart > 5 {
        msg!("和数据库服务器的钟相差 {} 秒。请在两台机器上打开时间同步。", apart)
    } else {
        return Ok(found(Grade::Good, msg!("时钟"), msg!("{}", clock::local(now).format("%F %H:%M:%S"))));
    };
    Ok(found(Grade::Bad, msg!("时钟"), text))
}

fn media(config: &Config) -> Finding {
    let (about, shown) = (msg!("媒体文件夹"), config.media.display().to_string());
    if !config.media.is_dir() {
        return found(Grade::Bad, about, msg!("{} 不存在。请建好它，或用 WEIXIAO_MEDIA 指到别处。", shown));
    }
    let probe = config.media.join(format!(".probe-{}", std::process::id()));
    match std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) => found(Grade::Good, about, msg!("{} 可以写", shown)),
        Err(error) => found(Grade::Bad, about, msg!("{} 不能写：{}", shown, error)),
    }
}

/// The S3 store, where one is named.
fn objects(config: &Config) -> Option<Finding> {
    config.media_url.as_ref()?;
    let about = msg!("对象存储");
    let store = match Store::open(config) {
        Ok(store) => store,
        Err(error) => return Some(found(Grade::Bad, about, error.words())),
    };
    let (shown, listen) = (store.shown().unwrap_or_default(), format!("http://{}", config.listen));
    let pages = config.public_url.as_ref().unwrap_or(&listen);
    Some(match store.probe(pages)? {
        Ok(true) => found(Grade::Good, about, msg!("{} 可以写、读、删，网页可以直接读", shown)),
        Ok(false) => found(
            Grade::Note,
            about,
            msg!(
                "{} 可以写、读、删，但它的跨域设置（CORS）没有允许 {}，网页放不出录像。见操作手册。",
                shown,
                pages
            ),
        ),
        Err(error) => found(Grade::Bad, about, msg!("{}：{}", shown, error)),
    })
}

/// The server that takes reminders by e-mail.
fn mail(config: &Config) -> Finding {
    let about = msg!("邮件提醒");
    let mailer = match Mailer::of(config) {
        Err(problem) => return found(Grade::Bad, about, problem),
        Ok(Some(mailer)) => mailer,
        Ok(None) if config.smtp.is_some() => {
            let text = msg!("设了邮件服务器，没有设 WEIXIAO_PUBLIC_URL：信里的链接写不出来，所以不发信。");
            return found(Grade::Note, about, text);
        }
        Ok(None) => {
            let text = msg!("没有设邮件服务器，通知只在收件箱里。要用就设 WEIXIAO_SMTP_URL，见操作手册。");
            return found(Grade::Good, about, text);
        }
    };
    match mailer.probe(SMTP_SECONDS) {
        Ok((shown, false)) => found(Grade::Good, about, msg!("{} 连得上，接受发件人", shown)),
        Ok((shown, true)) => found(
            Grade::Note,
            about,
            msg!("{} 连得上，但路上不一定加密：别人可能读到信。请用 smtps:// 或 tls=required。", shown),
        ),
        Err(problem) => found(Grade::Bad, about, msg!("发不出去：{}", problem)),
    }
}

/// What of the converter of recordings is missing, and what is lost without it.
fn converter() -> Vec<Finding> {
    let lacks = Tools::find().lacks();
    if lacks.is_empty() {
        return vec![found(Grade::Good, msg!("转码工具"), msg!("齐全：ffmpeg 在隔离的环境里运行"))];
    }
    lacks.into_iter().map(|lack| found(Grade::Note, msg!("转码工具"), lack)).collect()
}

fn room(db: &Db, config: &Config, now: Timestamp) -> Result<Finding> {
    let about = msg!("磁盘");
    if !config.media.is_dir() {
        return Ok(found(Grade::Note, about, msg!("媒体文件夹不在，量不出来")));
    }
    let today = disk::measure(db, config, now)?;
    let mut samples = disk::samples(db)?;
    samples.retain(|sample| sample.day != today.day);
    samples.push(today);
    let (free, used) = (megabytes(today.free_bytes), megabytes(today.database_bytes + today.media_bytes));
    Ok(match disk::days_left(&samples) {
        _ if today.free_bytes < 1_000_000_000 => {
            found(Grade::Bad, about, msg!("只剩 {} MB。请马上腾出空间。", free))
        }
        Some(days) if days < 60 => found(
            Grade::Note,
            about,
            msg!("已用 {} MB，剩 {} MB，照现在的速度 {} 天后用完", used, free, days),
        ),
        Some(days) => {
            found(Grade::Good, about, msg!("已用 {} MB，剩 {} MB，照现在的速度够 {} 天", used, free, days))
        }
        None => found(Grade::Good, about, msg!("已用 {} MB，剩 {} MB，还没有看出增长", used, free)),
    })
}

/// Whole megabytes.
pub fn megabytes(bytes: i64) -> i64 {
    bytes / 1_000_000
}
