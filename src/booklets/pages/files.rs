//! The files of texts at their addresses. A picture is shown, a PDF is saved: it may hold scripts of its own.
use crate::access::Access::Anyone;
use crate::booklets::attachments::{self, Attachment};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{AttachmentId, random_hex};
use crate::media::{self, Media, Store};
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::route::{Route, file};
use actix_web::http::header::{
    self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue, HeaderValue,
    TryIntoHeaderValue,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

pub fn routes() -> Vec<Route> {
    vec![file("/attachments/{attachment}/{name}", Anyone, send)]
}

/// What comes under the policy of pages and could be a document of its own does nothing.
const SANDBOX: &str = "default-src 'none'; sandbox";
/// The reader's own browser may keep it for a while: its bytes never change, but who may read it can.
const KEEPING: &str = "private, max-age=600";

async fn send(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    path: Path<(AttachmentId, String)>,
) -> Reply {
    let (id, name) = path.into_inner();
    let viewer = page.viewer.clone();
    let file = db.read(move |conn| attachments::readable(conn, id, viewer.as_ref())).await?;
    if file.name != name {
        return Err(Error::NotFound);
    }
    let (mime, key) = (file.kind.mime(), file.key());
    let mut response = if media.store.local_path(&key).is_some() {
        media::pages::here(&request, &media, &key, Some(mime), KEEPING)?
    } else {
        let store = media.store.clone();
        let bytes = actix_web::web::block(move || read(&store, &key)).await.map_err(Error::internal)??;
        HttpResponse::Ok().content_type(mime).insert_header((header::CACHE_CONTROL, KEEPING)).body(bytes)
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_DISPOSITION, disposition(&file)?);
    Ok(response)
}

fn disposition(file: &Attachment) -> Result<HeaderValue> {
    let name = ExtendedValue {
        charset: header::Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: file.name.clone().into_bytes(),
    };
    let parameters = vec![
        DispositionParam::Filename(format!("{}.{}", file.id, file.kind.ending())),
        DispositionParam::FilenameExt(name),
    ];
    let disposition = match file.kind.is_picture() {
        true => DispositionType::Inline,
        false => DispositionType::Attachment,
    };
    ContentDisposition { disposition, parameters }.try_into_value().map_err(Error::internal)
}

/// The bytes of a file, wherever it is kept; for threads that may wait.
///
/// # Errors
/// Those of the store.
pub fn read(store: &Store, key: &str) -> Result<Vec<u8>> {
    if let Some(path) = store.local_path(key) {
        return std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NotFound,
            _ => Error::internal(error),
        });
    }
    let place = std::env::temp_dir().join(format!("weixiao-{}", random_hex(16)));
    store.get_to(key, &place)?;
    let bytes = std::fs::read(&place).map_err(Error::internal);
    std::fs::remove_file(&place).map_err(Error::internal)?;
    bytes
}
