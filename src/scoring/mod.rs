//! What is decided by arithmetic: scores, places, lots, ratings, and the digest over what is published. Only numbers go in and
//! out: no database, no pages, no clock, so that everything here can be computed again by whoever doubts it. domain.md §5.1–5.7.
//!
//! `exact` is the number that all of it is decided on. `panel` scores an entry, `heats` and `squares` compare entries that had
//! different judges, `assignment` says who judges what, `ranks` places and breaks ties, `lots` draws, `voices` is for ratings,
//! `tree` gives one digest for many rows. `diagnosis` is for the eyes of the chief scorer and changes nothing.
//!
//! The vectors of domain.md are tests here, called by their names there.
pub mod assignment;
pub mod diagnosis;
pub mod exact;
pub mod heats;
pub mod lots;
pub mod panel;
pub mod ranks;
pub mod squares;
pub mod tree;
pub mod voices;
