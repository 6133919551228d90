//! The pages of plans: `desk` where they are written, `steps` what is done to them, `exempt` where exemptions are proposed and decided.
mod desk;
mod exempt;
mod serve;
mod steps;

use super::{Hand, State};
use crate::access::Viewer;
use crate::clock;
use crate::web::page::Page;
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = desk::routes();
    routes.extend(steps::routes());
    routes.extend(exempt::routes());
    routes.extend(serve::routes());
    routes
}

fn hand(page: &Page, viewer: &Viewer) -> Hand {
    Hand { account: viewer.account, doer: page.doer(), now: clock::now() }
}

/// The kind of tag in which a state is shown.
fn tone(state: State) -> &'static str {
    match state {
        State::Draft => "wait",
        State::Published => "done",
        State::Ended => "",
        State::Withdrawn => "bad",
    }
}
