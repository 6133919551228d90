//! The pages of viewings.
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    vec![]
}
