//! Rows of the broadcast: `plans` with their lectures and records, `screenings` and what confirms them, `shown` for lists and
//! the coverage, `kiosks` for the screens of schools.
mod kiosks;
mod plans;
mod screenings;
mod shown;

pub use kiosks::{
    Cast, Kiosk, count_play, insert_kiosk, kiosk_of, may_play, program, school_of_code, withdraw_kiosk,
};
pub use plans::{
    Item, Plan, Record, advance, count_items, delete_item, grow, insert_item, insert_plan, insert_record,
    item, items, last_position, lock_plan, plan, plan_of_key, plans, records, school_path, set_reads,
    update_plan,
};
pub use screenings::{
    Head, Past, Screening, Set, begun, cancel_coming, cancel_screening, cover, halls, has_outside,
    insert_confirmation, insert_screenings, is_covered, is_known, lock_cell, past, screening, set_head,
    shown_pairs, taken, viewings_near,
};
pub use shown::{Cell, Row, Showing, Span, cells, committees, count_schools, coverage, one, showings};
