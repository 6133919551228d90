//! For administrators and auditors: the record of what was done, and complaints and suggestions.
mod forms;
pub mod pages;
