//! The kit that all pages share: routes with doors, what surrounds a page, forms, replies, paging, static files.
pub mod files;
pub mod form;
pub mod page;
pub mod paging;
pub mod reply;
pub mod route;
pub mod slug;
pub mod surround;
pub mod text;
