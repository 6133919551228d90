//! Two machines, one database, one media store: the server that received a file brings it into the store, a worker elsewhere
//! makes the recording. In a shared folder; in an S3 store where tests/store names one.
use crate::world::{FOLDER, World};
use std::process::Command;
use weixiao::clock::now;
use weixiao::config::Config;
use weixiao::ids::{AccountId, LectureId};
use weixiao::media::Store;
use weixiao::processing::Tools;
use weixiao::recordings::{self, NewRecording};
use weixiao::uploads;
use weixiao::worker::Worker;

#[actix_web::test]
async fn a_worker_on_another_machine_takes_what_a_server_received() {
    let world = World::new();
    let name = format!("workers-{}", std::process::id());
    let here = FOLDER.join(&name).join("here");
    let there = FOLDER.join(&name).join("there");
    let config = |uploads: &std::path::Path| {
        let mut config: Config = crate::world::config(&world.url);
        config.uploads = uploads.to_owned();
        config.media_url = std::env::var("TEST_S3_URL").ok();
        config.media = FOLDER.join(&name).join("media");
        config
    };
    std::fs::create_dir_all(&here).unwrap();
    std::fs::create_dir_all(config(&here).media).unwrap();
    let id = "0123456789abcdef0123456789abcdef";
    let file = uploads::path_of(&here, id);
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=320x240:r=25:d=6",
            "-f",
            "lavfi",
            "-i",
            "sine=d=6",
        ])
        .args(["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-shortest", "-f", "mp4"])
        .arg(&file)
        .status();
    assert!(made.unwrap().success());
    let bytes = std::fs::metadata(&file).unwrap().len() as i64;
    let place = uploads::place(&here).unwrap();
    world.sql(&format!(
        "INSERT INTO uploads (id, account_id, lecture_id, length, metadata, name, fingerprint, place, concat, state, created_at, expires_at) \
         VALUES ('{id}', 5, 1, {bytes}, '', 'a.mp4', '', '{place}', '', 'complete', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
    ));
    let new = NewRecording {
        lecture: LectureId(1),
        upload: id,
        name: "a.mp4",
        bytes,
        sent_by: AccountId(5),
        place: &place,
    };
    let recording = world.db.write_now(|conn| recordings::begin(conn, &new, now())).unwrap();
    let worker = |config: &Config| Worker::new(world.db.clone(), config, Tools::find()).unwrap();
    let (near, far) = (worker(&config(&here)), worker(&config(&there)));
    assert!(!far.step(now()).unwrap(), "the bytes are not there");
    assert!(near.step(now()).unwrap() && !file.exists(), "the store has them");
    assert!(far.step(now()).unwrap(), "and now anybody can");
    assert!(!near.step(now()).unwrap());
    let ready = world.db.read_now(|conn| recordings::find(conn, recording)).unwrap();
    assert_eq!(ready.state, recordings::State::Ready, "{ready:?}");
    let folder = {
        #[derive(diesel::QueryableByName)]
        struct Word {
            #[diesel(sql_type = diesel::sql_types::Text)]
            folder: String,
        }
        use diesel::prelude::*;
        let sql = format!("SELECT folder FROM streams WHERE media_id = {}", ready.media_id.unwrap());
        let found = world
            .db
            .read_now(|conn| Ok(weixiao::either!(conn, c => diesel::sql_query(&sql).get_result::<Word>(c))?));
        found.unwrap().folder
    };
    let store = Store::open(&config(&there)).unwrap();
    for file in ["master.m3u8", "360p.m3u8", "360p.mp4", "video.mp4", "audio.m4a", "poster.jpg", "story.jpg"]
    {
        assert!(store.size(&format!("{folder}/{file}")).unwrap() > 100, "{file}");
    }
    let left: Vec<_> = std::fs::read_dir(there.join("work")).unwrap().collect();
    assert_eq!(left.len(), 1, "only the worker's own folder");
    drop(far);
    assert_eq!(std::fs::read_dir(there.join("work")).unwrap().count(), 0);
}
