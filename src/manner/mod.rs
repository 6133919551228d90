//! How a reader wants the pages: larger type, light or dark, which language. Kept in cookies, with or without an account.
pub mod pages;
