//! Around every request: its id, the check that a form comes from our own pages, security headers, and errors made into
//! pages in the reader's language.
use crate::config::FORM_SECONDS;
use crate::error::Error;
use crate::ids::request_id;
use crate::lang::Message;
use crate::msg;
use crate::web::metrics::Metrics;
use crate::web::page::{Manner, Page, RequestId};
use crate::web::route::{Patience, Protocol};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use std::pin::pin;
use std::time::{Duration, Instant};

/// The headers that every page has, made once: they depend on the installation only.
#[derive(Clone)]
pub struct Guards {
    policy: HeaderValue,
    is_tls: bool,
}

impl Guards {
    /// Scripts, styles, pictures and forms of this portal only; nothing inline, no frames. Players make what they show from
    /// pieces (`blob:`), and do so in workers; `store` is where recordings are read from besides the portal, `https://host`.
    pub fn new(is_tls: bool, store: Option<&str>) -> Guards {
        let from = store.map_or_else(String::new, |origin| format!(" {origin}"));
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'{from}; \
             media-src 'self' blob:{from}; worker-src 'self' blob:; connect-src 'self'{from}; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        // An origin has no byte that a header cannot hold; without a policy nothing would be shown.
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Guards { policy, is_tls }
    }
    /// Puts the headers on. An answer that has a policy of its own, a stricter one, keeps it: a file that somebody sent.
    pub fn put_on(&self, headers: &mut HeaderMap) {
        if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
            headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        }
        for (name, value) in [
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // no-referrer would turn Origin into null on plain HTTP and break every form
            (header::REFERRER_POLICY, "same-origin"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=(), payment=()",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.is_tls {
            let year = HeaderValue::from_static("max-age=31536000");
            headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
    }
}

/// The page of an error.
#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    page: Page,
    status: u16,
    code: String,
    title: Message,
    text: Message,
}

/// The outermost layer of every page.
pub async fn surround(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let began = Instant::now();
    request.extensions_mut().insert(RequestId(request_id()));
    let page = Page::new(request.request());
    let method = request.method().clone();
    let guards =
        request.app_data::<Data<Guards>>().cloned().unwrap_or_else(|| Data::new(Guards::new(false, None)));
    let metrics = request.app_data::<Data<Metrics>>().cloned();
    let outcome = if is_from_elsewhere(request.request()) {
        Ok(request.error_response(CrossSite).map_into_boxed_body())
    } else if matches!(method, Method::GET | Method::HEAD) {
        next.call(request).await.map(ServiceResponse::map_into_boxed_body)
    } else {
        // A form that trickles in must not hold a place for ever. Who receives a file watches that it keeps coming.
        let patience = Patience::default();
        request.extensions_mut().insert(patience.clone());
        let mut coming = pin!(next.call(request));
        match tokio::time::timeout(Duration::from_secs(FORM_SECONDS), coming.as_mut()).await {
            Ok(outcome) => outcome.map(ServiceResponse::map_into_boxed_body),
            Err(_) if patience.is_lifted() => coming.await.map(ServiceResponse::map_into_boxed_body),
            Err(_) => {
                let mut answer = error_page(page, &Error::Slow);
                guards.put_on(answer.headers_mut());
                return Err(InternalError::from_response(Error::Slow, answer).into());
            }
        }
    };
    let mut response = match outcome {
        Ok(response) => match page_for(&response) {
            None => response,
            Some(answer) => {
                let (request, bare) = response.into_parts();
                let mut answer = answer;
                for cookie in bare.headers().get_all(header::SET_COOKIE) {
                    answer.headers_mut().append(header::SET_COOKIE, cookie.clone());
                }
                ServiceResponse::new(request, answer)
            }
        },
        // A layer failed before a request reached its handler: the session store, when the database is away.
        Err(error) => {
            let cause = Error::Unavailable(error.to_string());
            let mut answer = error_page(page, &cause);
            guards.put_on(answer.headers_mut());
            return Err(InternalError::from_response(error, answer).into());
        }
    };
    guards.put_on(response.headers_mut());
    let protocol = response.request().extensions().get::<Protocol>().copied();
    for (name, value) in protocol.into_iter().flat_map(|protocol| protocol.0) {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // The route, not the address: an address may name a person.
    let route = response.request().match_pattern();
    let route = route.as_deref().unwrap_or("-");
    let (status, took) = (response.status().as_u16(), began.elapsed());
    if let Some(metrics) = metrics {
        metrics.count(&method, route, status, took);
    }
    let id = response.request().extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    tracing::info!(
        request = id,
        method = method.as_str(),
        route,
        status,
        micros = took.as_micros() as u64,
        "request"
    );
    Ok(response)
}

/// The error page that should stand in for this bare error response, if it is one.
fn page_for(response: &ServiceResponse) -> Option<HttpResponse> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    if response.headers().contains_key(header::CONTENT_TYPE) && response.response().error().is_none() {
        return None;
    }
    let error = response.response().error();
    if response.request().extensions().get::<Protocol>().is_some() {
        return Some(line(response.request(), status, error));
    }
    let page = Page::new(response.request());
    if error.is_some_and(|error| error.as_error::<CrossSite>().is_some()) {
        return Some(render(
            page,
            status,
            msg!("这张表单不是从本站发来的"),
            msg!("为了安全没有处理。请从本站的页面重新操作。"),
        ));
    }
    if let Some(error) = error.and_then(|error| error.as_error::<Error>()) {
        return Some(error_page(page, error));
    }
    let cause = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Error::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        StatusCode::RANGE_NOT_SATISFIABLE => return None,
        status if status.is_client_error() => Error::Malformed(msg!("地址或内容写得不对，什么都没有改动。")),
        _ => Error::Internal(error.map_or_else(|| status.to_string(), ToString::to_string).into()),
    };
    Some(error_page(page, &cause))
}

/// An error as a line of text, for a program that shows it to its reader.
fn line(request: &HttpRequest, status: StatusCode, error: Option<&actix_web::Error>) -> HttpResponse {
    let (title, text) = match error.and_then(|error| error.as_error::<Error>()) {
        Some(error) => {
            note(request.path(), &Page::new(request).request_id, error);
            error.words()
        }
        None => Error::Malformed(msg!("地址或内容写得不对，什么都没有改动。")).words(),
    };
    let lang = Manner::of(request).lang;
    HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(format!(
        "{}\n{}\n",
        title.in_lang(lang),
        text.in_lang(lang)
    ))
}

/// Leaves in the log what went wrong on our side.
fn note(path: &str, id: &str, error: &Error) {
    match error {
        Error::Internal(cause) => tracing::error!(request = id, path, %cause, "internal error"),
        Error::Unavailable(cause) => tracing::warn!(request = id, path, %cause, "database unavailable"),
        _ => {}
    }
}

fn error_page(page: Page, error: &Error) -> HttpResponse {
    note(page.path.split('?').next().unwrap_or_default(), &page.request_id, error);
    let (title, text) = error.words();
    let mut response = render(page, error.status_code(), title, text);
    let seconds = match error {
        Error::Wait(seconds) => Some(*seconds),
        Error::Busy | Error::Unavailable(_) => Some(30),
        _ => None,
    };
    if let Some(value) = seconds.and_then(|s| HeaderValue::from_str(&s.to_string()).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

fn render(page: Page, status: StatusCode, title: Message, text: Message) -> HttpResponse {
    let code = format!("E{}-{}", status.as_u16(), page.request_id);
    let view = ErrorPage { page, status: status.as_u16(), code, title, text };
    crate::web::reply::html(status, &view).unwrap_or_else(|error| {
        tracing::error!(%error, "the error page itself could not be made");
        HttpResponse::new(status)
    })
}

/// A form that another site sent with our reader's cookies.
#[derive(Debug, thiserror::Error)]
#[error("a form from another site")]
struct CrossSite;
impl ResponseError for CrossSite {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
}

/// Whether a request that may change something was sent by a page that is not ours. Browsers say so in `Sec-Fetch-Site`,
/// older ones in `Origin`; a request with neither (a command-line client) carries no reader's cookie.
pub fn is_from_elsewhere(request: &HttpRequest) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return false;
    }
    // A page of another site cannot send this header without asking first, and is never permitted to.
    if request.path().starts_with("/uploads") && request.headers().contains_key("tus-resumable") {
        return false;
    }
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").map(|(_, host)| host) != header("host"),
        (None, None) => header("cookie").is_some(),
    }
}
