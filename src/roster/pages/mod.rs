//! The pages of the roster: `list` and `file` of members, `transfers`, `tree` of organisations, `places` for schools and alliances.
mod file;
mod list;
mod places;
mod transfers;
mod tree;
mod words;

use super::Hand;
use crate::access::Viewer;
use crate::clock;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::OrgId;
use crate::lang::Message;
use crate::msg;
use crate::organization::{self, Level};
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    [list::routes(), file::routes(), transfers::routes(), tree::routes(), places::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// Who does it, by the form of this key.
fn hand(page: &Page, viewer: &Viewer, key: String) -> Hand {
    Hand {
        account: viewer.account,
        person: viewer.person,
        acted_by: viewer.acted_by(),
        doer: page.doer(),
        now: clock::now(),
        key,
    }
}

/// The one open organisation of these sub-trees and levels that somebody means; none where nothing is written. A sentence says
/// which ones fit where there are several.
fn meant(
    conn: &mut Conn,
    paths: &[String],
    levels: &[Level],
    text: &str,
) -> Result<Result<Option<OrgId>, Message>> {
    let text = match form::optional(text, 80) {
        Ok(text) if text.is_empty() => return Ok(Ok(None)),
        Ok(text) => text,
        Err(problem) => return Ok(Err(problem)),
    };
    let found = organization::meant(conn, paths, levels, &text, 6)?;
    Ok(match found.as_slice() {
        [] => Err(msg!("没有找到，请写全名或编号")),
        [one] => Ok(Some(one.id)),
        several => {
            let list: Vec<_> = several.iter().take(5).map(|org| format!("{} {}", org.id, org.name)).collect();
            Err(msg!("有几个符合，请填编号：{}", list.join("；")))
        }
    })
}

/// What a rule said no to, at this field of the form; other errors go on.
fn refused<T>(outcome: Result<T>, field: &'static str) -> Result<Result<T, Errors>> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(Error::Refused(why)) => Ok(Err(Errors::default().with(field, why))),
        Err(other) => Err(other),
    }
}
