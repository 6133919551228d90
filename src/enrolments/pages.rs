//! The pages of enrolments.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
