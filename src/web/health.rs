//! For whoever watches the server: does the process live, can it serve, what has it counted.
use crate::config::Config;
use crate::db::Db;
use crate::web::kept::Kept;
use crate::web::metrics::Metrics;
use crate::web::peer;
use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::atomic::Ordering::Relaxed;

/// Mounts the three addresses, outside the layers around pages.
pub fn mount(app: &mut ServiceConfig) {
    app.route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(metrics));
}

fn text(mut response: actix_web::HttpResponseBuilder, text: impl Into<String>) -> HttpResponse {
    response
        .content_type("text/plain; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(text.into())
}

/// The process answers.
async fn healthz() -> HttpResponse {
    text(HttpResponse::Ok(), "ok\n")
}

/// The process can serve: the database answers, and the media are there.
async fn readyz(db: Data<Db>, config: Data<Config>) -> HttpResponse {
    let database = match db.generation().await {
        Ok(_) => "ok",
        Err(_) => "unavailable",
    };
    let media = if config.media.is_dir() { "ok" } else { "missing" };
    let is_ready = database == "ok" && media == "ok";
    let response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    text(response, format!("database {database}\nmedia {media}\n"))
}

/// What was counted: for this machine itself, or with the token.
async fn metrics(
    request: HttpRequest,
    config: Data<Config>,
    db: Data<Db>,
    kept: Data<Kept>,
    metrics: Data<Metrics>,
) -> HttpResponse {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let has_token = config.metrics_token.as_ref().is_some_and(|token| {
        // Digests are compared, so that the time taken says nothing of the token.
        shown
            .and_then(|shown| shown.strip_prefix("Bearer "))
            .is_some_and(|shown| crate::ids::digest(shown) == crate::ids::digest(token))
    });
    if !has_token && !peer::is_local(&request) {
        return HttpResponse::NotFound().finish();
    }
    let [(readers, idle_readers), (writers, idle_writers)] = db.connections();
    let present = [
        ("kept_page_hits", kept.hits.load(Relaxed) as i64),
        ("kept_page_misses", kept.misses.load(Relaxed) as i64),
        ("kept_page_bytes", kept.weight() as i64),
        ("content_generation", db.generation_seen()),
        ("database_statements", db.statements() as i64),
        ("database_readers", readers.into()),
        ("database_readers_idle", idle_readers.into()),
        ("database_writers", writers.into()),
        ("database_writers_idle", idle_writers.into()),
    ];
    match metrics.text(&present) {
        Ok(body) => HttpResponse::Ok()
            .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "metrics");
            HttpResponse::InternalServerError().finish()
        }
    }
}
