//! What happens to an entry, from its first draft until it competes. domain.md §4.3.
