//! The pages of self-tests: the desk (`desk`, `questions`, `files`), and what members see (`taking`, `wrong`).
mod desk;
mod files;
mod questions;
mod taking;
mod wrong;

use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    let mut routes = desk::routes();
    routes.extend(questions::routes());
    routes.extend(files::routes());
    routes.extend(taking::routes());
    routes.extend(wrong::routes());
    routes
}
