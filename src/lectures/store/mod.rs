//! Rows and queries of lectures: `cards` for lists, `one` for the page of a lecture, `review` for the way to the public.
mod cards;
mod one;
mod questions;
mod review;

pub use cards::{
    By, Card, Instructor, Topic, cards, cards_of, count, gold_instructors, instructor, instructors,
    instructors_within, newest, next, of_lecture as cards_by, topics,
};
pub use one::{Chapter, Cue, Handout, Lecture, chapters, cues, find, handout, handouts, watchable};
pub use questions::{
    Question, insert_question, is_instructor, lecture_of_question, open_questions_for, open_questions_of,
    questions, set_answer,
};
pub use review::{
    advance, count_for_instructors, insert_review, mark_published, passed_reviews, send_back, state,
};
