//! Self-tests: banks of questions, tests drawn from them, attempts, the book of own wrong answers.
pub mod pages;
