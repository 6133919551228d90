//! The kit that all pages share: routes with doors, what surrounds a page, forms, replies, paging, static files, kept pages, what is counted.
pub mod body;
pub mod files;
pub mod form;
pub mod health;
pub mod kept;
pub mod metrics;
mod notice;
pub mod page;
pub mod paging;
pub mod parts;
pub mod peer;
pub mod reply;
pub mod route;
pub mod sheet;
pub mod slug;
pub mod squeeze;
pub mod surround;
pub mod text;
