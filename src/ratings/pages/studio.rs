//! What the lecturer sees: the counted distribution and the comments that are shown, and the one reply to each; never who.
use super::super::forms::TextForm;
use super::super::store::{self, sums, texts};
use super::super::{Comment, LONGEST, LectureRating, TextState, reply as answer_comment};
use super::{LINES, PageQuery};
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::LectureId;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;

/// The own reply to a comment.
struct OwnReply {
    text_id: i64,
    text: String,
    state: TextState,
    reason: String,
}

#[derive(Template)]
#[template(path = "ratings/studio.html")]
struct Show {
    page: Page,
    lecture: LectureId,
    title: String,
    rating: Option<LectureRating>,
    comments: Vec<Comment>,
    replies: Vec<OwnReply>,
    paging: Paging,
    /// The reply that was refused.
    refused: Option<(i64, TextForm)>,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, lecture: LectureId, number: i64) -> Result<Show> {
        // Somebody else's lecture is none.
        if !store::gives(conn, lecture, viewer.person)? {
            return Err(Error::NotFound);
        }
        let mut comments = texts::shown(conn, lecture, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut comments, LINES)?;
        let ids: Vec<i64> = comments.iter().map(|comment| comment.id).collect();
        let replies = texts::replies(conn, lecture, &ids)?
            .into_iter()
            .map(|(text_id, text, state, reason)| OwnReply { text_id, text, state, reason })
            .collect();
        Ok(Show {
            title: store::title(conn, lecture, true)?,
            rating: sums::of_lecture(conn, lecture)?,
            page,
            lecture,
            comments,
            replies,
            paging,
            refused: None,
            errors: Errors::default(),
        })
    }
    fn own(&self, id: &i64) -> Option<&OwnReply> {
        self.replies.iter().find(|one| one.text_id == *id)
    }
    fn is_refused(&self, id: &i64) -> bool {
        self.refused.as_ref().is_some_and(|one| one.0 == *id)
    }
    fn typed(&self, id: &i64) -> &str {
        self.refused.as_ref().filter(|one| one.0 == *id).map_or("", |one| one.1.text.as_str())
    }
}

pub async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<LectureId>,
    query: Query<PageQuery>,
) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Show::load(conn, page, &viewer, *id, number)).await?;
    reply::page(&view)
}

pub async fn answer(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    ids: Path<(LectureId, i64)>,
    form: Form<TextForm>,
) -> Reply {
    let (lecture, id) = *ids;
    match form.check(LONGEST) {
        Err(errors) => {
            let mut view = db.read(move |conn| Show::load(conn, page, &viewer, lecture, 1)).await?;
            view.refused = Some((id, form.into_inner()));
            view.errors = errors;
            reply::invalid(&view)
        }
        Ok(text) => {
            let doer = page.doer();
            db.write(move |conn| answer_comment(conn, (lecture, id), &text, &viewer, &doer, clock::now()))
                .await?;
            reply::see(format!("/studio/lectures/{lecture}/ratings?done=reply-sent"))
        }
    }
}
