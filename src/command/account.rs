//! `weixiao account`: the first administrator, lost passwords, roles.
use super::{DatabaseArgs, Failure};
use clap::{Args, Subcommand};
use std::process::ExitCode;
use weixiao::access::{Role, ScopeKind};
use weixiao::audit::Doer;
use weixiao::db::Db;
use weixiao::ids::OrgId;
use weixiao::{accounts, clock, msg, people};

#[derive(Args)]
pub struct AccountArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    what: AccountCommand,
}

#[derive(Subcommand)]
enum AccountCommand {
    /// 新建一个人和账号，并打印一次性登录码 · a person with an account, and its one-time code
    Add {
        /// 账号名 · account name
        username: String,
        /// 姓名 · the person's name
        #[arg(long)]
        name: String,
        /// 手机号 · telephone
        #[arg(long)]
        phone: Option<String>,
    },
    /// 打印新的一次性登录码 · print a new one-time code
    Reset {
        /// 账号名 · account name
        username: String,
    },
    /// 取消丢失的第二重验证，下次登录时重新设 · remove a lost second factor
    ForgetFactor {
        /// 账号名 · account name
        username: String,
    },
    /// 授予权限 · give a role
    Grant {
        /// 账号名 · account name
        username: String,
        /// 角色 · role
        role: String,
        /// 范围：city，或 committee:ID branch:ID school:ID alliance:ID · scope
        #[arg(long, default_value = "city")]
        scope: String,
        /// 收回而不是授予 · end the role instead
        #[arg(long)]
        end: bool,
    },
}

pub fn run(args: &AccountArgs) -> Result<ExitCode, Failure> {
    let db = Db::open(&args.database.database_url, false)?;
    let now = clock::now();
    let doer = Doer { request: "command".into(), ..Doer::default() };
    let named = |conn: &mut weixiao::db::Conn, username: &str| {
        accounts::by_username(conn, username)?
            .ok_or_else(|| weixiao::error::Error::Refused(msg!("没有叫 {} 的账号", username)))
    };
    match &args.what {
        AccountCommand::Add { username, name, phone } => {
            let code = db.write_now(|conn| {
                let person = people::add(conn, &people::NewPerson { name, phone: phone.as_deref(), now })?;
                accounts::open(conn, person, username, &doer, now)?;
                let account = named(conn, username)?;
                accounts::issue_code(conn, &account, &doer, now)
            })?;
            println!("{}  {}", code.username, code.text);
        }
        AccountCommand::Reset { username } => {
            let code = db.write_now(|conn| {
                let account = named(conn, username)?;
                accounts::issue_code(conn, &account, &doer, now)
            })?;
            println!("{}  {}", code.username, code.text);
        }
        AccountCommand::ForgetFactor { username } => {
            db.write_now(|conn| {
                let account = named(conn, username)?;
                accounts::forget_factor(conn, &account, &doer, now)
            })?;
            println!("{username}");
        }
        AccountCommand::Grant { username, role, scope, end } => {
            let role = Role::of(role).ok_or_else(|| {
                let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
                Failure(msg!("没有 {} 这个角色。可以用的有：{}", role, known.join(" ")))
            })?;
            let (kind, id) =
                scope.split_once(':').map_or((scope.as_str(), None), |(kind, id)| (kind, Some(id)));
            let bad_scope = || Failure(msg!("权限的范围写得不对"));
            let kind = ScopeKind::of(kind).ok_or_else(bad_scope)?;
            let id = id.map(|id| id.parse::<i64>().map_err(|_| bad_scope())).transpose()?;
            db.write_now(|conn| {
                let account = named(conn, username)?;
                if *end {
                    return accounts::end_grant(conn, &account, role, &doer, now);
                }
                if let (ScopeKind::Committee | ScopeKind::Branch, Some(id)) = (kind, id) {
                    weixiao::organization::find(conn, OrgId(id))?;
                }
                accounts::grant(conn, &account, role, kind, id, &doer, now)
            })?;
            println!("{username}  {}  {scope}", role.as_str());
        }
    }
    Ok(ExitCode::SUCCESS)
}
