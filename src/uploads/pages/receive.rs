//! The stream of bytes from a connection into a file: written in pieces as they come, by a task of its own, so that what
//! came is kept and the upload is let go of even if the connection breaks and the handler is dropped without a word.
use super::super::Uploads;
use super::super::disk::Pen;
use super::super::turns::{Asked, Turn};
use crate::error::{Error, Result};
use actix_web::rt;
use actix_web::web::{Bytes, Data, Payload, block};
use futures_core::Stream;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How many bytes are handed to another thread at once, if so many are there.
const BATCH: usize = 256 * 1024;
/// How long and how much is read of a body that nobody wants.
const DRAIN: (Duration, usize) = (Duration::from_secs(2), 1024 * 1024);

/// Why the stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The body did.
    Whole,
    /// The line was cut.
    Cut,
    /// Nothing came for too long.
    Stalled,
    /// Somebody newer wants to go on with the upload.
    Asked,
    /// More came than there may be; what may be is kept.
    TooMuch,
    /// The file takes no more.
    Stopped,
}

/// What came of it.
pub struct Received {
    pub how: How,
    pub turn: Turn,
    pub pen: Pen,
    /// How much is there now, on the disk itself; or why the file took no more.
    pub size: io::Result<u64>,
}

/// The next item of a stream.
pub async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

/// Receives at most `most` bytes.
///
/// # Errors
/// If the server stops.
pub async fn receive(
    body: &mut Payload,
    (turn, asked): (Turn, Asked),
    pen: Pen,
    most: u64,
    uploads: &Data<Uploads>,
) -> Result<Received> {
    let (send, pieces) = mpsc::channel(2);
    // Dropping the handle does not stop the task.
    let writer = rt::spawn(write(turn, pen, pieces, uploads.clone()));
    let mut asked = pin!(asked.wait());
    let mut left = most;
    let how = loop {
        let came = poll_fn(|cx| match asked.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut *body).poll_next(cx).map(Some),
        });
        let piece = match timeout(uploads.limits.stall, came).await {
            Err(_) => break How::Stalled,
            Ok(None) => break How::Asked,
            Ok(Some(None)) => break How::Whole,
            Ok(Some(Some(Err(_)))) => break How::Cut,
            Ok(Some(Some(Ok(piece)))) => piece,
        };
        let fits = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        left -= fits as u64;
        let is_too_much = fits < piece.len();
        if send.send(piece.slice(..fits)).await.is_err() {
            break How::Stopped;
        }
        if is_too_much {
            break How::TooMuch;
        }
    };
    drop(send);
    let (turn, pen, size) = writer.await.map_err(Error::internal)??;
    Ok(Received { how, turn, pen, size })
}

/// Writes what comes until nothing more does, and then makes sure that it is on the disk.
async fn write(
    turn: Turn,
    pen: Pen,
    mut pieces: mpsc::Receiver<Bytes>,
    uploads: Data<Uploads>,
) -> Result<(Turn, Pen, io::Result<u64>)> {
    let mut pen = pen;
    let mut problem = None;
    while let Some(first) = pieces.recv().await {
        let mut size = first.len();
        let mut batch = vec![first];
        while size < BATCH
            && let Ok(more) = pieces.try_recv()
        {
            size += more.len();
            batch.push(more);
        }
        let (back, outcome) = on_thread(&uploads, pen, move |pen| pen.write(&batch)).await?;
        pen = back;
        if let Err(error) = outcome {
            problem = Some(error);
            break;
        }
    }
    drop(pieces);
    let (pen, size) = on_thread(&uploads, pen, Pen::finish).await?;
    Ok((turn, pen, problem.map_or(size, Err)))
}

/// Runs `work` where it may wait for the disk.
///
/// # Errors
/// If the server stops.
pub async fn on_thread<T: Send + 'static>(
    uploads: &Uploads,
    mut pen: Pen,
    work: impl FnOnce(&mut Pen) -> T + Send + 'static,
) -> Result<(Pen, T)> {
    let _permit = uploads.files.acquire().await.map_err(Error::internal)?;
    block(move || {
        let outcome = work(&mut pen);
        (pen, outcome)
    })
    .await
    .map_err(Error::internal)
}

/// Reads a little of what is still being sent, so that the answer is seen.
pub async fn drain(body: &mut Payload) {
    let mut read = 0;
    let all = async {
        while let Some(Ok(piece)) = next(body).await {
            read += piece.len();
            if read > DRAIN.1 {
                break;
            }
        }
    };
    // Too slow: the answer is sent all the same.
    let _ = timeout(DRAIN.0, all).await;
}
