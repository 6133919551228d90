//! The book to take away.
use super::{Withdrawn, files, reader};
use crate::access::Access::Anyone;
use crate::booklets::epub::{self, Book};
use crate::booklets::{self, store};
use crate::db::Db;
use crate::error::Error;
use crate::media::Media;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, file};
use crate::web::sheet;
use crate::web::slug::Slug;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use tokio::sync::Semaphore;

pub fn routes() -> Vec<Route> {
    vec![file("/booklets/{slug}/book.epub", Anyone, book)]
}

/// Books that are made at once: each is held in memory with its pictures.
static PLACES: Semaphore = Semaphore::const_new(2);

async fn book(page: Page, db: Data<Db>, media: Data<Media>, slug: Path<Slug>) -> Reply {
    let (viewer, publisher) = (reader(&page), page.site.organizer.clone());
    let name = slug.as_str().to_owned();
    // Whoever waits has not read the text yet.
    let _place = PLACES.acquire().await.map_err(Error::internal)?;
    let found = db
        .read_long(move |conn| {
            let booklet = match booklets::open(conn, slug.as_str(), viewer)? {
                Ok(booklet) => booklet,
                Err(gone) => return Ok(Err(gone)),
            };
            let standing = store::standing(conn, booklet.id)?;
            let chapters = store::chapters(conn, booklet.id)?;
            let files =
                super::files_of(conn, booklet.id, chapters.iter().map(|chapter| chapter.body.as_str()))?;
            Ok(Ok(Book {
                slug: standing.slug,
                about: store::public(conn, booklet.id)?,
                published_at: standing.published_at.ok_or(Error::NotFound)?,
                chapters,
                files,
                publisher,
            }))
        })
        .await?;
    let book = match found {
        Ok(book) => book,
        Err(gone) => return reply::html(StatusCode::GONE, &Withdrawn { page, gone }),
    };
    let (store, title) = (media.store.clone(), book.about.title.clone());
    let made = actix_web::web::block(move || {
        epub::make(&book, |file| match files::read(&store, &file.key()) {
            Ok(bytes) => Ok(Some(bytes)),
            // The book is worth having without it.
            Err(Error::NotFound) => {
                tracing::warn!(attachment = file.id.0, "a picture is not in the media store");
                Ok(None)
            }
            Err(other) => Err(other),
        })
    });
    let bytes = made.await.map_err(Error::internal)??;
    Ok(sheet::attachment(bytes, epub::MIME, &format!("{name}-{title}.epub")))
}
