//! Pictures and PDF files of a booklet: sent, and removed from the list.
use super::super::{Refusal, find, text};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::audit::Action;
use crate::booklets::attachments::{self, LARGEST_PDF, LARGEST_TOTAL, New, Owner};
use crate::clock;
use crate::config::STALL_SECONDS;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AccountId, AttachmentId, BookletId, ChapterId, hex};
use crate::lang::Message;
use crate::media::{self, Media, Store};
use crate::msg;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, post};
use crate::web::text::attachments_in;
use actix_multipart::Multipart;
use actix_web::web::{Data, Path};
use sha2::Digest;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub fn routes() -> Vec<Route> {
    vec![
        post("/studio/booklets/{booklet}/files", MakeCourses, upload).patient(),
        post("/studio/booklets/{booklet}/files/{attachment}/remove", MakeCourses, remove),
    ]
}

/// Bytes in words.
pub fn shown(bytes: i64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KB", bytes / 1_024),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

/// What a form with a file sends.
#[derive(Default)]
pub struct Sent {
    /// As the sender calls the file.
    pub name: String,
    pub bytes: Vec<u8>,
    /// The other fields.
    fields: Vec<(String, String)>,
}

impl Sent {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
    }
}

/// Files that are held in memory while they arrive; whoever comes next waits, and so does what their browser sends.
static ARRIVING: Semaphore = Semaphore::const_new(8);

/// Reads a form with one file of at most `longest` bytes. Whoever sends a larger one hears so after the last byte: a browser
/// shows no answer before that.
///
/// # Errors
/// That a piece did not come, that it is too large, or cannot be read.
pub async fn read(mut parts: Multipart, longest: usize) -> Result<Sent> {
    let unreadable = || Error::Malformed(msg!("地址或内容写得不对，什么都没有改动。"));
    let stall = Duration::from_secs(STALL_SECONDS);
    let _place = ARRIVING.acquire().await.map_err(Error::internal)?;
    let (mut sent, mut total) = (Sent::default(), 0);
    while let Some(part) =
        timeout(stall, crate::web::body::next(&mut parts)).await.map_err(|_| Error::Slow)?
    {
        let mut part = part.map_err(|_| unreadable())?;
        let name = part.name().unwrap_or_default().to_owned();
        let file = part.content_disposition().and_then(|about| about.get_filename()).map(str::to_owned);
        let mut bytes = vec![];
        while let Some(piece) =
            timeout(stall, crate::web::body::next(&mut part)).await.map_err(|_| Error::Slow)?
        {
            let piece = piece.map_err(|_| unreadable())?;
            total += piece.len();
            if total > longest * 4 {
                return Err(Error::TooLarge);
            }
            if total <= longest + 64 * 1024 {
                bytes.extend_from_slice(&piece);
            }
        }
        match file {
            Some(file) if name == "file" => (sent.name, sent.bytes) = (file, bytes),
            _ => sent.fields.push((name, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    if total > longest + 64 * 1024 { Err(Error::TooLarge) } else { Ok(sent) }
}

/// A file whose bytes are in the media store now, if it may be kept; its row follows.
///
/// # Errors
/// Those of the store.
pub async fn keep(store: &Store, name: &str, bytes: Vec<u8>) -> Result<std::result::Result<New, Message>> {
    let kind = match attachments::check(&bytes) {
        Ok(kind) => kind,
        Err(why) => return Ok(Err(why)),
    };
    let new = New {
        name: attachments::name(name, kind),
        kind,
        size: i64::try_from(bytes.len()).map_err(Error::internal)?,
        digest: hex(&sha2::Sha256::digest(&bytes)),
        folder: media::fresh_folder(),
    };
    let (store, key) = (store.clone(), format!("{}/file.{}", new.folder, kind.ending()));
    actix_web::web::block(move || store.put_bytes(&key, &bytes)).await.map_err(Error::internal)??;
    Ok(Ok(new))
}

/// Gives the booklet this file. The same bytes twice are one file.
///
/// # Errors
/// Refused when there is no room for it.
pub fn give(
    conn: &mut Conn,
    id: BookletId,
    new: &New,
    by: AccountId,
    now: clock::Timestamp,
) -> Result<AttachmentId> {
    let there = attachments::kept(conn, Owner::Booklet(id))?;
    if let Some(same) = there.iter().find(|file| file.digest == new.digest) {
        return Ok(same.id);
    }
    let total: i64 = there.iter().map(|file| file.size).sum();
    if total + new.size > LARGEST_TOTAL {
        return Err(Error::Refused(msg!(
            "一本读本的图片和附件合计最多 {} MB，放不下这个文件了。可以先移除不用的。",
            LARGEST_TOTAL / 1024 / 1024
        )));
    }
    attachments::insert(conn, Owner::Booklet(id), new, by, now)
}

/// Removes from the store what got no row.
///
/// # Errors
/// Those of the store.
pub async fn forget(store: &Store, folder: String) -> Result<()> {
    let store = store.clone();
    Ok(actix_web::web::block(move || store.delete_folder(&folder)).await.map_err(Error::internal)??)
}

async fn upload(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<BookletId>,
    parts: Multipart,
) -> Reply {
    let id = *id;
    // Whose booklet it is comes before the bytes.
    let who = viewer.clone();
    db.read(move |conn| super::super::own(conn, &who, id)?.writable().map(|_| ())).await?;
    let sent = read(parts, LARGEST_PDF).await?;
    let back: Option<i64> = sent.field("chapter").and_then(|chapter| chapter.parse().ok());
    let refused = |why: Message| Errors::default().with("file", why);
    let kept = match sent.bytes.is_empty() {
        true => Err(msg!("请先选一个文件")),
        false => keep(&media.store, &sent.name, sent.bytes).await?,
    };
    let new = match kept {
        Ok(new) => new,
        Err(why) => {
            let view = super::view(page, viewer, &db, id).await?;
            return reply::invalid(&super::Show { errors: refused(why), ..view });
        }
    };
    let (folder, doer) = (new.folder.clone(), page.doer());
    let given = db
        .write(move |conn| {
            super::super::own(conn, &viewer, id)?.writable()?;
            let now = clock::now();
            let given = give(conn, id, &new, viewer.account, now)?;
            doer.did(conn, Action::BookletChanged, ("booklet", id.0), now)?;
            // Somebody had it already: its bytes are there twice.
            Ok(attachments::kept(conn, Owner::Booklet(id))?
                .iter()
                .any(|file| file.id == given && file.folder == new.folder))
        })
        .await;
    if !matches!(given, Ok(true)) {
        forget(&media.store, folder).await?;
    }
    given?;
    match back.map(ChapterId) {
        Some(chapter) => reply::see(format!("/studio/booklets/{id}/chapters/{chapter}?done=added#files")),
        None => reply::see(format!("/studio/booklets/{id}?done=added#files")),
    }
}

async fn remove(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(BookletId, AttachmentId)>) -> Reply {
    let (id, file) = path.into_inner();
    let doer = page.doer();
    db.write(move |conn| {
        super::super::own(conn, &viewer, id)?;
        if find(conn, id)?.is_submitted() {
            return Err(Refusal::InReview.into());
        }
        let using = text(conn, id)?.into_iter().find(|(_, body)| attachments_in(body).contains(&file.0));
        if let Some((title, _)) = using {
            return Err(Error::Refused(msg!("《{}》这一章还在用它。先在文字里删去，再移除。", title)));
        }
        let now = clock::now();
        if !attachments::remove(conn, Owner::Booklet(id), file, now)? {
            return Err(Error::NotFound);
        }
        doer.did(conn, Action::BookletChanged, ("booklet", id.0), now)
    })
    .await?;
    reply::see(format!("/studio/booklets/{id}?done=removed#files"))
}
