//! Courses: ordered steps in versions, and their way from a draft to the public. domain.md §4.2.
