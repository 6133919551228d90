//! The reviewers' desk: what waits, and a lecture with everything that decides: recording, captions, earlier verdicts, and
//! remarks pinned to seconds. The rule (two others, INV-L1) is `lectures::review`.
mod forms;
pub mod pages;
