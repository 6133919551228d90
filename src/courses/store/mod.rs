//! Rows of courses, their steps, prerequisites, dates and reviews.
mod desk;
mod read;

pub(super) use desk::*;
pub use desk::{DeskRow, Judged, attach_session, awaiting, desk, judged};
pub use read::{
    Card, SessionRow, all, by_slug, cards, count, find, items, items_of, prerequisites, session_course,
    sessions, slug_taken, stale_steps,
};
