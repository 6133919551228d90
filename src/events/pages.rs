//! The pages of events.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
