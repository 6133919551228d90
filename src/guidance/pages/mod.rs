//! The pages of guidance: `groups` and `lists` where they are made, `plan`, `visit` for a phone at the place, `findings` of groups and
//! branches, `figures` of a scope, `out` the same figures as files.
mod figures;
mod findings;
mod groups;
mod lists;
mod out;
mod plan;
mod visit;

use super::Hand;
use crate::access::Viewer;
use crate::clock;
use crate::web::page::Page;
use crate::web::route::Route;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    [
        groups::routes(),
        lists::routes(),
        plan::routes(),
        visit::routes(),
        findings::routes(),
        figures::routes(),
        out::routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn hand(page: &Page, viewer: &Viewer) -> Hand {
    Hand { account: viewer.account, person: viewer.person, doer: page.doer(), now: clock::now() }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListQuery {
    page: Option<String>,
    state: String,
    org: String,
    under: String,
    /// A half-year, `2026-2`.
    period: String,
}

/// Lines on a page of a list.
const LINES: i64 = 30;

/// Where the rows of a page of a list begin, and how many are asked for: one more than are shown.
fn span(number: i64) -> (i64, i64) {
    ((number - 1) * LINES, LINES + 1)
}
