//! The pages of selftests.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
