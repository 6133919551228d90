//! What the installation is called and how people reach it: set by the county office, shown on every page.
mod store;

use crate::db::Conn;
use crate::error::Result;
pub use store::{put, secret};

/// The words of this installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    pub city: String,
    pub help_phone: String,
    pub help_hours: String,
    pub organizer: String,
    /// The filing number (备案号); empty where there is none yet.
    pub filing_number: String,
    /// Made-up data, said on every page.
    pub is_demo: bool,
}

impl Site {
    /// The settings as they are now; what is not set is empty and its place on the page is left out.
    pub fn load(conn: &mut Conn) -> Result<Site> {
        let mut site = Site::default();
        for (name, value) in store::all(conn)? {
            match name.as_str() {
                "city" => site.city = value,
                "help_phone" => site.help_phone = value,
                "help_hours" => site.help_hours = value,
                "organizer" => site.organizer = value,
                "filing_number" => site.filing_number = value,
                "is_demo" => site.is_demo = value == "yes",
                _ => {}
            }
        }
        Ok(site)
    }
}
