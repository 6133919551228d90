//! Places in courses and at their dates: who has one, who waits, who asks. domain.md §4.2, INV-E1 to INV-E5.
pub mod pages;
