//! Rows and queries of lectures: `cards` for lists, `one` for the page of a lecture, `review` for
//! the way to the public, `desk` for those who make them.
mod cards;
mod desk;
mod one;
mod questions;
mod review;

pub use cards::{
    By, Card, Instructor, Title, Topic, cards, cards_of, count, gold_instructors, instructor, instructors,
    instructors_within, newest, next, of_lecture as cards_by, titles_of, topics,
};
pub use desk::{
    About, DeskRow, Draft, Judged, Own, Played, Waiting, about, awaiting, captions_version, completed_by,
    create, desk, have_captions, instructor_of, judged_by, media_of, own, remarks, same_draft, set_chapters,
    set_cues, take_over, update,
};
pub use one::{
    Chapter, Cue, Handout, Lecture, Stream, Watched, chapters, cues, find, handout, handouts, watchable,
    watched,
};
pub use questions::{
    Question, insert_question, is_instructor, lecture_of_question, open_questions_for, open_questions_of,
    questions, set_answer,
};
pub use review::{
    Remark, Revision, Standing, Withdrawal, advance, advance_revision, count_for_instructors, drop_revision,
    gives, insert_edition, insert_remarks, insert_review, insert_withdrawal, is_worked_on, mark_published,
    passed_reviews, put_revision, replace_media, set_media, standing, standing_locked, withdrawal,
};
