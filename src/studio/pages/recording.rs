//! What happens with the files of a lecture: uploads are begun, a plain form brings a small one, work is watched, stopped and
//! taken up again, and a picture is chosen.
use crate::access::Permission::TeachLectures;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{LectureId, RecordingId};
use crate::lectures;
use crate::media::Media;
use crate::msg;
use crate::recordings;
use crate::uploads::{self, Uploads};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_multipart::Multipart;
use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Form, Json, Path};
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        post("/studio/lectures/{lecture}/uploads", TeachLectures, begin),
        post("/studio/lectures/{lecture}/file", TeachLectures, send).patient(),
        post("/studio/lectures/{lecture}/attach", TeachLectures, attach),
        get("/studio/lectures/{lecture}/progress", TeachLectures, progress),
        post("/studio/lectures/{lecture}/recordings/{recording}/cancel", TeachLectures, cancel),
        post("/studio/lectures/{lecture}/recordings/{recording}/retry", TeachLectures, retry),
        post("/studio/lectures/{lecture}/poster", TeachLectures, poster),
    ]
}

/// A file that the browser is going to send.
#[derive(Deserialize)]
struct Coming {
    name: String,
    size: u64,
    fingerprint: String,
}

fn json(status: StatusCode, body: serde_json::Value) -> Reply {
    Ok(HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(body))
}

async fn begin(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    uploads: Data<Uploads>,
    id: Path<LectureId>,
    coming: Json<Coming>,
) -> Reply {
    let (id, coming) = (*id, coming.into_inner());
    if coming.size == 0 {
        let problem = page.say(&msg!("这个文件是空的，没有内容。"));
        return json(StatusCode::UNPROCESSABLE_ENTITY, serde_json::json!({ "problem": problem }));
    }
    let begun = db
        .write(move |conn| {
            lectures::own(conn, &viewer, id)?;
            recordings::accepts(conn, id)?;
            let new = uploads::New {
                lecture: Some(id),
                length: Some(coming.size),
                name: coming.name,
                fingerprint: coming.fingerprint,
                metadata: String::new(),
            };
            uploads.create(conn, &viewer, &new, clock::now())
        })
        .await;
    let (status, problem) = match begun {
        Ok(Ok(upload)) => {
            return json(StatusCode::CREATED, serde_json::json!({ "url": uploads::url(&upload) }));
        }
        Ok(Err(refusal)) => (StatusCode::from_u16(refusal.status()), page.say(&refusal.words())),
        Err(Error::Refused(why)) => (Ok(StatusCode::CONFLICT), page.say(&why)),
        Err(other) => return Err(other),
    };
    json(status.map_err(Error::internal)?, serde_json::json!({ "problem": problem }))
}

/// A small file, without JavaScript.
async fn send(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    uploads: Data<Uploads>,
    id: Path<LectureId>,
    parts: Multipart,
) -> Reply {
    let id = *id;
    let who = viewer.clone();
    db.read(move |conn| {
        lectures::own(conn, &who, id)?;
        recordings::accepts(conn, id)
    })
    .await?;
    match uploads::take_plain(&db, &uploads, parts, &viewer, id).await? {
        Ok(_) => reply::see(format!("/studio/lectures/{id}?done=recording-sent")),
        Err(refusal) => {
            let view = super::view(page, viewer, &db, media, uploads, id).await?;
            let status = StatusCode::from_u16(refusal.status()).map_err(Error::internal)?;
            let errors = Errors::default().with("file", refusal.words());
            reply::html(status, &super::Show { errors, ..view })
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AttachForm {
    upload: String,
}

/// A complete upload that belongs to no lecture yet becomes the next recording of this one.
async fn attach(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<LectureId>,
    form: Form<AttachForm>,
) -> Reply {
    let (id, upload, doer) = (*id, form.into_inner().upload, page.doer());
    db.write(move |conn| {
        let now = clock::now();
        let recording = uploads::attach(conn, &upload, id, &viewer, now)?;
        doer.did(conn, Action::RecordingSent, ("recording", recording.0), now)
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}?done=recording-sent"))
}

/// How far the work is, for the script of the desk.
async fn progress(page: Page, viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let id = *id;
    let recordings = db
        .read(move |conn| {
            lectures::own(conn, &viewer, id)?;
            recordings::of_lecture(conn, id)
        })
        .await?;
    let told: Vec<_> = recordings
        .iter()
        .map(|one| {
            serde_json::json!({
                "id": one.id.0,
                "state": one.state.as_str(),
                "step": one.step(page.manner.lang),
                "progress": one.progress,
            })
        })
        .collect();
    json(StatusCode::OK, serde_json::Value::Array(told))
}

/// The recording, if it is this lecture's and the lecture the viewer's own.
fn own(
    conn: &mut crate::db::Conn,
    viewer: &Viewer,
    (lecture, recording): (LectureId, RecordingId),
) -> Result<RecordingId> {
    lectures::own(conn, viewer, lecture)?;
    match recordings::find(conn, recording)?.lecture_id == lecture {
        true => Ok(recording),
        false => Err(Error::NotFound),
    }
}

async fn cancel(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(LectureId, RecordingId)>) -> Reply {
    let (path, doer) = (path.into_inner(), page.doer());
    db.write(move |conn| {
        let id = own(conn, &viewer, path)?;
        recordings::cancel(conn, id, clock::now())?;
        doer.did(conn, Action::RecordingCancelled, ("recording", id.0), clock::now())
    })
    .await?;
    reply::see(format!("/studio/lectures/{}?done=recording-cancelled", path.0))
}

async fn retry(page: Page, viewer: Viewer, db: Data<Db>, path: Path<(LectureId, RecordingId)>) -> Reply {
    let (path, doer) = (path.into_inner(), page.doer());
    db.write(move |conn| {
        let id = own(conn, &viewer, path)?;
        recordings::retry(conn, id, clock::now())?;
        doer.did(conn, Action::RecordingRetried, ("recording", id.0), clock::now())
    })
    .await?;
    reply::see(format!("/studio/lectures/{}?done=recording-retried", path.0))
}

#[derive(Deserialize)]
struct PosterForm {
    poster: i32,
}

async fn poster(viewer: Viewer, db: Data<Db>, id: Path<LectureId>, form: Form<PosterForm>) -> Reply {
    let id = *id;
    db.write(move |conn| {
        lectures::own(conn, &viewer, id)?;
        super::changeable(conn, id)?;
        let standing = lectures::standing(conn, id)?;
        recordings::choose_poster(conn, standing.desk_media().ok_or(Error::NotFound)?, form.poster)
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}?done=poster#recording"))
}
