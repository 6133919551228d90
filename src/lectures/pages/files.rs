//! The files of a lecture at addresses that stay: recording, pictures, captions, hand-outs. Whoever asks shows a right to the
//! lecture; the recording itself then comes from its signed address.
use crate::access::Access::Anyone;
use crate::captions::{self, Line};
use crate::db::Db;
use crate::error::Error;
use crate::ids::LectureId;
use crate::lectures::store::{self, Lecture, Stream};
use crate::media::{self, Media};
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::route::{Route, file, get};
use actix_web::http::header::{
    self, ContentDisposition, DispositionParam, DispositionType, ExtendedValue, TryIntoHeaderValue,
};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

pub fn routes() -> Vec<Route> {
    vec![
        file("/lectures/{lecture}/video.mp4", Anyone, video),
        file("/lectures/{lecture}/audio.m4a", Anyone, audio),
        file("/lectures/{lecture}/master.m3u8", Anyone, master),
        file("/lectures/{lecture}/poster.jpg", Anyone, poster),
        file("/lectures/{lecture}/story.jpg", Anyone, story),
        get("/lectures/{lecture}/captions.vtt", Anyone, caption_file),
        file("/lectures/{lecture}/handouts/{position}", Anyone, handout),
    ]
}

/// Sends the viewer to a file of the lecture's recording: to its signed address where it has a folder, and `old` where it
/// came with the demonstration of an earlier version.
async fn recording(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    id: LectureId,
    choose: impl FnOnce(&Stream) -> Option<String>,
    old: impl FnOnce(&Lecture) -> Option<(String, &'static str)>,
) -> Reply {
    let is_signed_in = page.viewer.is_some();
    let lecture = db.read(move |conn| store::find(conn, id, is_signed_in)).await?;
    match &lecture.stream {
        Some(stream) => media::pages::answer(&media, &stream.folder, &choose(stream).ok_or(Error::NotFound)?),
        None => {
            let (name, mime) = old(&lecture).ok_or(Error::NotFound)?;
            media::pages::flat(&request, &media, &name, Some(mime))
        }
    }
}

async fn video(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
) -> Reply {
    let old = |lecture: &Lecture| Some((lecture.video_file.clone(), "video/mp4"));
    recording(page, request, db, media, *id, |_| Some("video.mp4".into()), old).await
}

async fn audio(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
) -> Reply {
    let old = |lecture: &Lecture| Some((lecture.audio_file.clone(), "audio/mp4"));
    let choose = |stream: &Stream| stream.has_sound.then(|| "audio.m4a".into());
    recording(page, request, db, media, *id, choose, old).await
}

async fn master(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
) -> Reply {
    let choose = |stream: &Stream| stream.has_hls.then(|| "master.m3u8".into());
    recording(page, request, db, media, *id, choose, |_| None).await
}

async fn poster(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
) -> Reply {
    let choose = |stream: &Stream| (stream.poster > 0).then(|| Stream::poster_file(&stream.poster));
    recording(page, request, db, media, *id, choose, |_| None).await
}

async fn story(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    id: Path<LectureId>,
) -> Reply {
    let choose = |stream: &Stream| (stream.story_tiles > 0).then(|| "story.jpg".into());
    recording(page, request, db, media, *id, choose, |_| None).await
}

async fn caption_file(page: Page, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let is_signed_in = page.viewer.is_some();
    let cues = db.read(move |conn| {
        let lecture = store::find(conn, *id, is_signed_in)?;
        store::cues(conn, lecture.media_id)
    });
    let lines: Vec<Line> = cues
        .await?
        .into_iter()
        .map(|cue| Line { start_ms: cue.start_ms, end_ms: cue.end_ms, text: cue.text })
        .collect();
    Ok(HttpResponse::Ok()
        .content_type("text/vtt; charset=utf-8")
        // Captions are corrected; a reader who comes back sees it.
        .insert_header((header::CACHE_CONTROL, "private, max-age=60"))
        .body(captions::vtt(&lines)))
}

async fn handout(
    page: Page,
    request: HttpRequest,
    db: Data<Db>,
    media: Data<Media>,
    path: Path<(LectureId, i32)>,
) -> Reply {
    let (id, position) = path.into_inner();
    let is_signed_in = page.viewer.is_some();
    let handout = db
        .read(move |conn| {
            store::find(conn, id, is_signed_in)?;
            store::handout(conn, id, position)
        })
        .await?;
    let ending = handout.file.rsplit_once('.').map_or("txt", |(_, ending)| ending).to_owned();
    let name = ExtendedValue {
        charset: header::Charset::Ext("UTF-8".into()),
        language_tag: None,
        value: format!("{}.{ending}", handout.title).into_bytes(),
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(format!("handout-{position}.{ending}")),
            DispositionParam::FilenameExt(name),
        ],
    };
    let mut response = media::pages::flat(&request, &media, &handout.file, None)?;
    let disposition = disposition.try_into_value().map_err(Error::internal)?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}
