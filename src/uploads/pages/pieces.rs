//! PATCH: a piece of a file, and what follows from it.
use super::super::disk::{self, Pen};
use super::super::protocol::{self, PIECE};
use super::super::store::{self, State, Upload};
use super::super::turns::{Asked, Turn};
use super::super::{Refusal, Uploads, shown};
use super::receive::{self, How, Received};
use super::{Done, Halt, check, counted, expiring, hold, sent, told, wrong};
use crate::clock;
use crate::config::UPLOAD_DAYS;
use crate::db::Db;
use crate::error::Error;
use crate::msg;
use crate::web::reply::Reply;
use actix_web::web::{Data, Path, Payload, block};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Duration;

/// A piece that is checked waits aside until it has come: so much may wait.
const LARGEST_CHECKED: u64 = 64 * 1024 * 1024;

pub(super) async fn patch(
    request: HttpRequest,
    id: Path<String>,
    db: Data<Db>,
    uploads: Data<Uploads>,
    mut body: Payload,
) -> Reply {
    let done = take(&request, &id, &db, &uploads, &mut body).await;
    told(&request, &mut body, done).await
}

async fn take(
    request: &HttpRequest,
    id: &str,
    db: &Data<Db>,
    uploads: &Data<Uploads>,
    body: &mut Payload,
) -> Done {
    check(request, id)?;
    if !is_piece(request) {
        return Err(Halt::Said(415, msg!("内容的类型应为 {}。", PIECE)));
    }
    let offset = counted(request, "Upload-Offset")?.ok_or_else(|| wrong("Upload-Offset"))?;
    let length = counted(request, "Upload-Length")?;
    let (mut upload, turn, asked) = hold(request, id, db, uploads).await?;
    let come = match upload.state {
        State::Open => turn.file.as_ref().map_or(Ok(0), |file| file.metadata().map(|about| about.len())),
        _ => Ok(upload.length.unwrap_or_default() as u64),
    };
    let come = come.map_err(Error::internal)?;
    if offset != come {
        return Err(Halt::Said(409, msg!("这一段接不上：已经收到 {} 字节。", come)));
    }
    if let Some(length) = length {
        upload = with_length(db, uploads, upload, length, come).await?;
    }
    let (upload, offset) = store_piece(request, db, uploads, body, (upload, turn, asked)).await?;
    let mut answer = HttpResponse::NoContent();
    answer.insert_header(("Upload-Offset", offset));
    expiring(&mut answer, &upload);
    Ok(answer.finish())
}

pub(super) fn is_piece(request: &HttpRequest) -> bool {
    sent(request, "content-type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case(PIECE))
}

/// The upload with its length, which its client learnt only now.
async fn with_length(
    db: &Data<Db>,
    uploads: &Data<Uploads>,
    upload: Upload,
    length: u64,
    come: u64,
) -> Result<Upload, Halt> {
    if upload.length == Some(length as i64) {
        return Ok(upload);
    }
    if upload.length.is_some() || length < come {
        return Err(wrong("Upload-Length"));
    }
    let (row, uploads) = (upload.clone(), uploads.clone());
    match db.write(move |conn| uploads.set_length(conn, &row, length, come)).await?? {
        true => Ok(Upload { length: Some(length as i64), ..upload }),
        false => Err(wrong("Upload-Length")),
    }
}

/// Takes the body of a request behind what is there. Returns how much is there now, all of it on the disk itself.
pub(super) async fn store_piece(
    request: &HttpRequest,
    db: &Data<Db>,
    uploads: &Data<Uploads>,
    body: &mut Payload,
    (upload, turn, asked): (Upload, Turn, Asked),
) -> Result<(Upload, u64), Halt> {
    let Some(file) = &turn.file else {
        // Complete, and perhaps taken over by its recording: an empty piece is all that fits.
        return match receive::next(body).await {
            None => Ok((upload.clone(), upload.length.unwrap_or_default() as u64)),
            Some(_) => Err(too_much()),
        };
    };
    let come = file.metadata().map_err(Error::internal)?.len();
    let most = most(db, uploads, &upload).await?.saturating_sub(come);
    let announced = counted(request, "Content-Length")?;
    if announced.is_some_and(|announced| announced > most) {
        return Err(too_much());
    }
    uploads.has_room(announced.unwrap_or_default())?;
    let check = sent(request, "upload-checksum").map(protocol::checksum).transpose();
    let check = check.map_err(|words| Halt::Said(400, words))?;
    let is_large = || Halt::Said(413, msg!("要校验的一段最大 {}，请分成小段再传。", shown(LARGEST_CHECKED)));
    let most = match &check {
        Some(_) if announced.is_some_and(|announced| announced > LARGEST_CHECKED) => return Err(is_large()),
        Some(_) => most.min(LARGEST_CHECKED),
        None => most,
    };
    let (digest, expected) = check.unzip();
    let pen = Pen::new(file, &uploads.folder, &upload.id, uploads.limits.reserve, digest)
        .map_err(Error::internal)?;
    let upload = keep(db, upload).await?;
    let received = receive::receive(body, (turn, asked), pen, most, uploads).await?;
    let (turn, offset) = match expected {
        None => {
            let Received { how, turn, pen, size } = received;
            drop(pen);
            let offset = size.map_err(full)?;
            stopped(how)?;
            (turn, offset)
        }
        Some(expected) => {
            let Received { how, turn, pen, size } = received;
            size.map_err(full)?;
            match how {
                How::TooMuch if most == LARGEST_CHECKED => return Err(is_large()),
                how => stopped(how)?,
            }
            let Some(file) = &turn.file else { return Err(Error::NotFound.into()) };
            let file = file.try_clone().map_err(Error::internal)?;
            let joined = move |pen: &mut Pen| {
                let is_right = pen.join(&file, &expected)?;
                Ok((is_right, file.metadata()?.len()))
            };
            let (_, joined) = receive::on_thread(uploads, pen, joined).await?;
            let (is_right, offset) = joined.map_err(full)?;
            if !is_right {
                return Err(Halt::Said(460, msg!("校验不符，这一段没有保存，请重传这一段。")));
            }
            (turn, offset)
        }
    };
    let upload = finished(db, upload, offset).await?;
    drop(turn);
    Ok((upload, offset))
}

/// The largest length that this upload may come to.
async fn most(db: &Data<Db>, uploads: &Data<Uploads>, upload: &Upload) -> Result<u64, Halt> {
    if let Some(length) = upload.length {
        return Ok(length as u64);
    }
    let (row, reader) = (upload.clone(), uploads.clone());
    let left = db.read(move |conn| reader.room(conn, row.account, Some(&row.id))).await??;
    Ok(left.min(uploads.limits.largest))
}

/// Moves the day on which the upload expires, not more than once an hour.
async fn keep(db: &Db, upload: Upload) -> Result<Upload, Halt> {
    let until = clock::now() + Duration::days(UPLOAD_DAYS);
    if until - upload.expires_at < Duration::hours(1) {
        return Ok(upload);
    }
    let id = upload.id.clone();
    db.write(move |conn| store::keep_until(conn, &id, until)).await?;
    Ok(Upload { expires_at: until, ..upload })
}

fn too_much() -> Halt {
    Halt::Said(413, msg!("发来的内容比文件还长，多出的没有收。"))
}

fn full(error: std::io::Error) -> Halt {
    if disk::is_full(&error) { Refusal::DiskFull.into() } else { Error::internal(error).into() }
}

/// What to say if the body did not end by itself. What came is kept.
fn stopped(how: How) -> Result<(), Halt> {
    Err(match how {
        How::Whole => return Ok(()),
        How::Asked => Halt::Said(423, msg!("这个文件正由另一个连接传送，请稍后再试。")),
        How::Stalled => Halt::Said(408, msg!("等了太久没有新的内容，收到的部分都保留着，请接着传。")),
        How::Cut => Halt::Said(400, msg!("连接断了，收到的部分都保留着，请接着传。")),
        How::TooMuch => too_much(),
        How::Stopped => Error::Busy.into(),
    })
}

/// How much has come, after it was written to the disk itself.
pub(super) async fn synced(turn: &Turn) -> Result<u64, Halt> {
    let Some(file) = &turn.file else { return Err(Error::NotFound.into()) };
    let file = file.try_clone().map_err(Error::internal)?;
    let size = block(move || {
        file.sync_data()?;
        Ok(file.metadata()?.len())
    });
    size.await.map_err(Error::internal)?.map_err(full)
}

/// The upload, complete if all its bytes are there. Called with the upload held.
pub(super) async fn finished(db: &Db, upload: Upload, offset: u64) -> Result<Upload, Halt> {
    if upload.state != State::Open || upload.length != Some(offset as i64) {
        return Ok(upload);
    }
    let row = upload.clone();
    db.write(move |conn| super::super::complete(conn, &row, clock::now())).await?;
    Ok(Upload { state: State::Complete, ..upload })
}

/// Ends an upload and removes its file.
pub(super) async fn discard(db: &Db, uploads: &Uploads, upload: &Upload) -> Result<(), Halt> {
    let (id, state) = (upload.id.clone(), upload.state);
    db.write(move |conn| store::change_state(conn, &id, state, State::Gone, clock::now())).await?;
    disk::remove(&uploads.folder, &upload.id).map_err(Error::internal)?;
    Ok(())
}
