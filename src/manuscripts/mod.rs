//! The desk of booklets: what is written, beside what is read; its history, its review.
pub mod pages;
