//! Pages are gzipped on the way out, on the spot and quickly: handing forty kilobytes to another thread costs more.
use crate::web::files::takes_gzip;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

/// Below this a page travels in one packet anyway.
const SMALLEST: usize = 1_200;

/// `bytes`, gzipped at this level: 1 is quick, 9 is small.
///
/// # Errors
/// None that memory allows.
pub fn gzip(bytes: &[u8], level: u32) -> std::io::Result<Bytes> {
    let mut gzip = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::new(level));
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.into())
}

/// The layer around pages that are not kept.
pub async fn squeeze(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_wanted = takes_gzip(request.headers());
    let response = next.call(request).await?;
    let headers = response.headers();
    let is_text = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/"));
    if !is_wanted || !is_text || headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(response);
    }
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(bytes) if bytes.len() >= SMALLEST => bytes,
        Ok(bytes) => return Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(bytes)))),
        // Sent piece by piece: not a page.
        Err(body) => return Ok(ServiceResponse::new(request, response.set_body(body))),
    };
    let body = gzip(&body, 1)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(body))))
}
