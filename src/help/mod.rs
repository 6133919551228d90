//! Pages that explain: how to use the portal, what it is and keeps, who may do what.
pub mod pages;
