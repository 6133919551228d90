//! The pages of redress.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
