//! The pages of calendar.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
