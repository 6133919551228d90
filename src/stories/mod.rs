//! 初心寻访: portraits of people at work. Only those who agreed to be named have a row.
pub mod pages;
mod store;

pub use store::{NewStory, StoryCard, add, listed};
