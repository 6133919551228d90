//! Keeping an installation for years: copies for safety, the way between the databases, room on the disk, and what is
//! wrong with it today.
pub mod backup;
pub mod copy;
pub mod disk;
pub mod doctor;
mod store;
