//! Pages are gzipped on the way out, on the spot and quickly: handing forty kilobytes to another thread costs more.
use crate::web::files::takes_gzip;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use std::cell::RefCell;
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

/// What a gzip file begins with (RFC 1952 §2.3): deflate, no name, no time, quick, an unknown system.
const BEGINNING: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

thread_local! {
    /// Its tables are 200 KB: to clear them for each page costs as much as a query.
    static QUICK: RefCell<DeflateEncoder<Vec<u8>>> = RefCell::new(DeflateEncoder::new(vec![], Compression::new(1)));
}

/// `bytes`, gzipped as quickly as can be.
///
/// # Errors
/// None that memory allows.
fn gzip_quickly(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut begun = Vec::with_capacity(bytes.len() / 3 + BEGINNING.len());
    begun.extend(BEGINNING);
    let mut gzip = QUICK.with_borrow_mut(|encoder| {
        encoder.reset(begun)?;
        encoder.write_all(bytes)?;
        encoder.reset(vec![])
    })?;
    let mut crc = Crc::new();
    crc.update(bytes);
    gzip.extend(crc.sum().to_le_bytes());
    gzip.extend(crc.amount().to_le_bytes());
    Ok(gzip.into())
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
    let body = gzip_quickly(&body)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(ServiceResponse::new(request, response.set_body(BoxBody::new(body))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn what_is_gzipped_one_after_the_other_comes_back_whole() {
        let noise = |size: u32| -> Vec<u8> {
            (0..size).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
        };
        for bytes in
            [vec![], b"short".to_vec(), "一页".repeat(50_000).into_bytes(), noise(300_000), b"again".to_vec()]
        {
            let gzip = gzip_quickly(&bytes).unwrap();
            let mut found = vec![];
            GzDecoder::new(&gzip[..]).read_to_end(&mut found).unwrap();
            assert_eq!(found, bytes);
        }
    }
}
