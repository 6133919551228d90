//! The form for a rating on the page of a lecture: giving one, changing it, withdrawing it, asking for another look at one's
//! comment.
use super::{About, Show};
use crate::access::Viewer;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::LectureId;
use crate::ratings::{self, Ask, RatingForm, Ratings, Told, Vote, words};
use crate::web::kept::Kept;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Form, Path};

/// What a refusal or a lost lecture is to the reader.
fn done(told: Told) -> Result<()> {
    match told {
        Told::Done => Ok(()),
        Told::NotFound => Err(Error::NotFound),
        Told::Refused(why) => Err(why.into()),
    }
}

pub async fn rate(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    (kept, ratings): (Data<Kept>, Data<Ratings>),
    id: Path<LectureId>,
    form: Form<RatingForm>,
) -> Reply {
    let (id, form) = (*id, form.into_inner());
    match form.check() {
        Err(errors) => {
            let about = About::of(&kept, &db, &page, id).await?;
            let keys = ratings.keys();
            let mut view = db.read(move |conn| Show::load(conn, page, about, &keys, 0)).await?;
            view.rating_form = form;
            view.rating_errors = errors;
            reply::invalid(&view)
        }
        Ok((stars, tags, comment)) => {
            let vote = Vote {
                person: viewer.person,
                lecture: id,
                stars,
                tags,
                is_held: words::holds(&page.site.held_words, &comment),
                comment,
                acting: viewer.is_acting().then(|| page.doer()),
                now: clock::now(),
            };
            done(ratings.send(Ask::Rate(vote)).await?)?;
            reply::see(format!("/lectures/{id}?done=rated#my-rating"))
        }
    }
}

pub async fn withdraw(page: Page, viewer: Viewer, ratings: Data<Ratings>, id: Path<LectureId>) -> Reply {
    let acting = viewer.is_acting().then(|| page.doer());
    let ask = Ask::Withdraw { person: viewer.person, lecture: *id, acting, now: clock::now() };
    done(ratings.send(ask).await?)?;
    reply::see(format!("/lectures/{id}?done=rating-withdrawn#my-rating"))
}

pub async fn ask_again(viewer: Viewer, db: Data<Db>, ratings: Data<Ratings>, id: Path<LectureId>) -> Reply {
    let (id, keys) = (*id, ratings.keys());
    db.write(move |conn| ratings::ask_again(conn, &keys, viewer.person, id)).await?;
    reply::see(format!("/lectures/{id}?done=asked-again#my-rating"))
}
