//! The pages of enrolment: `own` for a member, `branch` for whoever enrols members of a branch, one by one or (`group`) a list,
//! `terms` and `list` for whoever organizes.
mod branch;
mod group;
mod list;
mod own;
mod terms;

use super::{Offering, What};
use crate::access::Viewer;
use crate::courses;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::OfferingId;
use crate::web::route::Route;

pub fn routes() -> Vec<Route> {
    [own::routes(), branch::routes(), group::routes(), terms::routes(), list::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// An offering that the viewer organizes, with what it is called, where it is seen and where it is made.
struct Managed {
    offering: Offering,
    title: String,
    link: String,
    desk: String,
}

/// The offering, if the viewer organizes it; not found otherwise.
fn managed(conn: &mut Conn, viewer: &Viewer, id: OfferingId) -> Result<Managed> {
    let offering = super::offering(conn, id)?;
    let desk = match offering.what {
        What::Course(id) => {
            let course = courses::editable(conn, viewer, id)?;
            let (link, desk) = (format!("/courses/{}", course.slug), format!("/organize/courses/{id}"));
            return Ok(Managed { offering, title: course.about.title, link, desk });
        }
        What::Event(event) => {
            if !courses::manages_session(conn, viewer, event)? {
                return Err(Error::NotFound);
            }
            match courses::session_course(conn, event)? {
                Some((course, _)) => format!("/organize/courses/{course}"),
                None => "/organize".into(),
            }
        }
    };
    let (title, link) = super::called(conn, offering.what)?;
    Ok(Managed { offering, title, link, desk })
}
