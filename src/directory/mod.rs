//! Who teaches, and where: the pages of instructors, schools and alliances. They show the rows of `lectures` and
//! `schools` and keep none of their own.
pub mod pages;
