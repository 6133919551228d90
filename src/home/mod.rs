//! The first page: the next lecture in one tap.
pub mod pages;
mod store;
