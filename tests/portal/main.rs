//! The one integration-test binary: the portal on a real database, SQLite by default, PostgreSQL where
//! `TEST_DATABASE_URL` names a server.
mod access;
mod accounts;
mod architecture;
mod commands;
mod database;
mod factor;
mod feedback;
mod hostile;
mod kept;
mod lectures;
mod media;
mod migrations;
mod operation;
mod people;
mod processing;
mod queries;
mod reading;
mod review;
mod search;
mod settings;
mod templates;
mod uploads;
mod upkeep;
mod watching;
mod workers;
mod world;
