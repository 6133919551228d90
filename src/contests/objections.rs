//! objections
