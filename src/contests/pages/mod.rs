//! The pages of contests: `judging` for judges, `panel` who judges what, `scoring` for the scorer and the supervisor.
mod judging;
mod panel;
mod scoring;

use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = judging::routes();
    routes.extend(panel::routes());
    routes.extend(scoring::routes());
    routes
}
