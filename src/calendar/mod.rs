//! Working days: the table of holidays and make-up days of each year, proposed by one person and approved by another.
//! domain.md §5.9. A year without a table refuses deadlines.
pub mod pages;
