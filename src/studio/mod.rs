//! The instructor's desk: own lectures, their recordings, captions and chapters, and the way to review. What it does is the
//! verbs of `lectures`, `recordings` and `uploads`; nothing here is a rule.
mod forms;
pub mod pages;
