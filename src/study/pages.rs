//! The pages of study.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
