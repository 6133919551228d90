//! A route is a method, a path, a door and a handler. It cannot be built without the door.
use crate::access::{Access, Viewer};
use crate::error::Error;
use crate::web::kept::keep;
use crate::web::squeeze::squeeze;
use crate::web::surround::surround;
use actix_web::body::BoxBody;
use actix_web::dev::{Handler, ServiceRequest};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, HttpMessage, Responder, guard, web};

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    is_compressed: bool,
    /// Mounted outside the layers around pages.
    is_bare: bool,
    /// The parameters that the page reads, where it is kept for visitors.
    pub kept: Option<&'static [&'static str]>,
    handler: actix_web::Route,
}

/// A page: answers GET, and HEAD without the body.
pub fn get<F, A>(path: &'static str, access: impl Into<Access>, handler: F) -> Route
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let handler = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
    Route {
        method: Method::GET,
        path,
        access: access.into(),
        is_compressed: true,
        is_bare: false,
        kept: None,
        handler,
    }
}

/// A recording or another file: as [`get`], but sent as it is, since parts of it are asked for by their place.
pub fn file<F, A>(path: &'static str, access: impl Into<Access>, handler: F) -> Route
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route { is_compressed: false, ..get(path, access, handler) }
}

/// An action: answers POST.
pub fn post<F, A>(path: &'static str, access: impl Into<Access>, handler: F) -> Route
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route {
        method: Method::POST,
        path,
        access: access.into(),
        is_compressed: true,
        is_bare: false,
        kept: None,
        handler: web::post().to(handler),
    }
}

impl Route {
    /// The page is the same for all visitors: it is kept for them, a page for each combination of these parameters.
    pub fn kept(self, names: &'static [&'static str]) -> Route {
        Route { kept: Some(names), ..self }
    }
    /// Mounted by itself: no session is looked for, so its door knows nobody. Headers, errors and the log are those of pages.
    pub fn bare(self) -> Route {
        Route { is_bare: true, ..self }
    }
    /// Mounts the handler behind its door.
    pub fn mount(self, app: &mut ServiceConfig) {
        let access = self.access;
        let door = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| async move {
            let visitor = request.extensions().get::<Viewer>().cloned();
            match (access.admits(visitor.as_ref()), visitor) {
                (true, _) => next.call(request).await,
                (false, Some(_)) => Ok(request.error_response(Error::Forbidden)),
                (false, None) => Ok(request.error_response(Error::SignIn)),
            }
        });
        let mut handler = self.handler.wrap(door);
        if let Some(names) = self.kept {
            handler = handler.wrap(from_fn(move |request, next| keep(names, request, next)));
        }
        if self.is_compressed {
            handler = handler.wrap(from_fn(squeeze));
        }
        if self.is_bare {
            handler = handler.wrap(from_fn(surround));
        }
        app.route(self.path, handler);
    }
}
