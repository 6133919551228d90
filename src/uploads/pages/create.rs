//! POST: an upload begins, perhaps with its first bytes.
use super::super::protocol::{self, metadata};
use super::super::store::{self, State};
use super::super::{New, Uploads, url};
use super::pieces::{discard, is_piece, store_piece};
use super::{Done, Halt, check_version, counted, expiring, hold, sent, told, wrong};
use crate::access::Viewer;
use crate::clock;
use crate::db::Db;
use crate::error::Error;
use crate::ids::LectureId;
use crate::msg;
use crate::web::reply::Reply;
use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

pub(super) async fn create(
    request: HttpRequest,
    viewer: Viewer,
    db: Data<Db>,
    uploads: Data<Uploads>,
    mut body: Payload,
) -> Reply {
    let done = begin(&request, viewer, &db, &uploads, &mut body).await;
    told(&request, &mut body, done).await
}

async fn begin(
    request: &HttpRequest,
    viewer: Viewer,
    db: &Data<Db>,
    uploads: &Data<Uploads>,
    body: &mut Payload,
) -> Done {
    check_version(request)?;
    if sent(request, "upload-concat").is_some() {
        return Err(Halt::Said(400, msg!("这里不支持分成几份同时传再拼接。")));
    }
    let length = counted(request, "Upload-Length")?;
    match (length, sent(request, "upload-defer-length")) {
        (Some(_), None) | (None, Some("1")) => {}
        (Some(_), Some(_)) | (None, Some(_)) => return Err(wrong("Upload-Defer-Length")),
        (None, None) => return Err(wrong("Upload-Length")),
    }
    let as_sent = sent(request, "upload-metadata").unwrap_or_default();
    let about = metadata(as_sent).map_err(|words| Halt::Said(400, words))?;
    if let Some(check) = sent(request, "upload-checksum") {
        protocol::checksum(check).map_err(|words| Halt::Said(400, words))?;
    }
    let new = New {
        lecture: about.lecture.map(LectureId),
        length,
        name: about.name,
        fingerprint: about.fingerprint,
        metadata: as_sent.to_owned(),
    };
    let maker = uploads.clone();
    let id = db.write(move |conn| maker.create(conn, &viewer, &new, clock::now())).await??;
    let mut answer = HttpResponse::Created();
    let key = id.clone();
    let found = db.read(move |conn| store::find(conn, &key)).await?;
    let mut upload = found.map(|(upload, _)| upload).ok_or(Error::NotFound)?;
    if is_piece(request) && upload.state == State::Open {
        let held = hold(request, &id, db, uploads).await?;
        match store_piece(request, db, uploads, body, held).await {
            Ok((now, offset)) => {
                upload = now;
                answer.insert_header(("Upload-Offset", offset));
            }
            Err(halt) => {
                // Its client never learns the address.
                discard(db, uploads, &upload).await?;
                return Err(halt);
            }
        }
    } else if is_piece(request) {
        answer.insert_header(("Upload-Offset", "0"));
    }
    expiring(&mut answer, &upload);
    Ok(answer.insert_header((header::LOCATION, url(&id))).finish())
}
