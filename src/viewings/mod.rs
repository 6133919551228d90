//! Group viewing: one screen plays for a signed list of people, measured once.
pub mod pages;
