//! Who is it? Between the session and the doors: puts the viewer beside the request, and shows the sign-in page where a
//! door asked for it, keeping what a reader had typed.
use super::pages::SignIn;
use super::sessions::{self, ACCOUNT, ACTING, ACTING_SINCE, FACTOR};
use crate::access::{ScopeKind, Viewer};
use crate::config::LARGEST_FORM;
use crate::error::Error;
use crate::site::Present;
use crate::web::page::Page;
use crate::web::reply;
use crate::web::route::Protocol;
use actix_session::SessionExt;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

/// The layer around the session: whose it is, is learnt while it is loaded.
pub async fn remember(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    Ok(sessions::remembering(next.call(request)).await?.map_into_boxed_body())
}

pub async fn recognise(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let session = request.get_session();
    let mut is_known = false;
    if session.contains_key(ACCOUNT) {
        // Where a second factor is required, a session that began without one is none of somebody with a city's rights.
        let is_required =
            request.app_data::<Data<Present>>().is_some_and(|site| site.get().is_factor_required);
        let lacks_factor = |viewer: &Viewer| {
            is_required
                && !session.contains_key(FACTOR)
                && viewer.grants.iter().any(|grant| grant.scope == ScopeKind::City)
        };
        match sessions::viewer().filter(|viewer| !lacks_factor(viewer)) {
            Some(viewer) => {
                if !viewer.is_acting() && session.contains_key(ACTING) {
                    session.remove(ACTING);
                    session.remove(ACTING_SINCE);
                }
                request.extensions_mut().insert(viewer);
                is_known = true;
            }
            None => session.purge(),
        }
    }
    // What a visitor sends may be what a reader typed before the session ended: kept until the door has spoken.
    let mut kept = None;
    if !is_known && request.method() == Method::POST && is_form(&request) {
        match request.extract::<Bytes>().await {
            Ok(body) if body.len() <= LARGEST_FORM => {
                kept = Some(body.clone());
                request.set_payload(Payload::from(body));
            }
            _ => return Ok(request.error_response(Error::TooLarge).map_into_boxed_body()),
        }
    }
    let response = next.call(request).await?.map_into_boxed_body();
    let asks = response
        .response()
        .error()
        .and_then(|error| error.as_error::<Error>())
        .is_some_and(|e| matches!(e, Error::SignIn));
    // A program has no use for the sign-in page: it is told in a line that one is needed.
    if !asks || response.request().extensions().contains::<Protocol>() {
        return Ok(response);
    }
    let (request, _) = response.into_parts();
    let page = Page::new(&request);
    let answer = match kept.and_then(|body| String::from_utf8(body.to_vec()).ok()) {
        Some(body) => {
            // A space stands in neither; a line end would come back from a browser as two characters.
            let kept = format!("{} {body}", request.path());
            reply::html(StatusCode::UNAUTHORIZED, &SignIn::keeping(page, kept))
        }
        // A script can do nothing with a page; it tells its reader to sign in.
        None if is_json(&request) => Ok(HttpResponse::Unauthorized().json(())),
        None => {
            let query = serde_urlencoded::to_string([("next", &page.path)]).unwrap_or_default();
            Ok(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, format!("/sign-in?{query}")))
                .finish())
        }
    };
    Ok(ServiceResponse::new(request, answer.unwrap_or_else(HttpResponse::from_error)))
}

fn is_form(request: &ServiceRequest) -> bool {
    has_type(request.request(), "application/x-www-form-urlencoded")
}

fn is_json(request: &HttpRequest) -> bool {
    has_type(request, "application/json")
}

fn has_type(request: &HttpRequest, mime: &str) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with(mime))
}
