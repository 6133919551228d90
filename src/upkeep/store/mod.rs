//! Rows of upkeep: whole tables by their description, samples of the disk, what the doctor asks the database.
mod state;
mod tables;

pub use state::*;
pub use tables::*;
