//! The pages that explain. Their figures come from `config`, their table from `access`, so that they stay true.
use crate::access::Access::Anyone;
use crate::access::{Permission, Role};
use crate::config::{CODE_VALID_DAYS, SESSION_IDLE_DAYS, SESSION_LONGEST_DAYS};
use crate::error::Error;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::Path;
use askama::Template;

pub fn routes() -> Vec<Route> {
    vec![
        get("/help", Anyone, help).kept(&[]),
        get("/about", Anyone, about).kept(&[]),
        get("/about/roles", Anyone, roles).kept(&[]),
        get("/help/{role}", Anyone, role).kept(&[]),
    ]
}

#[derive(Template)]
#[template(path = "help/help.html")]
struct Help {
    page: Page,
    code_days: i64,
    roles: Vec<(&'static str, &'static str)>,
}

async fn help(page: Page) -> Reply {
    let lang = page.manner.lang;
    let roles = super::roles::ROLES.iter().map(|role| (role.name, role.title(lang))).collect();
    reply::page(&Help { page, code_days: CODE_VALID_DAYS, roles })
}

#[derive(Template)]
#[template(path = "help/about.html")]
struct About {
    page: Page,
    idle_days: i64,
    longest_days: i64,
}

async fn about(page: Page) -> Reply {
    reply::page(&About { page, idle_days: SESSION_IDLE_DAYS, longest_days: SESSION_LONGEST_DAYS })
}

#[derive(Template)]
#[template(path = "help/roles.html")]
struct Roles {
    page: Page,
    permissions: &'static [Permission],
    roles: Vec<(Role, Vec<bool>)>,
}

async fn roles(page: Page) -> Reply {
    let has = |role: Role| {
        Permission::ALL.iter().map(|permission| role.permissions().contains(permission)).collect()
    };
    let roles = Role::ALL.iter().map(|role| (*role, has(*role))).collect();
    reply::page(&Roles { page, permissions: &Permission::ALL, roles })
}

#[derive(Template)]
#[template(path = "help/role.html")]
struct RolePage {
    page: Page,
    title: &'static str,
    html: String,
}

async fn role(page: Page, name: Path<String>) -> Reply {
    let role = super::roles::of(&name).ok_or(Error::NotFound)?;
    let lang = page.manner.lang;
    reply::page(&RolePage { page, title: role.title(lang), html: role.html(lang) })
}
