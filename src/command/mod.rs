//! What the commands share: their options, why one failed, and the log.
pub mod account;
pub mod imports;
pub mod serve;
pub mod rankings;
pub mod upkeep;
pub mod worker;

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use weixiao::config::{Config, Smtp};
use weixiao::lang::Message;
use weixiao::msg;

/// 微校：全市微党校的门户 · the portal of a city's micro party schools
#[derive(Parser)]
#[command(name = "weixiao", version)]
pub struct Cli {
    #[command(flatten)]
    pub log: LogArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// 建一座演示城市（只建一次）并打开 · make a demonstration city, once, and serve it
    Demo(serve::DemoArgs),
    /// 运行门户 · serve the portal
    Serve(serve::ServeArgs),
    /// 单独运行后台任务：收存上传的文件、转码 · the work behind pages alone: keeping uploads, making recordings
    Worker(worker::WorkerArgs),
    /// 更新数据库的结构，或退回旧的结构 · bring the tables up to date, or back
    Migrate(upkeep::MigrateArgs),
    /// 检查这套安装，说出该做什么 · examine this installation and say what to do
    Doctor(PlaceArgs),
    /// 账号：新建、重置、授权 · accounts: add, reset, grant
    Account(account::AccountArgs),
    /// 导入名单：党员、党组织、微党校、联盟 · bring in a list of members, organisations, schools or alliances
    Import(imports::ImportArgs),
    /// 备份到一个新文件夹，运行中也可以 · back up into a new folder, also while serving
    Backup(upkeep::BackupArgs),
    /// 从备份恢复，不覆盖任何数据 · restore a backup; never writes over data
    Restore(upkeep::BackupArgs),
    /// 在两种数据库之间搬迁，逐行核对 · move to the other database, checked row by row
    Copy(upkeep::CopyArgs),
    /// 核对发布的榜单：重算每一行，查摘要、签名和发布日志 · check a published ranking: every row, digest, signature, the log
    Verify(rankings::VerifyArgs),
    /// 恢复旧备份后，在发布日志里声明丢了什么，再接着发布 · after a restore: say in the log what was lost, and go on
    LogContinue(rankings::ContinueArgs),
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Form {
    Text,
    Json,
}

#[derive(Args)]
pub struct LogArgs {
    /// 记录到哪一级（写到标准错误）· level of the log, on standard error
    #[arg(long, env = "WEIXIAO_LOG", default_value = "info", global = true)]
    pub log: Level,
    /// 日志格式：text 或 json · form of the log
    #[arg(long, env = "WEIXIAO_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: Form,
}

/// Lines of what happens on standard error: routes, outcomes and times; no names, addresses or accounts.
pub fn start_log(args: &LogArgs) {
    let level = match args.log {
        Level::Error => tracing::Level::ERROR,
        Level::Warn => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_target(false).with_writer(std::io::stderr).with_max_level(level);
    match args.log_format {
        Form::Text => log.with_ansi(false).init(),
        Form::Json => log.json().flatten_event(true).init(),
    }
}

#[derive(Args)]
pub struct DatabaseArgs {
    /// sqlite:文件 或 postgres://用户@主机/库 · sqlite:PATH or postgres://…
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
}

/// Where an installation is and how it is reached.
#[derive(Args)]
pub struct PlaceArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// 录像和讲义的文件夹 · folder of recordings and hand-outs
    #[arg(long, default_value = "./var/media", env = "WEIXIAO_MEDIA")]
    pub media: PathBuf,
    /// 新录像改存到对象存储：s3://桶/前缀?endpoint=…；密钥用环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY ·
    /// new recordings go to an S3 store, its keys come from these two variables
    #[arg(long, env = "WEIXIAO_MEDIA_URL")]
    pub media_url: Option<String>,
    /// 没传完的文件放在哪里，默认在媒体文件夹旁边的 uploads · where files arrive, beside the media by default
    #[arg(long, env = "WEIXIAO_UPLOADS")]
    pub uploads: Option<PathBuf>,
    /// 由 nginx 发送媒体文件时的内部地址，如 /_media/ · internal address under which nginx sends the media folder
    #[arg(long, env = "WEIXIAO_ACCEL")]
    pub accel: Option<String>,
    /// 监听地址 · address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", env = "WEIXIAO_LISTEN")]
    pub listen: SocketAddr,
    /// 公开地址，如 https://dx.example.gov.cn；是 https 时 cookie 只走 TLS · the address that people type
    #[arg(long, env = "WEIXIAO_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// 提醒邮件的发件人，如 微党校 <weixiao@dx.example.gov.cn>；邮件服务器用环境变量 WEIXIAO_SMTP_URL
    /// （smtps://用户:口令@主机，或 smtp://用户:口令@主机:587?tls=required），自建的证书机构用 WEIXIAO_SMTP_CA（PEM 文件）·
    /// sender of reminders by e-mail; the server and an authority of one's own come from these two variables
    #[arg(long, env = "WEIXIAO_SMTP_FROM")]
    pub smtp_from: Option<String>,
    /// 可信代理的 IP，用逗号隔开；只信它们的 X-Forwarded-For · proxies whose X-Forwarded-For is believed
    #[arg(long, env = "WEIXIAO_TRUSTED_PROXY", value_delimiter = ',')]
    pub trusted_proxy: Vec<IpAddr>,
    /// 群机器人除官方地址外还可以用的地址，如 http://10.0.0.5:8080，用逗号隔开 · origins that robots of groups may have beside
    /// their makers' own
    #[arg(long, env = "WEIXIAO_WEBHOOK_HOSTS", value_delimiter = ',')]
    pub webhook_host: Vec<String>,
}

impl PlaceArgs {
    pub fn config(self) -> Result<Config, Failure> {
        let public_url = self.public_url.filter(|url| !url.is_empty());
        if let Some(url) = &public_url
            && !["http://", "https://"].iter().any(|scheme| {
                url.strip_prefix(scheme)
                    .is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']))
            })
        {
            return Err(Failure(msg!("公开地址写得不对：{}。请写成 https://域名，后面不要加路径。", url)));
        }
        let accel = self.accel.filter(|prefix| !prefix.is_empty());
        if let Some(prefix) =
            accel.as_ref().filter(|prefix| !(prefix.starts_with('/') && prefix.ends_with('/')))
        {
            return Err(Failure(msg!("nginx 的内部地址写得不对：{}。前后都要有斜线，如 /_media/。", prefix)));
        }
        // Only from the environment: what stands on the command line can be read by every user of the machine.
        let secret = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let metrics_token = secret("WEIXIAO_METRICS_TOKEN");
        // What is wrong with it is said by those who send: a backup needs no mail.
        let smtp = secret("WEIXIAO_SMTP_URL").map(|url| Smtp {
            url,
            from: self.smtp_from.unwrap_or_default(),
            authorities: secret("WEIXIAO_SMTP_CA").map(PathBuf::from),
        });
        Ok(Config {
            database_url: self.database.database_url,
            listen: self.listen,
            uploads: self.uploads.unwrap_or_else(|| beside(&self.media)),
            witness: Some(witness(&self.media)),
            media: self.media,
            media_url: self.media_url.filter(|url| !url.is_empty()),
            accel,
            public_url,
            trusted_proxies: self.trusted_proxy.iter().map(IpAddr::to_canonical).collect(),
            metrics_token,
            smtp,
            webhook_hosts: self.webhook_host,
            is_demo: false,
        })
    }
}

/// The folder of unfinished uploads beside the media: on the same disk, so that what is complete only changes its name.
pub fn beside(media: &std::path::Path) -> PathBuf {
    media.with_file_name("uploads")
}

/// The witness of the log of publications beside the media: neither in the database nor in its backup.
pub fn witness(media: &std::path::Path) -> PathBuf {
    media.with_file_name("publications.json")
}

/// Why a command could not do it.
pub struct Failure(pub Message);
impl From<weixiao::db::CannotOpen> for Failure {
    fn from(error: weixiao::db::CannotOpen) -> Failure {
        Failure(error.0)
    }
}
impl From<weixiao::error::Error> for Failure {
    fn from(error: weixiao::error::Error) -> Failure {
        use weixiao::error::Error;
        Failure(match error {
            Error::Refused(why) => why,
            other => msg!("没有办成：{}", other),
        })
    }
}
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(msg!("没有办成：{}", error))
    }
}
