//! Without ffmpeg: an MP4 that browsers play as it is becomes a lecture of one quality, without posters and storyboard. All
//! else waits.
use super::boxes::{self, Kind, Movie, Track};
use super::{Fault, LONGEST_S, MOST_PIXELS, MOST_STREAMS, Made, Problem, SHORTEST_S, Step, Watch, tell};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Profiles of H.264 with 8 bits and 4:2:0: Baseline, Main, Extended, High.
const PROFILES: &[u8] = &[66, 77, 88, 100];

/// See [`super::make`].
pub fn make(input: &Path, out: &Path, watch: Watch<'_>) -> Result<Made, Fault> {
    let problem = |problem| Err(Fault::Problem(problem));
    match boxes::kind(input)? {
        Kind::Mp4 => {}
        Kind::OtherVideo => return problem(Problem::NeedsConverter),
        Kind::Sound => return problem(Problem::NoPicture),
        Kind::Other => return problem(Problem::NotVideo),
    }
    let movie = boxes::movie(input)?;
    let (picture, sound) = playable(&movie).map_err(Fault::Problem)?;
    let duration_s = sound.map_or(0.0, |sound| sound.duration_s).max(picture.duration_s);
    copy(input, &out.join("video.mp4"), watch)?;
    let (width, height) = match picture.is_turned {
        true => (picture.height, picture.width),
        false => (picture.width, picture.height),
    };
    Ok(Made {
        duration_ms: (duration_s * 1000.0).round() as i32,
        width: width.into(),
        height: height.into(),
        heights: Vec::new(),
        has_hls: false,
        has_sound: sound.is_some(),
        posters: 0,
        story_every_ms: None,
        story_tiles: 0,
        was_remuxed: true,
        gain_db10: None,
        source: format!("h264 {width}x{height}, {duration_s:.1} s, not converted"),
    })
}

/// The tracks that browsers play, or why they do not.
fn playable(movie: &Movie) -> Result<(&Track, Option<&Track>), Problem> {
    let find = |kind: &[u8; 4]| movie.tracks.iter().find(|track| &track.kind == kind);
    if movie.tracks.is_empty() {
        return Err(Problem::Damaged { playable_s: 0 });
    }
    if movie.tracks.len() > MOST_STREAMS {
        return Err(Problem::TooManyStreams);
    }
    let sound = find(b"soun");
    let Some(picture) = find(b"vide") else {
        return Err(if sound.is_some() { Problem::NoPicture } else { Problem::NoPictureAndSound });
    };
    let (width, height) = (i64::from(picture.width), i64::from(picture.height));
    if width * height > MOST_PIXELS {
        return Err(Problem::TooLarge);
    }
    if movie.is_fragmented {
        return Err(Problem::NeedsConverter);
    }
    let duration_s = sound.map_or(0.0, |sound| sound.duration_s).max(picture.duration_s);
    if movie.present < 0.99 {
        return Err(Problem::Damaged { playable_s: (duration_s * movie.present) as i32 });
    }
    if duration_s < SHORTEST_S - 0.05 {
        return Err(Problem::TooShort);
    }
    if duration_s > LONGEST_S {
        return Err(Problem::TooLong);
    }
    let is_plain = &picture.codec == b"avc1"
        && picture.avc.is_some_and(|[profile, ..]| PROFILES.contains(&profile))
        && width.max(height) <= 1920
        && (2..=1080).contains(&width.min(height))
        && picture.samples as f64 <= 60.5 * picture.duration_s + 1.0
        && sound.is_none_or(|sound| &sound.codec == b"mp4a" && (1..=2).contains(&sound.channels));
    if is_plain { Ok((picture, sound)) } else { Err(Problem::NeedsConverter) }
}

/// Copies piece by piece: eight gigabytes take longer than the watch may stay silent.
fn copy(input: &Path, to: &Path, watch: Watch<'_>) -> Result<(), Fault> {
    let mut from = File::open(input)?;
    let length = from.metadata()?.len();
    let mut to = File::create_new(to)?;
    let mut piece = vec![0; 4 << 20];
    let mut done = 0_u64;
    loop {
        tell(watch, Step::Copy, done as f64 / length as f64)?;
        let count = from.read(&mut piece)?;
        if count == 0 {
            break;
        }
        to.write_all(&piece[..count])?;
        done += count as u64;
    }
    to.sync_all()?;
    if done != length {
        return Err(Fault::Failed("the upload changed while it was copied".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movie() -> Movie {
        let picture = Track {
            kind: *b"vide",
            codec: *b"avc1",
            width: 1920,
            height: 1080,
            duration_s: 60.0,
            samples: 1800,
            avc: Some([77, 0, 31]),
            ..Track::default()
        };
        let sound =
            Track { kind: *b"soun", codec: *b"mp4a", duration_s: 60.0, channels: 2, ..Track::default() };
        Movie { present: 1.0, tracks: vec![picture, sound], ..Movie::default() }
    }

    #[test]
    fn what_browsers_play_is_taken_and_the_rest_waits() {
        assert!(playable(&movie()).is_ok());
        type Spoil = fn(&mut Movie);
        let spoilt: [(Spoil, Problem); 7] = [
            (|m| m.tracks[0].codec = *b"hvc1", Problem::NeedsConverter),
            (|m| m.tracks[0].avc = Some([110, 0, 31]), Problem::NeedsConverter),
            (|m| m.is_fragmented = true, Problem::NeedsConverter),
            (|m| m.present = 0.5, Problem::Damaged { playable_s: 30 }),
            (|m| m.tracks[0].duration_s = 20_000.0, Problem::TooLong),
            (|m| m.tracks.truncate(0), Problem::Damaged { playable_s: 0 }),
            (|m| m.tracks[0].kind = *b"text", Problem::NoPicture),
        ];
        for (spoil, problem) in spoilt {
            let mut other = movie();
            spoil(&mut other);
            assert_eq!(playable(&other).map(|_| ()), Err(problem));
        }
    }
}
