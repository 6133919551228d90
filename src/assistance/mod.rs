//! Helping members at their door or in the office: finding them, printing a one-time code, doing something for them.
//! Nobody is left out for lack of a phone (product.md, rule 5).
pub mod pages;
