//! Finding lectures (title, summary, what is said), courses, chapters, instructors, schools, bases and portraits by any words that
//! stand in them. Each Han character is indexed as a word and a run of them is looked for as a phrase, so two-character
//! words inside sentences are found on both databases without a dictionary; shared/architecture.md has the measurements.
//!
//! The index is kept by the database itself: triggers name what has changed, [`catch_up`] makes its rows anew.
mod forms;
pub mod pages;
mod store;
pub mod text;

use crate::lang::Message;
use crate::{msg, text_enum};
pub use store::{catch_up, is_behind};

text_enum! {
    /// What is found.
    pub enum Kind {
        Lecture = "lecture",
        Course = "course",
        Chapter = "chapter",
        Instructor = "instructor",
        School = "school",
        Base = "base",
        Story = "story",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Lecture => msg!("微党课"),
            Kind::Course => msg!("系列课程"),
            Kind::Chapter => msg!("读本"),
            Kind::Instructor => msg!("讲师"),
            Kind::School => msg!("微党校"),
            Kind::Base => msg!("实训基地"),
            Kind::Story => msg!("初心寻访"),
        }
    }
    /// What one find is.
    pub fn one(self) -> Message {
        match self {
            Kind::Lecture => msg!("课程视频"),
            Kind::Course => msg!("一门系列课程"),
            Kind::Chapter => msg!("读本一章"),
            Kind::Instructor => msg!("讲师介绍"),
            Kind::School => msg!("微党校介绍"),
            Kind::Base => msg!("基地介绍"),
            Kind::Story => msg!("人物故事"),
        }
    }
}

/// Which finds to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub kind: Option<Kind>,
    /// The topic's name in addresses; lectures and bases have one.
    pub topic: Option<String>,
    /// Of lectures, `[from, to)` in milliseconds.
    pub length: Option<(i32, i32)>,
    /// Also those for members.
    pub is_signed_in: bool,
}
