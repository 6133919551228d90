//! tus 1.0 over HTTP: the routes, what surrounds an answer, HEAD, DELETE, GET. `create` begins uploads, `pieces` takes what is
//! sent, `receive` is the stream itself, `plain` a form without JavaScript.
//!
//! The address of an upload is a capability: whoever has it goes on with the file for its owner, also after the sign-in
//! ended, so that a night's upload does not begin anew. Somebody else's session is told that there is nothing.
mod create;
mod pieces;
mod plain;
mod receive;

use super::protocol::{ALGORITHMS, EXTENSIONS, VERSION, bytes, disposition, http_date};
use super::store::{self, State, Upload};
use super::turns::{Asked, Turn};
use super::{Uploads, disk};
use crate::access::Access::{Anyone, Oneself};
use crate::access::Permission::TeachLectures;
use crate::access::Viewer;
use crate::clock;
use crate::db::Db;
use crate::error::Error;
use crate::lang::Message;
use crate::msg;
use crate::web::page::Manner;
use crate::web::reply::Reply;
use crate::web::route::{Route, protocol};
use actix_files::NamedFile;
use actix_web::http::{Method, StatusCode, header};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
pub use plain::take_plain;

/// Every answer says which protocol this is.
const HEADERS: &[(&str, &str)] = &[("tus-resumable", VERSION), ("cache-control", "no-store")];

pub fn routes() -> Vec<Route> {
    vec![
        protocol(Method::OPTIONS, "/uploads", Anyone, HEADERS, options),
        protocol(Method::POST, "/uploads", TeachLectures, HEADERS, create::create),
        protocol(Method::HEAD, "/uploads/{id}", Anyone, HEADERS, head),
        protocol(Method::PATCH, "/uploads/{id}", Anyone, HEADERS, pieces::patch),
        protocol(Method::DELETE, "/uploads/{id}", Anyone, HEADERS, delete),
        protocol(Method::POST, "/uploads/{id}", Anyone, HEADERS, overridden),
        protocol(Method::GET, "/uploads/{id}", Oneself, HEADERS, get),
    ]
}

/// Why a request is not done.
enum Halt {
    /// With this status and sentence.
    Said(u16, Message),
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Halt {
        Halt::Failed(error)
    }
}
impl From<super::Refusal> for Halt {
    fn from(refusal: super::Refusal) -> Halt {
        Halt::Said(refusal.status(), refusal.words())
    }
}

type Done = Result<HttpResponse, Halt>;

/// The answer to a request, or a sentence in the reader's language.
async fn told(request: &HttpRequest, body: &mut Payload, done: Done) -> Reply {
    match done {
        Ok(response) => Ok(response),
        Err(Halt::Failed(error)) => {
            receive::drain(body).await;
            Err(error)
        }
        Err(Halt::Said(status, words)) => {
            // A browser that is still sending would see a broken line and no answer.
            receive::drain(body).await;
            let mut answer = HttpResponse::build(StatusCode::from_u16(status).map_err(Error::internal)?);
            if status == 412 {
                answer.insert_header(("Tus-Version", VERSION));
            }
            if status == 503 {
                answer.insert_header((header::RETRY_AFTER, "30"));
            }
            Ok(answer.content_type("text/plain; charset=utf-8").body(words.in_lang(Manner::of(request).lang)))
        }
    }
}

/// A header as text; `None` if it is not there.
fn sent<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).map(|value| value.to_str().unwrap_or("?"))
}

fn wrong(name: &str) -> Halt {
    Halt::Said(400, msg!("请求头 {} 写得不对。", name))
}

/// A header that counts bytes.
fn counted(request: &HttpRequest, name: &str) -> Result<Option<u64>, Halt> {
    sent(request, name).map(|value| bytes(value).ok_or_else(|| wrong(name))).transpose()
}

/// Whether this could be asked at all: an address that could be one, in the version that is spoken.
fn check(request: &HttpRequest, id: &str) -> Result<(), Halt> {
    if !disk::is_id(id) {
        return Err(none());
    }
    check_version(request)
}

fn none() -> Halt {
    Halt::Said(404, msg!("没有找到这次上传。"))
}

fn check_version(request: &HttpRequest) -> Result<(), Halt> {
    match sent(request, "tus-resumable") {
        Some(VERSION) => Ok(()),
        _ => Err(Halt::Said(412, msg!("这里只支持 tus {}。", VERSION))),
    }
}

/// The upload at this address, if whoever asks may know of it.
///
/// Gone ones are said to be gone: a client then begins anew instead of trying again.
async fn look(request: &HttpRequest, id: &str, db: &Db, uploads: &Uploads) -> Result<Upload, Halt> {
    if !disk::is_id(id) {
        return Err(none());
    }
    let key = id.to_owned();
    let (upload, is_active) = db.read(move |conn| store::find(conn, &key)).await?.ok_or_else(none)?;
    let stranger =
        request.extensions().get::<Viewer>().is_some_and(|viewer| viewer.account != upload.account);
    if stranger {
        return Err(none());
    }
    if !is_active {
        return Err(Halt::Said(403, msg!("这个账号已经停用，不能再传。")));
    }
    if upload.state == State::Gone || (upload.state == State::Open && upload.expires_at <= clock::now()) {
        return Err(Halt::Said(410, msg!("这次上传已经结束或过期，请重新上传。")));
    }
    if upload.place != uploads.place()? {
        return Err(Halt::Said(503, msg!("这个文件由另一台服务器接收，请稍后再试。")));
    }
    Ok(upload)
}

/// The upload, and nobody else at it.
async fn hold(
    request: &HttpRequest,
    id: &str,
    db: &Db,
    uploads: &Uploads,
) -> Result<(Upload, Turn, Asked), Halt> {
    look(request, id, db, uploads).await?;
    let taken = uploads.turns.take(&uploads.folder, id, uploads.limits.patience).await?;
    let (turn, asked) =
        taken.ok_or_else(|| Halt::Said(423, msg!("这个文件正由另一个连接传送，请稍后再试。")))?;
    // Whoever was at it may have ended or completed it.
    let upload = look(request, id, db, uploads).await?;
    if upload.state == State::Open && turn.file.is_none() {
        return Err(Halt::Said(410, msg!("这次上传已经结束或过期，请重新上传。")));
    }
    Ok((upload, turn, asked))
}

/// What an answer about an open upload says of its end.
fn expiring(answer: &mut HttpResponseBuilder, upload: &Upload) {
    if upload.state == State::Open {
        answer.insert_header(("Upload-Expires", http_date(upload.expires_at)));
    }
}

async fn options(uploads: Data<Uploads>) -> Reply {
    Ok(HttpResponse::NoContent()
        .insert_header(("Tus-Version", VERSION))
        .insert_header(("Tus-Extension", EXTENSIONS))
        .insert_header(("Tus-Max-Size", uploads.limits.largest))
        .insert_header(("Tus-Checksum-Algorithm", ALGORITHMS))
        .finish())
}

async fn head(
    request: HttpRequest,
    id: Path<String>,
    db: Data<Db>,
    uploads: Data<Uploads>,
    mut body: Payload,
) -> Reply {
    let done = say(&request, &id, &db, &uploads).await;
    told(&request, &mut body, done).await
}

/// How much has come. What is said here is on the disk itself.
async fn say(request: &HttpRequest, id: &str, db: &Db, uploads: &Uploads) -> Done {
    check(request, id)?;
    let (upload, turn, _) = hold(request, id, db, uploads).await?;
    let mut answer = HttpResponse::Ok();
    let offset = match upload.state {
        State::Open => pieces::synced(&turn).await?,
        _ => upload.length.unwrap_or_default() as u64,
    };
    // A server that was killed between the last byte and its acknowledgement.
    let upload = pieces::finished(db, upload, offset).await?;
    drop(turn);
    answer.insert_header(("Upload-Offset", offset));
    match upload.length {
        Some(length) => answer.insert_header(("Upload-Length", length)),
        None => answer.insert_header(("Upload-Defer-Length", "1")),
    };
    if !upload.metadata.is_empty() {
        answer.insert_header(("Upload-Metadata", upload.metadata.as_str()));
    }
    expiring(&mut answer, &upload);
    Ok(answer.finish())
}

async fn delete(
    request: HttpRequest,
    id: Path<String>,
    db: Data<Db>,
    uploads: Data<Uploads>,
    mut body: Payload,
) -> Reply {
    let done = end(&request, &id, &db, &uploads).await;
    told(&request, &mut body, done).await
}

async fn end(request: &HttpRequest, id: &str, db: &Db, uploads: &Uploads) -> Done {
    check(request, id)?;
    let (upload, turn, _) = hold(request, id, db, uploads).await?;
    if upload.state == State::Complete && upload.lecture.is_some() {
        return Err(Halt::Said(403, msg!("文件已经传完，正在处理，不能在这里删去。")));
    }
    pieces::discard(db, uploads, &upload).await?;
    drop(turn);
    Ok(HttpResponse::NoContent().finish())
}

/// Clients behind old proxies send every method as a POST that names it.
async fn overridden(
    request: HttpRequest,
    id: Path<String>,
    db: Data<Db>,
    uploads: Data<Uploads>,
    mut body: Payload,
) -> Reply {
    match sent(&request, "x-http-method-override") {
        Some("PATCH") => pieces::patch(request, id, db, uploads, body).await,
        Some("HEAD") => head(request, id, db, uploads, body).await,
        Some("DELETE") => delete(request, id, db, uploads, body).await,
        _ => {
            let done = check(&request, &id).and_then(|()| Err(wrong("X-HTTP-Method-Override")));
            told(&request, &mut body, done).await
        }
    }
}

/// What has come so far, for its owner.
async fn get(
    request: HttpRequest,
    id: Path<String>,
    db: Data<Db>,
    uploads: Data<Uploads>,
    mut body: Payload,
) -> Reply {
    let found = match look(&request, &id, &db, &uploads).await {
        Ok(upload) => match std::fs::File::open(disk::path_of(&uploads.folder, &id)) {
            Ok(file) => Ok((upload, file)),
            Err(_) => Err(none()),
        },
        Err(halt) => Err(halt),
    };
    let (upload, file) = match found {
        Ok(found) => found,
        Err(halt) => return told(&request, &mut body, Err(halt)).await,
    };
    // Always handed over, never shown: it may be a page of HTML that calls itself a film.
    let named = NamedFile::from_file(file, "upload.bin").map_err(Error::internal)?;
    let mut answer = named
        .use_last_modified(false)
        .disable_content_disposition()
        .set_content_type("application/octet-stream".parse().map_err(|_| Error::NotFound)?)
        .into_response(&request);
    let name = if upload.name.is_empty() { &upload.id } else { &upload.name };
    let value = header::HeaderValue::from_str(&disposition(name)).map_err(Error::internal)?;
    answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    Ok(answer)
}
