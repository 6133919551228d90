//! The static files, under names that change with their content: kept by browsers for a year.
use crate::assets;
use crate::error::Error;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse};

/// Whether the browser unpacks gzip.
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| {
        accepted.split(',').any(|one| {
            let mut parts = one.split(';').map(str::trim);
            parts.next() == Some("gzip") && parts.all(|part| !matches!(part, "q=0" | "q=0.0"))
        })
    })
}

pub async fn serve(request: HttpRequest) -> Result<HttpResponse, Error> {
    let asset = assets::find(request.path()).ok_or(Error::NotFound)?;
    let takes_gzip = takes_gzip(request.headers());
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.mime)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if let Some(scope) = asset.scope {
        response.insert_header(("service-worker-allowed", scope));
    }
    Ok(match &asset.gzipped {
        Some(gzipped) if takes_gzip => {
            response.insert_header((header::CONTENT_ENCODING, "gzip")).body(gzipped.as_slice())
        }
        _ => response.insert_header((header::CONTENT_ENCODING, "identity")).body(asset.plain),
    })
}
