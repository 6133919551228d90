//! Training bases, where branches go to learn on the spot, and experience platforms, which are told apart from them.
pub mod pages;
mod store;

use crate::text_enum;
pub use store::{BaseCard, Bookable, NewBase, add, all, bookable, claim};

text_enum! {
    /// A platform (体验平台) is something to try out, not one of the bases.
    pub enum Kind {
        Base = "base",
        Platform = "platform",
    }
}

impl BaseCard {
    pub fn is_platform(&self) -> bool {
        self.kind == Kind::Platform
    }
}
