//! The pages of rights: `data` one's own facts, who looked and the file; `retention` what is erased when, for administrators.
mod data;
mod retention;

use crate::access::Access::{Anyone, Oneself, SignedIn};
use crate::access::Permission::SeeAdmin;
use crate::web::route::{Route, get, post};

pub fn routes() -> Vec<Route> {
    vec![
        get("/me/data", SignedIn, data::index),
        get("/me/data/looks", SignedIn, data::looks),
        get("/me/data/format", Anyone, data::format),
        post("/me/data/export", Oneself, data::export),
        get("/me/data/of/{kind}", SignedIn, data::show),
        get("/admin/retention", SeeAdmin, retention::index),
    ]
}
