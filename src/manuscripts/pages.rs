//! The pages of manuscripts.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
