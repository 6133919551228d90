//! The one integration-test binary: the portal on a real database, SQLite by default, PostgreSQL where
//! `TEST_DATABASE_URL` names a server.
mod access;
mod accounts;
mod architecture;
mod commands;
mod database;
mod feedback;
mod hostile;
mod lectures;
mod migrations;
mod people;
mod queries;
mod reading;
mod review;
mod templates;
mod world;
