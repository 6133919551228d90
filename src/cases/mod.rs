//! Matters that people bring: disputes, objections, appeals, corrections; with deadlines in working days. domain.md §4.8.
//! Pages and what a decision brings about are in `redress`.
