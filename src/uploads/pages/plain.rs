//! A file in a plain form, for browsers without scripts: it comes in one piece or not at all.
use super::super::disk::Pen;
use super::super::store::{self, State};
use super::super::{New, Refusal, Uploads, complete, disk, protocol};
use super::Halt;
use super::pieces::discard;
use super::receive::{next, on_thread};
use crate::access::Viewer;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::LectureId;
use crate::msg;
use actix_multipart::{Field, Multipart};
use actix_web::web::{Bytes, Data};
use tokio::time::timeout;

/// How many bytes are handed to another thread at once.
const BATCH: usize = 256 * 1024;
/// A form that is too large is read to its end up to so many times what may be, so that the browser sees the answer.
const PATIENCE: u64 = 5;

/// Stores the field `file` of a form as a complete upload for this lecture: its id, or why it is refused. The route that
/// calls this watches no time itself ([`crate::web::route::Route::patient`]); a piece that does not come ends it here.
///
/// # Errors
/// Those of the database and of the file system; what cannot be read as a form.
pub async fn take_plain(
    db: &Data<Db>,
    uploads: &Data<Uploads>,
    mut parts: Multipart,
    viewer: &Viewer,
    lecture: LectureId,
) -> Result<Result<String, Refusal>> {
    let stall = uploads.limits.stall;
    loop {
        let part = match timeout(stall, next(&mut parts)).await {
            Err(_) => return Ok(Err(Refusal::Cut)),
            Ok(None) => return Ok(Err(Refusal::NoFile)),
            Ok(Some(part)) => part.map_err(|_| unreadable())?,
        };
        if part.name() != Some("file") {
            match timeout(stall, skip(part)).await {
                Ok(read) => read?,
                Err(_) => return Ok(Err(Refusal::Cut)),
            }
            continue;
        }
        let name = part.content_disposition().and_then(|about| about.get_filename()).unwrap_or_default();
        let name = protocol::file_name(name);
        if name.is_empty() {
            return Ok(Err(Refusal::NoFile));
        }
        return file(db, uploads, part, viewer, New { lecture: Some(lecture), name, ..New::default() }).await;
    }
}

fn unreadable() -> Error {
    Error::Malformed(msg!("地址或内容写得不对，什么都没有改动。"))
}

/// Reads over a field that is no file.
async fn skip(mut part: Field) -> Result<()> {
    let mut read = 0;
    while let Some(piece) = next(&mut part).await {
        read += piece.map_err(|_| unreadable())?.len();
        if read > 64 * 1024 {
            return Err(Error::TooLarge);
        }
    }
    Ok(())
}

async fn file(
    db: &Data<Db>,
    uploads: &Data<Uploads>,
    mut part: Field,
    viewer: &Viewer,
    new: New,
) -> Result<Result<String, Refusal>> {
    let (maker, who) = (uploads.clone(), viewer.clone());
    let made = db.write(move |conn| maker.create(conn, &who, &new, clock::now())).await?;
    let id = match made {
        Ok(id) => id,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let outcome = write(uploads, &mut part, &id).await;
    let key = id.clone();
    let found = db.read(move |conn| store::find(conn, &key)).await?;
    let (upload, _) = found.ok_or(Error::NotFound)?;
    let size = match outcome {
        Ok(Ok(size)) if size > 0 => size,
        failed => {
            match discard(db, uploads, &upload).await {
                Err(Halt::Failed(error)) => return Err(error),
                Err(Halt::Said(..)) | Ok(()) => {}
            }
            return failed.map(|refused| refused.and(Err(Refusal::NoFile)));
        }
    };
    let (measurer, row) = (uploads.clone(), upload);
    let done = db
        .write(move |conn| {
            if let Err(refusal) = measurer.set_length(conn, &row, size, size)? {
                store::change_state(conn, &row.id, State::Open, State::Gone, clock::now())?;
                return Ok(Err(refusal));
            }
            complete(conn, &row, clock::now())?;
            Ok(Ok(()))
        })
        .await?;
    if let Err(refusal) = done {
        disk::remove(&uploads.folder, &id).map_err(Error::internal)?;
        return Ok(Err(refusal));
    }
    Ok(Ok(id))
}

/// Writes the file; how large it is.
async fn write(uploads: &Data<Uploads>, part: &mut Field, id: &str) -> Result<Result<u64, Refusal>> {
    // Held, so that sweeping leaves it alone.
    let taken = uploads.turns.take(&uploads.folder, id, uploads.limits.patience).await?;
    let Some((turn, _)) = taken else { return Err(Error::Busy) };
    let Some(file) = &turn.file else { return Err(Error::NotFound) };
    let mut pen =
        Pen::new(file, &uploads.folder, id, uploads.limits.reserve, None).map_err(Error::internal)?;
    let (mut batch, mut waiting, mut size): (Vec<Bytes>, _, _) = (vec![], 0, 0);
    loop {
        let piece = match timeout(uploads.limits.stall, next(part)).await {
            Err(_) => return Ok(Err(Refusal::Cut)),
            Ok(Some(Err(_))) => return Ok(Err(Refusal::Cut)),
            Ok(piece) => piece.transpose().map_err(|_| unreadable())?,
        };
        let is_end = piece.is_none();
        if let Some(piece) = piece {
            size += piece.len() as u64;
            if size > uploads.limits.largest_plain * PATIENCE {
                return Ok(Err(Refusal::TooLargeForForm(uploads.limits.largest_plain)));
            }
            if size > uploads.limits.largest_plain {
                batch.clear();
                continue;
            }
            waiting += piece.len();
            batch.push(piece);
        }
        if size > uploads.limits.largest_plain {
            return Ok(Err(Refusal::TooLargeForForm(uploads.limits.largest_plain)));
        }
        if waiting >= BATCH || is_end {
            waiting = 0;
            let pieces = std::mem::take(&mut batch);
            let (back, written) = on_thread(uploads, pen, move |pen| {
                pen.write(&pieces)?;
                if is_end { pen.finish() } else { Ok(0) }
            })
            .await?;
            pen = back;
            match written {
                Err(error) if disk::is_full(&error) => return Ok(Err(Refusal::DiskFull)),
                Err(error) => return Err(Error::internal(error)),
                Ok(written) if is_end => return Ok(Ok(written)),
                Ok(_) => {}
            }
        }
    }
}
