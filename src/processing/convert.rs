//! The calls of ffmpeg, one after the other. Each works in an empty folder of its own; what it made is moved to the results
//! when it has ended well.
use super::boxes;
use super::master::{Playlist, Variant, text};
use super::plan::{Plan, SEGMENT_S, SOUND_ONLY, filters};
use super::probe::{self, Source, guards};
use super::run::{Call, Ended, Limits, Room, run};
use super::verify::{is_whole, whole};
use super::{Fault, Made, Step, Tools, Watch, tell};
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

/// The loudness that all lectures get (LUFS), the most it is changed (dB), and the highest peak (dBFS).
const LOUDNESS: f64 = -16.0;
const MOST_GAIN: f64 = 12.0;
const PEAK: f64 = -1.5;
/// What is quieter is no speech (LUFS).
const SILENCE: f64 = -50.0;
/// The posters and where in the lecture they are taken.
const POSTERS: &[(&str, f64)] = &[("poster.jpg", 0.1), ("poster-2.jpg", 0.4), ("poster-3.jpg", 0.7)];
/// A lecture that is shorter has too few key frames to choose pictures from them (seconds).
const FEW_KEY_FRAMES: f64 = 120.0;

struct Job<'a> {
    tools: &'a Tools,
    input: &'a Path,
    out: &'a Path,
}

/// See [`super::make`].
pub fn make(tools: &Tools, input: &Path, out: &Path, watch: Watch<'_>) -> Result<Made, Fault> {
    let job = Job { tools, input, out };
    let source = {
        let room = job.room("check")?;
        probe::source(tools, &room, input, &mut || tell(watch, Step::Check, 0.5).is_ok())?
    };
    let plan = Plan::of(&source);
    let was_remuxed = plan.fits && job.copy(&source, watch)?;
    let gain = match &source.sound {
        Some(_) => job.loudness(&source, watch)?,
        None => None,
    };
    job.encode(&source, &plan, gain.unwrap_or_default(), watch)?;
    job.verify_rungs(&source, &plan, watch)?;
    if !was_remuxed {
        job.remux(&format!("{}.mp4", plan.rungs[0].name()), "video.mp4", watch)?;
    }
    if source.sound.is_some() {
        job.remux(&format!("{SOUND_ONLY}.mp4"), "audio.m4a", watch)?;
    }
    let posters = job.posters(source.duration_s, watch)?;
    let has_story = job.storyboard(&source, &plan, watch)?;
    job.verify(&source, was_remuxed, watch)?;
    let (width, height) = match was_remuxed {
        true => (source.picture.width, source.picture.height),
        false => plan.rungs[0].picture,
    };
    Ok(Made {
        duration_ms: (source.duration_s * 1000.0).round() as i32,
        width,
        height,
        heights: plan.rungs.iter().map(|rung| rung.height).collect(),
        has_hls: true,
        has_sound: source.sound.is_some(),
        posters,
        story_every_ms: has_story.then_some(plan.story_every_ms),
        story_tiles: if has_story { plan.story_tiles } else { 0 },
        was_remuxed,
        gain_db10: gain.map(|gain| (gain * 10.0).round() as i32),
        source: source.summary(),
    })
}

impl Job<'_> {
    fn room(&self, name: &str) -> Result<Room, Fault> {
        Ok(Room::new(self.out, name)?)
    }
    /// A call of ffmpeg as far as all have it in common: what stands before `-i`.
    fn ffmpeg<'b>(&'b self, room: &'b Room, duration_s: f64, file_size: u64) -> Result<Call<'b>, Fault> {
        let program = self.tools.ffmpeg.as_deref().ok_or_else(|| Fault::Failed("no ffmpeg".into()))?;
        let wall = Duration::from_secs_f64((6.0 * duration_s).max(600.0));
        let cpu_s = (8.0 * duration_s).max(600.0) as u64;
        let mut call = Call::new(program, room, Limits { cpu_s, memory: 4 << 30, file_size, wall });
        call.has_progress = true;
        let threads = self.tools.threads.to_string();
        Ok(call
            .args(["-hide_banner", "-nostdin", "-y", "-progress", "pipe:1", "-stats_period", "1"])
            .args(["-threads", &threads])
            .args(guards()))
    }
    /// Runs it and tells of its progress as a part of `step`.
    fn run(
        &self,
        call: &Call<'_>,
        step: Step,
        part: (f64, f64),
        duration_s: f64,
        watch: Watch<'_>,
    ) -> Result<Ended, Fault> {
        let done = Cell::new(0.0);
        let mut line = |line: &str| {
            let time = line.strip_prefix("out_time_us=").and_then(|time| time.parse::<f64>().ok());
            if let Some(time) = time {
                done.set((time / 1e6 / duration_s).clamp(0.0, 1.0));
            }
        };
        let mut ask = || tell(watch, step, part.0 + (part.1 - part.0) * done.get()).is_ok();
        if !ask() {
            return Err(Fault::Cancelled);
        }
        run(self.tools, call, &mut line, &mut ask)
    }
    /// [`Job::run`] of what has to succeed.
    fn must(
        &self,
        call: &Call<'_>,
        step: Step,
        part: (f64, f64),
        duration_s: f64,
        watch: Watch<'_>,
    ) -> Result<(), Fault> {
        let ended = self.run(call, step, part, duration_s, watch)?;
        if ended.status.success() { Ok(()) } else { Err(ended.failed(step.as_str())) }
    }

    /// Puts pictures and sound of the source into `video.mp4` as they are. `false` if they do not stand this.
    fn copy(&self, source: &Source, watch: Watch<'_>) -> Result<bool, Fault> {
        let room = self.room("copy")?;
        let size = std::fs::metadata(self.input)?.len();
        let mut maps = vec!["-map".to_owned(), format!("0:{}", source.picture.index)];
        if let Some(sound) = &source.sound {
            maps.extend(["-map".into(), format!("0:{}", sound.index)]);
        }
        let call = self
            .ffmpeg(&room, source.duration_s, size + (64 << 20))?
            .args(["-loglevel", "error"])
            .input(self.tools, self.input)
            .args(maps)
            .args(COPIED)
            .args(["video.mp4"]);
        let ended = self.run(&call, Step::Copy, (0.0, 0.8), source.duration_s, watch)?;
        let tracks = 1 + usize::from(source.sound.is_some());
        let mut ask = || tell(watch, Step::Copy, 0.9).is_ok();
        // Tracks of different lengths are made equal by encoding, not by copying.
        let file = room.file("video.mp4");
        let is_good = ended.status.success()
            && is_whole(self.tools, &room, &file, tracks, source.duration_s, &mut ask)?;
        if is_good {
            room.release("video.mp4", self.out)?;
        }
        Ok(is_good)
    }

    /// The gain that brings the sound to [`LOUDNESS`], in decibels; `None` for silence.
    fn loudness(&self, source: &Source, watch: Watch<'_>) -> Result<Option<f64>, Fault> {
        let Some(sound) = &source.sound else { return Ok(None) };
        let room = self.room("loudness")?;
        let measure =
            format!("[0:{}]aresample=48000,aformat=channel_layouts=stereo,ebur128=peak=true[a]", sound.index);
        let call = self
            .ffmpeg(&room, source.duration_s, 0)?
            // The result is said at this level.
            .args(["-loglevel", "info", "-nostats"])
            .input(self.tools, self.input)
            .args(["-filter_complex", &measure, "-map", "[a]", "-f", "null", "-"]);
        let ended = self.run(&call, Step::Loudness, (0.0, 1.0), source.duration_s, watch)?;
        if !ended.status.success() {
            return Err(ended.failed("loudness"));
        }
        Ok(gain(&ended.complaints))
    }

    /// Makes the ladder and the playlists in one pass.
    fn encode(&self, source: &Source, plan: &Plan, gain_db: f64, watch: Watch<'_>) -> Result<(), Fault> {
        let room = self.room("encode")?;
        // Twice what the rates allow.
        let most = (64 << 20) + (source.duration_s * 600_000.0) as u64;
        let mut names: Vec<String> = plan.rungs.iter().map(|rung| rung.name()).collect();
        let mut args = vec!["-filter_complex".to_owned()];
        args.push(filters(source, plan, gain_db, self.tools.has_tone_mapping));
        let mut streams = Vec::new();
        for (n, rung) in plan.rungs.iter().enumerate() {
            args.extend(["-map".into(), format!("[v{n}]"), "-map".into(), format!("[a{n}]")]);
            let mut set = |name: &str, value: String| args.extend([format!("-{name}:{n}"), value]);
            set("crf:v", rung.crf.to_string());
            set("maxrate:v", format!("{}k", rung.kilobits));
            set("bufsize:v", format!("{}k", 2 * rung.kilobits));
            set("level:v", rung.level.into());
            set("b:a", format!("{}k", rung.sound_kilobits));
            streams.push(format!("v:{n},a:{n},name:{}", rung.name()));
        }
        if source.sound.is_some() {
            let n = plan.rungs.len();
            args.extend(["-map".into(), format!("[a{n}]"), format!("-b:a:{n}"), "64k".into()]);
            streams.push(format!("a:{n},name:{SOUND_ONLY}"));
            names.push(SOUND_ONLY.into());
        }
        let distance = plan.key_distance().to_string();
        let segment = SEGMENT_S.to_string();
        let call = self
            .ffmpeg(&room, source.duration_s, most)?
            .args(["-loglevel", "error"])
            .input(self.tools, self.input)
            .args(args)
            .args(["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-pix_fmt", "yuv420p"])
            .args(["-threads", &self.tools.threads.to_string()])
            .args(["-g", &distance, "-keyint_min", &distance, "-sc_threshold", "0"])
            .args(["-force_key_frames", &format!("expr:gte(t,n_forced*{SEGMENT_S})")])
            .args(["-c:a", "aac", "-ac", "2", "-ar", "48000", "-max_muxing_queue_size", "4096"])
            .args(["-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn"])
            .args(["-t", &format!("{:.3}", source.duration_s)])
            .args(["-f", "hls", "-hls_time", &segment, "-hls_playlist_type", "vod"])
            .args(["-hls_segment_type", "fmp4", "-hls_flags", "single_file+independent_segments"])
            .args(["-hls_segment_filename", "%v.mp4", "-var_stream_map", &streams.join(" "), "%v.m3u8"]);
        self.must(&call, Step::Encode, (0.0, 0.98), source.duration_s, watch)?;
        for name in names {
            room.release(&format!("{name}.mp4"), self.out)?;
            room.release(&format!("{name}.m3u8"), self.out)?;
        }
        std::fs::write(self.out.join("master.m3u8"), text(&self.variants(source, plan)?))?;
        Ok(())
    }

    /// What the master playlist lists: the small picture first, so that a thin line begins at once.
    fn variants(&self, source: &Source, plan: &Plan) -> Result<Vec<Variant>, Fault> {
        let wrong = |name: &str| Fault::Failed(format!("{name}.m3u8 is not what it should be"));
        let read = |name: &str| -> Result<Playlist, Fault> {
            let text = std::fs::read_to_string(self.out.join(format!("{name}.m3u8")))?;
            Playlist::of(&text, &format!("{name}.mp4")).ok_or_else(|| wrong(name))
        };
        let mut variants = Vec::new();
        for rung in plan.rungs.iter().rev() {
            let name = rung.name();
            let movie = boxes::movie(&self.out.join(format!("{name}.mp4")))?;
            let avc = movie.tracks.iter().find_map(|track| track.avc).ok_or_else(|| wrong(&name))?;
            let [profile, compatible, level] = avc;
            variants.push(Variant {
                uri: format!("{name}.m3u8"),
                playlist: read(&name)?,
                codecs: format!("avc1.{profile:02X}{compatible:02X}{level:02X},mp4a.40.2"),
                picture: Some((
                    rung.picture.0,
                    rung.picture.1,
                    f64::from(plan.rate.0) / f64::from(plan.rate.1),
                )),
            });
        }
        if source.sound.is_some() {
            variants.push(Variant {
                uri: format!("{SOUND_ONLY}.m3u8"),
                playlist: read(SOUND_ONLY)?,
                codecs: "mp4a.40.2".into(),
                picture: None,
            });
        }
        Ok(variants)
    }

    /// Puts a result of ours into a file that plays from its start without a playlist.
    fn remux(&self, from: &str, to: &str, watch: Watch<'_>) -> Result<(), Fault> {
        let room = self.room("remux")?;
        let from = self.out.join(from);
        let size = std::fs::metadata(&from)?.len();
        // A copy needs no more time than reading; a megabyte a second is a bad disk.
        let duration_s = size as f64 / 1e6;
        let call = self
            .ffmpeg(&room, duration_s, size + (64 << 20))?
            .args(["-loglevel", "error"])
            .input(self.tools, &from)
            .args(["-map", "0"])
            .args(COPIED)
            .args([to]);
        self.must(&call, Step::Encode, (0.99, 0.99), duration_s, watch)?;
        Ok(room.release(to, self.out)?)
    }

    /// Takes the pictures to choose from; how many there are.
    fn posters(&self, duration_s: f64, watch: Watch<'_>) -> Result<i32, Fault> {
        let video = self.out.join("video.mp4");
        let mut count = 0;
        for (n, (name, share)) in POSTERS.iter().enumerate() {
            let part = (n as f64 / 3.0, (n as f64 + 1.0) / 3.0);
            let at = share * duration_s;
            let is_taken = duration_s < FEW_KEY_FRAMES
                && self.poster(&video, name, (at, &[], 25), duration_s, part, watch)?
                // Where a picture stands long none begins after it.
                || self.poster(&video, name, (at, KEYS_ONLY, 5), duration_s, part, watch)?;
            if !is_taken {
                break;
            }
            count += 1;
        }
        Ok(count)
    }

    /// Takes one picture of some that follow this second; whether there was any.
    fn poster(
        &self,
        video: &Path,
        name: &str,
        (at, how, some): (f64, &[&str], u32),
        duration_s: f64,
        part: (f64, f64),
        watch: Watch<'_>,
    ) -> Result<bool, Fault> {
        let room = self.room("poster")?;
        // The one that is most like them: not the black one between two scenes. A time before the start would drop it.
        let filter = format!(
            "thumbnail={some},scale=w='if(gte(iw,ih),min(iw,1280),min(iw,720))':h=-2,setsar=1,format=yuvj420p,\
             setpts=PTS-STARTPTS"
        );
        let call = self
            .ffmpeg(&room, duration_s, 16 << 20)?
            .args(["-loglevel", "error"])
            .args(how.iter().copied())
            .args(["-ss", &format!("{at:.3}")])
            .input(self.tools, video)
            .args(["-map", "0:v:0", "-vf", &filter, "-frames:v", "1", "-q:v", "3"])
            .args(["-map_metadata", "-1", "-f", "image2", "-update", "1", name]);
        self.must(&call, Step::Poster, part, duration_s, watch)?;
        let is_there = room.file(name).is_file();
        if is_there {
            room.release(name, self.out)?;
        }
        Ok(is_there)
    }

    /// One picture with all tiles; whether it was made.
    fn storyboard(&self, source: &Source, plan: &Plan, watch: Watch<'_>) -> Result<bool, Fault> {
        let room = self.room("story")?;
        let small = self.out.join("360p.mp4");
        let rows = (plan.story_tiles + 9) / 10;
        // Ten copies of the last tile fill the last row: a row that is not full would be black, or missing.
        let filter = format!(
            "fps=fps=1000/{}:start_time=0,tpad=stop=10:stop_mode=clone,\
             scale=160:90:force_original_aspect_ratio=decrease,pad=160:90:-1:-1,setsar=1,format=yuvj420p,tile=10x{rows}",
            plan.story_every_ms
        );
        let mut call = self.ffmpeg(&room, source.duration_s, 16 << 20)?.args(["-loglevel", "error"]);
        if source.duration_s >= FEW_KEY_FRAMES {
            call = call.args(["-skip_frame", "nokey"]);
        }
        let call = call
            .input(self.tools, &small)
            .args(["-map", "0:v:0", "-vf", &filter, "-frames:v", "1", "-q:v", "5"])
            .args(["-map_metadata", "-1", "-f", "image2", "-update", "1", "story.jpg"]);
        self.must(&call, Step::Storyboard, (0.0, 1.0), source.duration_s, watch)?;
        let is_made = room.file("story.jpg").is_file();
        if is_made {
            room.release("story.jpg", self.out)?;
        }
        Ok(is_made)
    }

    /// Reads the rungs. Before anything is made from a copy: what of it cannot be decoded is missing here.
    fn verify_rungs(&self, source: &Source, plan: &Plan, watch: Watch<'_>) -> Result<(), Fault> {
        let room = self.room("verify")?;
        for rung in &plan.rungs {
            let file = self.out.join(format!("{}.mp4", rung.name()));
            let mut ask = || tell(watch, Step::Encode, 0.985).is_ok();
            whole(self.tools, &room, &file, 2, source.duration_s, &mut ask)?;
        }
        for variant in self.variants(source, plan)? {
            let length = variant.playlist.duration_s;
            if (length - source.duration_s).abs() > 1.0 {
                return Err(Fault::Failed(format!("{} is {length:.1} s long", variant.uri)));
            }
        }
        Ok(())
    }

    /// Reads what was made from the rungs.
    fn verify(&self, source: &Source, was_remuxed: bool, watch: Watch<'_>) -> Result<(), Fault> {
        let room = self.room("verify")?;
        let mut files: Vec<(&str, usize)> = Vec::new();
        if !was_remuxed {
            files.push(("video.mp4", 2));
        }
        if source.sound.is_some() {
            files.extend([("audio.mp4", 1), ("audio.m4a", 1)]);
        }
        let count = files.len() as f64;
        for (n, (file, tracks)) in files.iter().enumerate() {
            tell(watch, Step::Verify, n as f64 / count)?;
            let mut ask = || tell(watch, Step::Verify, n as f64 / count).is_ok();
            whole(self.tools, &room, &self.out.join(file), *tracks, source.duration_s, &mut ask)?;
        }
        tell(watch, Step::Verify, 1.0)
    }
}

/// Decodes one picture of a hundred, and also the one before the second that is looked for.
const KEYS_ONLY: &[&str] = &["-noaccurate_seek", "-skip_frame", "nokey"];

/// How a file is written whose pictures and sounds are taken as they are. What the phone noted, such as the place, stays out.
const COPIED: [&str; 12] = [
    "-c",
    "copy",
    "-map_metadata",
    "-1",
    "-map_chapters",
    "-1",
    "-sn",
    "-dn",
    "-movflags",
    "+faststart",
    "-f",
    "mp4",
];

/// The gain in decibels by what `ebur128` says at its end; `None` for silence and for what it could not measure.
fn gain(said: &str) -> Option<f64> {
    let figure = |name: &str| {
        let line = said.lines().rev().find_map(|line| line.trim().strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    let (loudness, peak) = (figure("I:")?, figure("Peak:")?);
    if !(loudness > SILENCE && peak.is_finite()) {
        return None;
    }
    Some((LOUDNESS - loudness).clamp(-MOST_GAIN, MOST_GAIN).min(PEAK - peak))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gain_is_bounded_by_the_peak_and_by_itself() {
        let said = |i: &str, peak: &str| {
            format!(
                "Summary:\n\n  Integrated loudness:\n    I:         {i} LUFS\n    Threshold: -31.0 LUFS\n\n  \
                     True peak:\n    Peak:      {peak} dBFS\n"
            )
        };
        assert_eq!(gain(&said("-20.0", "-10.0")), Some(4.0));
        assert_eq!(gain(&said("-40.0", "-30.0")), Some(12.0));
        assert_eq!(gain(&said("-20.0", "-3.5")), Some(2.0));
        assert_eq!(gain(&said("-10.0", "0.0")), Some(-6.0));
        assert_eq!(gain(&said("-70.0", "-inf")), None);
        assert_eq!(gain("nothing"), None);
    }
}
