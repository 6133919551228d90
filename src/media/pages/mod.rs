//! The delivery of recordings: `/m/{exp}/{sig}/{folder}/{file}`. Whoever has the address had the right to the lecture when it
//! was made, so no session is looked for and the database is not asked. In parts, again, or only if it changed: from the
//! folder, by nginx, or at the S3 store.
mod playlist;

use super::{Key, Kind, Media, Place, Sight, StoreError};
use crate::access::Access::Anyone;
use crate::clock;
use crate::error::{Error, Result};
use crate::web::files::takes_gzip;
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::route::{Route, file};
use actix_files::NamedFile;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
pub(super) use playlist::Ready;
use reqwest::Method;
use std::collections::BTreeMap;

pub fn routes() -> Vec<Route> {
    vec![file("/m/{exp}/{sig}/{folder}/{file}", Anyone, signed)]
}

const NO_STORE: (HeaderName, &str) = (header::CACHE_CONTROL, "private, no-store");

/// Sends whoever has just shown a right to a lecture to one of its files: what `/lectures/{id}/video.mp4` and its like
/// answer. The address there holds for some hours, wherever the file is.
///
/// # Errors
/// Not found for a file that readers may not ask for.
pub fn answer(media: &Media, folder: &str, file: &str) -> Reply {
    Kind::of(file).ok_or(Error::NotFound)?;
    let address = format!("{}/{file}", media.signer.folder(folder, clock::now().and_utc().timestamp()));
    Ok(HttpResponse::Found().insert_header((header::LOCATION, address)).insert_header(NO_STORE).finish())
}

/// A recording or hand-out of the old kind, under a flat name in the folder, for whoever has just shown a right to it. It may
/// stay in the reader's own browser for an hour: seeking does not ask again and again.
///
/// # Errors
/// Not found if there is no such file; internal for a name that the portal did not make.
pub fn flat(request: &HttpRequest, media: &Media, name: &str, mime: Option<&str>) -> Reply {
    if !matches!(Key::of(name), Ok(Key::Flat(_))) {
        return Err(StoreError::Name(name.to_owned()).into());
    }
    here(request, media, name, mime, "private, max-age=3600")
}

async fn signed(
    page: Page,
    request: HttpRequest,
    media: Data<Media>,
    path: Path<(String, String, String, String)>,
) -> Reply {
    let (exp, sig, folder, file) = path.into_inner();
    let seconds = match media.signer.check(&exp, &sig, &folder, clock::now().and_utc().timestamp()) {
        Sight::Forged => return Err(Error::NotFound),
        Sight::Holds(seconds) => Some(seconds),
        Sight::Over => None,
    };
    let kind = Kind::of(&file).ok_or(Error::NotFound)?;
    let Some(seconds) = seconds else {
        // For players, which show nothing, and for whoever kept the address and opens it: one sentence is enough.
        return Ok(HttpResponse::Forbidden()
            .content_type("text/plain; charset=utf-8")
            .insert_header(NO_STORE)
            .body(page.t("这个播放地址已经过期。请回到这堂课的页面，刷新后再播放。")));
    };
    let key = format!("{folder}/{file}");
    let place = media.store.place(&key).map_err(|_| Error::NotFound)?;
    match (place, kind) {
        (Place::Here(_), _) => here(&request, &media, &key, Some(kind.mime()), kind.keeping()),
        (Place::There(_), Kind::Playlist) => listed(&request, &media, &key, seconds).await,
        (Place::There(s3), _) => {
            // A signature is for one method.
            let method = if request.method().as_str() == "HEAD" { Method::HEAD } else { Method::GET };
            let address = s3.presigned(method, &key, seconds).await?;
            Ok(HttpResponse::Found()
                .insert_header((header::LOCATION, address))
                .insert_header(NO_STORE)
                .finish())
        }
    }
}

/// A file of the folder, for whoever has just shown a right to it: its bytes, or the word for nginx to send them.
///
/// # Errors
/// Not found if there is no such file, or it is not in the folder.
pub fn here(
    request: &HttpRequest,
    media: &Media,
    key: &str,
    mime: Option<&str>,
    keeping: &'static str,
) -> Reply {
    let keeping = HeaderValue::from_static(keeping);
    let path = media.store.local_path(key).ok_or(Error::NotFound)?;
    let mut file = open(&path)?;
    if let Some(mime) = mime {
        file = file.set_content_type(mime.parse().map_err(|_| Error::Internal("a media type".into()))?);
    }
    if let Some(prefix) = &media.accel {
        // nginx looks at ranges and validators itself.
        return Ok(HttpResponse::Ok()
            .content_type(file.content_type().clone())
            .insert_header((header::CACHE_CONTROL, keeping))
            .insert_header(("x-accel-redirect", format!("{prefix}{key}")))
            .finish());
    }
    let mut response = file.disable_content_disposition().into_response(request);
    // Only what is there is kept: not the word that a part is not.
    let is_there =
        matches!(response.status(), StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED);
    let keeping = if is_there { keeping } else { HeaderValue::from_static("no-store") };
    response.headers_mut().insert(header::CACHE_CONTROL, keeping);
    Ok(response)
}

fn open(path: &std::path::Path) -> Result<NamedFile> {
    let file = NamedFile::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound,
        _ => Error::internal(error),
    })?;
    // Read on the spot: a thread hop for each 64 KiB costs more than the read.
    Ok(file.prefer_utf8(true).read_mode_threshold(u64::MAX))
}

/// A playlist from the S3 store, with addresses there in the place of names. They hold no longer than the address under which
/// the playlist was asked for.
async fn listed(request: &HttpRequest, media: &Media, key: &str, seconds: i64) -> Reply {
    let Place::There(s3) = media.store.place(key)? else { return Err(Error::NotFound) };
    let (folder, _) = key.split_once('/').ok_or(Error::NotFound)?;
    let until = (clock::now().and_utc().timestamp() + seconds) / 60;
    let name = format!("{until} {key}");
    let list = match media.playlists.find(&name) {
        Some(list) => list,
        None => {
            let text = String::from_utf8(s3.read(key).await?).map_err(Error::internal)?;
            let mut addresses = BTreeMap::new();
            for file in playlist::files(&text) {
                let address = s3.presigned(Method::GET, &format!("{folder}/{file}"), seconds);
                addresses.insert(file, address.await?);
            }
            let made = playlist::with_addresses(&text, &addresses);
            media.playlists.keep(name, made).map_err(Error::internal)?
        }
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(Kind::Playlist.mime())
        .insert_header((header::CACHE_CONTROL, Kind::Playlist.keeping()))
        .insert_header((header::VARY, "Accept-Encoding"));
    Ok(if takes_gzip(request.headers()) {
        response.insert_header((header::CONTENT_ENCODING, "gzip")).body(list.gzipped.clone())
    } else {
        response.body(list.plain.clone())
    })
}
