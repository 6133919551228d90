//! The pages of printed editions: `index` the editions and who lacks a copy, `desk` what an organisation has and does, `issue` in
//! bulk, `branch` the list of a branch, `mine` one's own copies.
mod branch;
mod desk;
mod index;
mod issue;
mod mine;

use crate::access::Access::SignedIn;
use crate::access::Permission::{KeepCopies, OrderCopies};
use crate::web::route::{Route, get, post};

pub fn routes() -> Vec<Route> {
    vec![
        get("/me/copies", SignedIn, mine::index),
        get("/copies", KeepCopies, index::index),
        get("/copies/new", OrderCopies, index::new),
        post("/copies/new", OrderCopies, index::make),
        get("/copies/{edition}", KeepCopies, index::show),
        get("/copies/{edition}/missing", KeepCopies, index::missing),
        post("/copies/{edition}/export", KeepCopies, index::export),
        post("/copies/{edition}/order", OrderCopies, desk::order),
        get("/copies/{edition}/{org}", KeepCopies, desk::show),
        post("/copies/{edition}/{org}", KeepCopies, desk::act),
        get("/copies/{edition}/{org}/issue", KeepCopies, issue::show),
        post("/copies/{edition}/{org}/issue", KeepCopies, issue::send),
        get("/copies/{edition}/{org}/members", KeepCopies, branch::show),
        post("/copies/{edition}/{org}/members", KeepCopies, branch::hand_out),
        get("/copies/{edition}/{org}/members/{person}", KeepCopies, branch::one),
        post("/copies/{edition}/{org}/members/{person}", KeepCopies, branch::after),
        get("/copies/{edition}/{org}/sheet", KeepCopies, branch::sheet),
    ]
}
