//! What happens at a time and a place, and who was there: sessions, study discussions; later screenings, visits, meetings.
//! domain.md §4.2.
pub mod pages;
