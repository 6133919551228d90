//! The desk of courses: making, ordering, reviewing, publishing; their dates.
pub mod pages;
