//! The pages of inbox.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
