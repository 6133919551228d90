//! Coverage: who of those who are to study has been reached, and who has not (不漏学、不掉队). product.md system 13.
//!
//! One computation for screens, files and JSON: `Figures` looks at a plan, at everybody who is obliged below an organisation on a
//! day, and at what is known of each of them; every number anywhere is a sum over its states, so that what is above is always
//! the sum of what is below, along the tree and along the alliances. Nothing is kept: the same day asked for again gives the
//! same figures. `standing` is the rule, `errands` who brings what is missing to whom.
mod errands;
mod figures;
mod forms;
pub mod pages;
mod standing;
mod store;

pub use errands::{Errand, Way as ErrandWay, assign, close, errands_of, remind};
pub use figures::{Figures, Group, Part, Period, look, of_org, of_person};
pub use standing::{Known, Mark, State, Tally, Way, judge, overall};
