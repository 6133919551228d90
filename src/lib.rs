//! Weixiao 微校: the portal of a city's micro party schools. The modules stand in reading order; each uses only what
//! stands before it. ARCHITECTURE.md is the map.
pub mod access;
pub mod assets;
pub mod clock;
pub mod config;
pub mod db;
pub mod error;
pub mod ids;
pub mod lang;
pub mod schema;
// features
pub mod audit;
pub mod organization;
pub mod people;
pub mod site;
// what all pages share
pub mod web;
// features with pages
pub mod accounts;
pub mod admin;
pub mod app;
pub mod assistance;
pub mod bases;
pub mod booklets;
pub mod demo;
pub mod directory;
pub mod feedback;
pub mod help;
pub mod home;
pub mod lectures;
pub mod manner;
pub mod schools;
pub mod stories;
