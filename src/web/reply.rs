//! What a handler answers.
use crate::error::{Error, Result};
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use askama::Template;

pub type Reply = Result<HttpResponse>;

pub fn page(view: &impl Template) -> Reply {
    html(StatusCode::OK, view)
}

/// The form again, as it was sent, with what is wrong with it.
pub fn invalid(view: &impl Template) -> Reply {
    html(StatusCode::UNPROCESSABLE_ENTITY, view)
}

/// Go and see another page: what an action answers when it is done.
pub fn see(path: impl Into<String>) -> Reply {
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, path.into())).finish())
}

/// A page under any status. Pages depend on who looks and in which mode, so only the reader's browser may keep them,
/// and it asks again each time.
pub fn html(status: StatusCode, view: &impl Template) -> Reply {
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::VARY, "Cookie"))
        .body(view.render().map_err(Error::internal)?))
}
