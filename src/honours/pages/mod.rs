//! The pages of gold lecturers: `public` what everybody sees, `desk` where they are nominated, appointed and watched over.
mod desk;
mod public;

use super::{Gold, Standing};
use crate::web::page::Page;
use crate::web::route::Route;
use chrono::NaiveDate;

pub fn routes() -> Vec<Route> {
    let mut routes = public::routes();
    routes.extend(desk::routes());
    routes
}

/// The kind of tag in which it is shown how somebody stands.
fn tone(standing: Standing) -> &'static str {
    match standing {
        Standing::Noticed => "info",
        Standing::NoticeOver | Standing::Suspended => "wait",
        Standing::InOffice => "gold",
        Standing::Ended => "bad",
        Standing::Nominated | Standing::TermOver | Standing::Refused => "",
    }
}

/// The name as printed, or a word in its place.
fn name_of(page: &Page, gold: &Gold) -> String {
    gold.names.as_ref().map_or_else(|| page.t("姓名已按保存期限删除").to_owned(), |names| names.name.clone())
}

/// Two days, the second one included.
fn span(page: &Page, (from, last): (NaiveDate, NaiveDate)) -> String {
    page.tf2("{} 至 {}", page.day(&from), page.day(&last))
}
