//! A text from elsewhere: sent, looked through chapter by chapter, and taken.
use super::super::forms::{self, chosen};
use super::super::import::{self, Found, LARGEST};
use super::super::{LONGEST, writing};
use super::files;
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::booklets::attachments::New;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::BookletId;
use crate::lang::Message;
use crate::media::Media;
use crate::msg;
use crate::web::body;
use crate::web::form::{Errors, optional};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_multipart::Multipart;
use actix_web::web::{Data, Path};
use askama::Template;
use tokio::sync::Semaphore;

pub fn routes() -> Vec<Route> {
    vec![
        get("/studio/booklets/{booklet}/import", MakeCourses, show),
        post("/studio/booklets/{booklet}/import", MakeCourses, upload).patient(),
        post("/studio/booklets/{booklet}/import/apply", MakeCourses, apply),
    ]
}

/// The largest form of chapters that were looked through, in bytes.
const LARGEST_FORM: usize = 8 * 1024 * 1024;
/// Files that are read at once: unfolded they are large.
static PLACES: Semaphore = Semaphore::const_new(1);

#[derive(Template)]
#[template(path = "manuscripts/import.html")]
struct Import {
    page: Page,
    booklet: BookletId,
    title: String,
    /// The revision of the booklet.
    revision: i32,
    /// How many chapters are there already.
    present: usize,
    /// What was found, and whether each is to be taken; nothing before a file was sent.
    found: Vec<(String, String, bool)>,
    left_out: Vec<Message>,
    /// Pictures that are now among the booklet's files.
    pictures: usize,
    is_instead: bool,
    errors: Errors,
}

impl Import {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: BookletId) -> Result<Import> {
        let manuscript = super::super::own(conn, viewer, id)?;
        let draft = manuscript.writable()?;
        Ok(Import {
            page,
            booklet: id,
            title: draft.about.title.clone(),
            revision: draft.revision,
            present: super::super::chapters(conn, id)?.len(),
            found: vec![],
            left_out: vec![],
            pictures: 0,
            is_instead: false,
            errors: Errors::default(),
        })
    }
    fn count(&self, body: &str) -> usize {
        body.chars().filter(|c| !c.is_whitespace()).count()
    }
}

async fn view(page: Page, viewer: Viewer, db: &Db, id: BookletId) -> Result<Import> {
    db.read(move |conn| Import::load(conn, page, &viewer, id)).await
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>) -> Reply {
    reply::page(&view(page, viewer, &db, *id).await?)
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
    let view = view(page, viewer.clone(), &db, id).await?;
    let sent = files::read(parts, LARGEST).await?;
    let found = match sent.bytes.is_empty() {
        true => Err(msg!("请先选一个文件")),
        false => {
            let _place = PLACES.acquire().await.map_err(Error::internal)?;
            actix_web::web::block(move || import::read(&sent.bytes)).await.map_err(Error::internal)?
        }
    };
    let Found { mut chapters, pictures, mut left_out } = match found {
        Ok(found) => found,
        Err(why) => return reply::invalid(&Import { errors: view.errors.with("file", why), ..view }),
    };
    // Pictures are the booklet's from now on: the text that is looked through names them by their numbers.
    let mut kept: Vec<New> = vec![];
    for (name, bytes) in pictures {
        match files::keep(&media.store, &name, bytes).await? {
            Ok(new) => kept.push(new),
            Err(why) => return reply::invalid(&Import { errors: view.errors.with("file", why), ..view }),
        }
    }
    let folders: Vec<String> = kept.iter().map(|new| new.folder.clone()).collect();
    let given = db
        .write(move |conn| {
            super::super::own(conn, &viewer, id)?.writable()?;
            let now = clock::now();
            let give = |new: &New| files::give(conn, id, new, viewer.account, now);
            let numbers = kept.iter().map(give).collect::<Result<Vec<_>>>()?;
            let folders: Vec<String> =
                crate::booklets::attachments::kept(conn, crate::booklets::attachments::Owner::Booklet(id))?
                    .into_iter()
                    .map(|file| file.folder)
                    .collect();
            Ok((numbers, folders))
        })
        .await;
    let in_use = given.as_ref().map(|given| given.1.clone()).unwrap_or_default();
    for folder in folders.into_iter().filter(|folder| !in_use.contains(folder)) {
        files::forget(&media.store, folder).await?;
    }
    let numbers = match given {
        Ok((numbers, _)) => numbers,
        Err(Error::Refused(why)) => {
            return reply::invalid(&Import { errors: view.errors.with("file", why), ..view });
        }
        Err(other) => return Err(other),
    };
    for (_, body) in &mut chapters {
        // From the last, so that 1 is not taken for the beginning of 12.
        for (place, number) in numbers.iter().enumerate().rev() {
            *body = body.replace(&format!("(picture:{place})"), &format!("(attachment:{number})"));
        }
    }
    if chapters.iter().any(|(_, body)| body.contains('\0')) {
        left_out.push(msg!("有些字符显示不出来，已经去掉。"));
    }
    let found = chapters.into_iter().map(|(title, body)| (title, body.replace('\0', ""), true)).collect();
    reply::page(&Import { found, left_out, pictures: numbers.len(), ..view })
}

async fn apply(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BookletId>, parts: Multipart) -> Reply {
    let id = *id;
    let parts = body::parts(parts, LARGEST_FORM).await?;
    let field = |name: &str| {
        let found = parts.iter().find(|part| part.0 == name);
        found.map(|part| String::from_utf8_lossy(&part.1).into_owned()).unwrap_or_default()
    };
    let (base, is_instead) = (forms::number(&field("revision")), field("mode") == "instead");
    let (texts, taken) = chosen(&parts);
    let mut errors = Errors::default();
    let mut wanted = vec![];
    for ((title, body), _) in texts.iter().zip(&taken).filter(|(_, taken)| **taken) {
        let title = errors.take("chapters", forms::title(title));
        let body = errors.take("chapters", optional(body, LONGEST));
        wanted.extend(title.zip(body));
    }
    if wanted.is_empty() && errors.is_empty() {
        errors = errors.with("chapters", msg!("请至少选一章"));
    }
    let (who, doer) = (viewer.clone(), page.doer());
    let made = match errors.is_empty() {
        false => None,
        true => {
            db.write(move |conn| {
                super::super::own(conn, &who, id)?;
                let by = (who.account, &doer);
                writing::add_all(conn, id, base, &wanted, is_instead, by, clock::now())
            })
            .await?
        }
    };
    if made.is_some() {
        return reply::see(format!("/studio/booklets/{id}?done=imported#chapters"));
    }
    if errors.is_empty() {
        errors = errors.with("chapters", super::super::Refusal::MovedKept.words());
    }
    let view = view(page, viewer, &db, id).await?;
    let found = texts.into_iter().zip(taken).map(|((title, body), taken)| (title, body, taken)).collect();
    reply::invalid(&Import { found, is_instead, errors, ..view })
}
