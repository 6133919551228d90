//! Pages that explain: how to use the portal, what each role does with it, what it is and keeps, who may do what.
pub mod pages;
mod roles;
