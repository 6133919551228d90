//! The pages of contests. `public` is what everybody sees, `entry` what an entrant does, `endorse` the branch's part, `screening` the
//! screeners' desk, `desk` and `rounds` the organizer's; `words` says methods and records in words.
//! `invited` and `judging` are the judges', `panel` who judges what, `scoring` the scorer's, `results` from the lock to the published result,
//! `rulings` what the supervisor decides about it.
mod desk;
mod endorse;
mod entry;
mod invited;
mod judging;
mod panel;
mod public;
mod recusals;
mod results;
mod rounds;
mod rulings;
mod scoring;
mod screening;
mod words;

use super::{Contest, Round};
use crate::access::Permission::{
    self, ApproveContests, KeepScores, RunContests, ScreenEntries, SuperviseContests,
};
use crate::access::{ScopeKind, Viewer};
use crate::clock;
use crate::contests::way::By;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{ContestId, RoundId};
use crate::web::page::Page;
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = public::routes();
    routes.extend(entry::routes());
    routes.extend(recusals::routes());
    routes.extend(endorse::routes());
    routes.extend(desk::routes());
    routes.extend(rounds::routes());
    routes.extend(invited::routes());
    routes.extend(judging::routes());
    routes.extend(panel::routes());
    routes.extend(scoring::routes());
    routes.extend(results::routes());
    routes.extend(screening::routes());
    routes
}

/// Lines on a page of a list.
const LINES: i64 = 20;
/// The longest form, in bytes: a script of Chinese, percent-encoded.
pub(super) const LARGEST: usize = 512 * 1024;

/// Whether the viewer may do this in this contest: by a grant for the whole city, or for this contest.
pub(crate) fn may_in(viewer: &Viewer, permission: Permission, contest: ContestId) -> bool {
    viewer.grants.iter().any(|grant| {
        let is_here = match grant.scope {
            ScopeKind::City => true,
            ScopeKind::Contest => grant.scope_id == Some(contest.0),
            _ => false,
        };
        is_here && grant.role.permissions().contains(&permission)
    })
}

/// The duties that open the desk of a contest.
const DUTIES: [Permission; 5] = [RunContests, ApproveContests, ScreenEntries, KeepScores, SuperviseContests];

/// A contest in which the viewer may do one of these; not found otherwise.
fn held(conn: &mut Conn, viewer: &Viewer, id: ContestId, duties: &[Permission]) -> Result<Contest> {
    if !duties.iter().any(|duty| may_in(viewer, *duty, id)) {
        return Err(Error::NotFound);
    }
    super::store::contest(conn, id)
}

/// A round of a contest in which the viewer may do one of these; not found otherwise.
fn held_round(conn: &mut Conn, viewer: &Viewer, id: RoundId, duties: &[Permission]) -> Result<Round> {
    let round = super::store::round(conn, id)?;
    held(conn, viewer, round.contest, duties)?;
    Ok(round)
}

/// Who does it, now.
fn by(page: &Page, viewer: &Viewer) -> By {
    By { account: viewer.account, doer: page.doer(), now: clock::now() }
}
