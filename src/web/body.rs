//! Bodies that are not a short form: long forms with repeated names, and forms with a file. Read piece by piece, and only
//! as far as they may be long.
use crate::error::{Error, Result};
use crate::msg;
use actix_multipart::Multipart;
use actix_web::web::Payload;
use futures_core::Stream;
use std::future::poll_fn;
use std::pin::Pin;

/// The next piece of a stream. One loop is no reason for another library.
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

fn unreadable() -> Error {
    Error::Malformed(msg!("地址或内容写得不对，什么都没有改动。"))
}

/// The fields of a form in the order in which they were sent, names repeated; of at most `longest` bytes.
///
/// # Errors
/// [`Error::TooLarge`], or that it cannot be read.
pub async fn pairs(mut body: Payload, longest: usize) -> Result<Vec<(String, String)>> {
    let mut bytes = vec![];
    while let Some(piece) = next(&mut body).await {
        let piece = piece.map_err(|_| unreadable())?;
        if bytes.len() + piece.len() > longest {
            return Err(Error::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    serde_urlencoded::from_bytes(&bytes).map_err(|_| unreadable())
}

/// The fields of a form with a file: name and bytes; of at most `longest` bytes together.
///
/// # Errors
/// [`Error::TooLarge`], or that it cannot be read.
pub async fn parts(body: Multipart, longest: usize) -> Result<Vec<(String, Vec<u8>)>> {
    let fields = named_parts(body, longest).await?;
    Ok(fields.into_iter().map(|(name, _, bytes)| (name, bytes)).collect())
}

/// [`parts`], with the name of the file between, empty where none was sent.
///
/// # Errors
/// As [`parts`].
pub async fn named_parts(mut body: Multipart, longest: usize) -> Result<Vec<(String, String, Vec<u8>)>> {
    let (mut fields, mut total) = (vec![], 0);
    while let Some(part) = next(&mut body).await {
        let mut part = part.map_err(|_| unreadable())?;
        let name = part.name().unwrap_or_default().to_owned();
        let file =
            part.content_disposition().and_then(|about| about.get_filename()).unwrap_or_default().to_owned();
        let mut bytes = vec![];
        while let Some(piece) = next(&mut part).await {
            let piece = piece.map_err(|_| unreadable())?;
            total += piece.len();
            if total > longest {
                return Err(Error::TooLarge);
            }
            bytes.extend_from_slice(&piece);
        }
        fields.push((name, file, bytes));
    }
    Ok(fields)
}
