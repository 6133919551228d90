//! The pages of cases: bringing one, deciding one, and what a decision brings about.
pub mod pages;
