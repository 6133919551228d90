//! A route is a method, a path, a door and a handler. It cannot be built without the door.
use crate::access::{Access, Viewer};
use crate::error::{Error, Result};
use crate::web::kept::keep;
use crate::web::squeeze::squeeze;
use crate::web::surround::surround;
use actix_web::body::BoxBody;
use actix_web::dev::{Handler, ServiceRequest};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::ServiceConfig;
use actix_web::{FromRequest, HttpMessage, Responder, guard, web};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Beside a request that a program sends: the headers of every answer.
#[derive(Clone, Copy)]
pub struct Protocol(pub &'static [(&'static str, &'static str)]);

/// Beside a request with a body: whether `surround` still watches how long it takes.
#[derive(Clone, Default)]
pub struct Patience(Rc<Cell<bool>>);

impl Patience {
    fn lift(&self) {
        self.0.set(true);
    }
    pub fn is_lifted(&self) -> bool {
        self.0.get()
    }
}

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    /// What of the path is left below the scopes that it lies in.
    rest: &'static str,
    pub access: Access,
    is_compressed: bool,
    /// Mounted outside the layers around pages.
    is_bare: bool,
    is_patient: bool,
    /// What a protocol for programs says with every answer.
    headers: Option<&'static [(&'static str, &'static str)]>,
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
    Route { handler, ..answering(Method::GET, path, access.into()) }
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
    Route { handler: web::post().to(handler), ..answering(Method::POST, path, access.into()) }
}

/// A request of a protocol that programs speak: answers exactly this method. Every answer has these headers and is sent as it
/// is; an error is a line of text. The handler watches itself how fast a body comes.
pub fn protocol<F, A>(
    method: Method,
    path: &'static str,
    access: impl Into<Access>,
    headers: &'static [(&'static str, &'static str)],
    handler: F,
) -> Route
where
    F: Handler<A>,
    A: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Route {
        is_compressed: false,
        is_patient: true,
        headers: Some(headers),
        handler: web::method(method.clone()).to(handler),
        ..answering(method, path, access.into())
    }
}

/// A page's route, still without its handler.
fn answering(method: Method, path: &'static str, access: Access) -> Route {
    Route {
        method,
        path,
        rest: path,
        access,
        is_compressed: true,
        is_bare: false,
        is_patient: false,
        headers: None,
        kept: None,
        handler: web::route(),
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
    /// The handler watches itself how fast a body comes: a file takes longer than a form.
    pub fn patient(self) -> Route {
        Route { is_patient: true, ..self }
    }
    /// The first segment of what is left of the path, where it holds no name and more follows.
    fn folder(&self) -> Option<&'static str> {
        let (first, _) = self.rest.strip_prefix('/')?.split_once('/')?;
        (!first.contains('{')).then_some(first)
    }
    /// Mounts the handler behind its door.
    pub fn mount(self, app: &mut ServiceConfig) {
        let (access, is_patient, headers) = (self.access, self.is_patient, self.headers);
        let door = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| async move {
            if let Some(headers) = headers {
                request.extensions_mut().insert(Protocol(headers));
            }
            if is_patient && let Some(patience) = request.extensions().get::<Patience>() {
                patience.lift();
            }
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
        app.route(self.rest, handler);
    }
}

/// Mounts routes so that a request is compared with few of them. Those below one folder lie in a scope, which takes a
/// comparison of bytes; a path that holds a name is compared as a pattern, which costs as much as a small query.
pub fn mount(routes: Vec<Route>, app: &mut ServiceConfig) {
    let mut folders: BTreeMap<&str, Vec<Route>> = BTreeMap::new();
    let (mut fixed, mut named) = (vec![], vec![]);
    for route in routes {
        match route.folder() {
            Some(folder) => {
                let rest = &route.rest[1 + folder.len()..];
                folders.entry(folder).or_default().push(Route { rest, ..route });
            }
            None if route.rest.contains('{') => named.push(route),
            None => fixed.push(route),
        }
    }
    // A folder's own page comes before what lies below it, and a word before a name that could be that word.
    fixed.into_iter().for_each(|route| route.mount(app));
    for (folder, inside) in folders {
        let scope = web::scope(&format!("/{folder}"));
        app.service(scope.configure(|scope| mount(inside, scope)).default_service(web::to(not_found)));
    }
    named.into_iter().for_each(|route| route.mount(app));
}

/// What is asked for where nothing is mounted.
pub async fn not_found() -> Result<String> {
    Err(Error::NotFound)
}
