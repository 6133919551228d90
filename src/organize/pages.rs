//! The pages of organize.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
