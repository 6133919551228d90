//! Study: where a member stands in a course, what is next, the record of having finished; My study.
pub mod pages;
