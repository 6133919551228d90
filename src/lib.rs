//! Weixiao 微校: the portal of a city's micro party schools. The modules stand in reading order; each uses only what
//! stands before it (`tests/portal/architecture.rs` keeps it so). ARCHITECTURE.md is the map.

// the list of tables that may stand in one query is long
#![recursion_limit = "512"]

// the ground
pub mod clock;
pub mod config;
pub mod lang;
pub mod error;
pub mod ids;
pub mod db;
pub mod access;
pub mod schema;
pub mod assets;
// features without pages of their own, and the kit that all pages share
pub mod captions;
pub mod scoring;
pub mod verify;
pub mod processing;
pub mod audit;
pub mod site;
pub mod organization;
pub mod people;
pub mod web;
pub mod media;
// features with pages
pub mod accounts;
pub mod calendar;
pub mod inbox;
pub mod cases;
pub mod schools;
pub mod ratings;
pub mod lectures;
pub mod watching;
pub mod jobs;
pub mod channels;
pub mod recordings;
pub mod uploads;
pub mod studio;
pub mod review;
pub mod selftests;
pub mod booklets;
pub mod directory;
pub mod bases;
pub mod stories;
pub mod events;
pub mod viewings;
pub mod courses;
pub mod enrolments;
pub mod study;
pub mod rankings;
pub mod broadcast;
pub mod manuscripts;
pub mod organize;

pub mod contests;
pub mod honours;
pub mod redress;
pub mod worker;
pub mod assistance;
pub mod feedback;
pub mod admin;
pub mod settings;
pub mod search;
pub mod manner;
pub mod help;
pub mod home;
pub mod upkeep;
pub mod demo;
pub mod app;
