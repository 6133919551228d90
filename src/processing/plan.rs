//! What is made of a source: decided here, done in `convert`. Pure.
use super::probe::{Picture, Rate, Source};

/// Seconds of a segment, and between the key frames of a rung.
pub const SEGMENT_S: u32 = 6;
/// A side of the source has to have this many pixels for a second, better rung.
const WORTH_720: i32 = 600;
/// Frames a second of a lecture: more costs bytes on every telephone.
const FASTEST: f64 = 31.0;
const SLOWEST: u32 = 5;

/// One quality of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// 720 or 360: the name, and the most that the short side has.
    pub height: i32,
    /// What the picture really has.
    pub picture: (i32, i32),
    pub crf: u32,
    pub kilobits: u32,
    pub sound_kilobits: u32,
    pub level: &'static str,
}

impl Rung {
    pub fn name(&self) -> String {
        format!("{}p", self.height)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether pictures and sound of the source can be played as they are.
    pub fits: bool,
    /// Best first.
    pub rungs: Vec<Rung>,
    /// Frames a second of all rungs.
    pub rate: (u32, u32),
    /// Between two tiles of the storyboard.
    pub story_every_ms: i32,
    pub story_tiles: i32,
}

/// What ffmpeg calls the parts of the filters.
pub const SOUND_ONLY: &str = "audio";

impl Plan {
    pub fn of(source: &Source) -> Plan {
        let picture = &source.picture;
        let all = [
            (720, 24, 1800, 96, "3.1", picture.width.min(picture.height) >= WORTH_720),
            (360, 25, 600, 64, "3.0", true),
        ];
        let rungs = all
            .into_iter()
            .filter(|rung| rung.5)
            .map(|(height, crf, kilobits, sound_kilobits, level, _)| Rung {
                height,
                picture: boxed(picture.width, picture.height, height),
                crf,
                kilobits,
                sound_kilobits,
                level,
            })
            .collect();
        let duration_ms = (source.duration_s * 1000.0).round() as i32;
        let story_every_ms = 5000.max((duration_ms + 99) / 100);
        Plan {
            fits: fits(source),
            rungs,
            rate: rate(picture.rate),
            story_every_ms,
            story_tiles: (duration_ms + story_every_ms - 1) / story_every_ms,
        }
    }
    /// Frames from one key frame to the next.
    pub fn key_distance(&self) -> u32 {
        (SEGMENT_S * self.rate.0).div_ceil(self.rate.1).max(1)
    }
}

/// The largest even size in the rung's box of 16:9, lying or standing, of the same shape and never larger than the source.
fn boxed(width: i32, height: i32, short: i32) -> (i32, i32) {
    let long = short * 16 / 9;
    let (w, h) = (f64::from(width), f64::from(height));
    let (box_w, box_h) = if width >= height { (long, short) } else { (short, long) };
    let scale = (f64::from(box_w) / w).min(f64::from(box_h) / h).min(1.0);
    let even = |side: f64, most: i32| {
        let nearest = (side * scale / 2.0).round() as i32 * 2;
        nearest.min(side as i32 / 2 * 2).clamp(16, most)
    };
    (even(w, box_w), even(h, box_h))
}

/// The rate of the rungs: the source's, divided where it is too fast.
fn rate(rate: Rate) -> (u32, u32) {
    match rate {
        Rate::Steady(n, d) => {
            let average = f64::from(n) / f64::from(d);
            if average < f64::from(SLOWEST) {
                return (SLOWEST, 1);
            }
            let by = (average / FASTEST).ceil() as u32;
            match d.checked_mul(by) {
                Some(d) if average <= 1000.0 => (n, d),
                _ => (30, 1),
            }
        }
        Rate::Varying(average) if average > 15.0 => (30, 1),
        Rate::Varying(_) => (15, 1),
    }
}

/// Whether every browser plays it: H.264 in 8 bits up to 1080p, AAC in one or two channels, at a rate that a home line has.
fn fits(source: &Source) -> bool {
    let picture = &source.picture;
    let (long, short) = (picture.width.max(picture.height), picture.width.min(picture.height));
    let sound_fits = source.sound.as_ref().is_none_or(|sound| {
        sound.codec == "aac" && sound.profile == "LC" && (1..=2).contains(&sound.channels)
    });
    let bits = picture.track.bits_a_second()
        + source.sound.as_ref().map_or(0.0, |sound| sound.track.bits_a_second());
    let is_plain = |picture: &Picture| {
        !picture.is_transformed
            && !picture.is_interlaced
            && picture.hdr.is_none()
            && picture.track.untimed == 0
    };
    picture.codec == "h264"
        && picture.pixels == "yuv420p"
        && long <= 1920
        && short <= 1080
        && picture.rate.average() <= 60.5
        && bits <= 4_000_000.0
        && is_plain(picture)
        && sound_fits
}

/// The filters of all rungs in one graph, whose ends are `[v0]`, `[v1]` … and `[a0]`, `[a1]` … The last sound is for
/// [`SOUND_ONLY`] if the source has any.
pub fn filters(source: &Source, plan: &Plan, gain_db: f64, has_tone_mapping: bool) -> String {
    let picture = &source.picture;
    let start = source.sound.as_ref().map_or(picture.track.start, |s| s.track.start.min(picture.track.start));
    let mut chain = Vec::new();
    if picture.is_interlaced {
        chain.push("yadif=deint=interlaced".to_owned());
    }
    // One rate from the first moment on, whatever the source does.
    chain.push(format!("fps=fps={}/{}:start_time=0", plan.rate.0, plan.rate.1));
    let (w, h) = plan.rungs[0].picture;
    chain.push(format!("scale=w={w}:h={h}"));
    if let Some(transfer) = picture.hdr.filter(|_| has_tone_mapping) {
        chain.push(format!(
            "zscale=tin={transfer}:pin=bt2020:min=bt2020nc:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,\
             tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
        ));
    }
    chain.push("setsar=1,format=yuv420p".into());
    // Where the sound goes on alone, and as long as the last picture is to stand, it stays. The end is cut by `-t`.
    let missing = (source.duration_s - (picture.track.end - start)).max(0.0) + picture.track.tail + 0.1;
    chain.push(format!("tpad=stop_mode=clone:stop_duration={missing:.3}"));
    let mut graph = format!("[0:{}]{}", picture.index, chain.join(","));
    if plan.rungs.len() == 1 {
        graph.push_str("[v0];");
    } else {
        let (w, h) = plan.rungs[1].picture;
        graph.push_str(&format!(",split=2[v0][s1];[s1]scale=w={w}:h={h},setsar=1[v1];"));
    }
    let length = source.duration_s;
    match &source.sound {
        Some(sound) => graph.push_str(&format!(
            "[0:{}]aresample=48000:async=1:first_pts=0,aformat=channel_layouts=stereo,volume={gain_db:.1}dB,\
             apad=whole_dur={length:.3}",
            sound.index
        )),
        None => graph.push_str(&format!("anullsrc=r=48000:cl=stereo:d={length:.3}")),
    }
    let ends = plan.rungs.len() + usize::from(source.sound.is_some());
    let labels: String = (0..ends).map(|n| format!("[a{n}]")).collect();
    graph.push_str(&format!(",asplit={ends}{labels}"));
    graph
}

#[cfg(test)]
mod tests {
    use super::super::probe::Sound;
    use super::super::span::Span;
    use super::*;

    fn source(width: i32, height: i32, rate: Rate) -> Source {
        let track = Span { packets: 300, bytes: 1_000_000, start: 0.0, end: 10.0, ..Span::default() };
        let picture = Picture {
            index: 0,
            codec: "h264".into(),
            pixels: "yuv420p".into(),
            width,
            height,
            is_transformed: false,
            is_interlaced: false,
            hdr: None,
            rate,
            track,
        };
        let sound = Sound { index: 1, codec: "aac".into(), profile: "LC".into(), channels: 2, track };
        Source { picture, sound: Some(sound), duration_s: 10.0 }
    }

    #[test]
    fn pictures_keep_their_shape_and_never_grow() {
        assert_eq!(boxed(1920, 1080, 720), (1280, 720));
        assert_eq!(boxed(1080, 1920, 720), (720, 1280));
        assert_eq!(boxed(1080, 1920, 360), (360, 640));
        assert_eq!(boxed(1920, 800, 720), (1280, 534));
        assert_eq!(boxed(320, 241, 360), (320, 240));
        assert_eq!(boxed(4000, 10, 360), (640, 16));
    }

    #[test]
    fn a_small_source_has_one_rung() {
        let heights = |w, h| {
            let rungs = Plan::of(&source(w, h, Rate::Steady(25, 1))).rungs;
            rungs.iter().map(|rung| rung.height).collect::<Vec<_>>()
        };
        assert_eq!(heights(1920, 1080), [720, 360]);
        assert_eq!(heights(1080, 1920), [720, 360]);
        assert_eq!(heights(854, 480), [360]);
    }

    #[test]
    fn fast_sources_lose_every_second_frame() {
        assert_eq!(rate(Rate::Steady(60_000, 1001)), (60_000, 2002));
        assert_eq!(rate(Rate::Steady(50, 1)), (50, 2));
        assert_eq!(rate(Rate::Steady(24, 1)), (24, 1));
        assert_eq!(rate(Rate::Steady(240, 1)), (240, 8));
        assert_eq!(rate(Rate::Steady(1, 1)), (5, 1));
        assert_eq!(rate(Rate::Varying(27.4)), (30, 1));
        assert_eq!(rate(Rate::Steady(4_000_000_000, 1)), (30, 1));
    }

    #[test]
    fn what_plays_everywhere_fits() {
        let fitting = source(1920, 1080, Rate::Steady(30, 1));
        assert!(fits(&fitting));
        let spoilt: [fn(&mut Source); 7] = [
            |s| s.picture.codec = "hevc".into(),
            |s| s.picture.is_transformed = true,
            |s| s.picture.pixels = "yuv420p10le".into(),
            |s| s.picture.width = 2560,
            |s| s.picture.track.bytes = 6_000_000,
            |s| s.picture.rate = Rate::Steady(120, 1),
            |s| s.sound.as_mut().unwrap().channels = 6,
        ];
        for spoil in spoilt {
            let mut other = fitting.clone();
            spoil(&mut other);
            assert!(!fits(&other), "{}", other.summary());
        }
        assert!(fits(&Source { sound: None, ..fitting }));
    }

    #[test]
    fn a_storyboard_has_at_most_a_hundred_tiles() {
        for (seconds, every, tiles) in
            [(10.0, 5000, 2), (500.0, 5000, 100), (3600.0, 36_000, 100), (500.1, 5001, 100)]
        {
            let long = Source { duration_s: seconds, ..source(640, 360, Rate::Steady(25, 1)) };
            let plan = Plan::of(&long);
            assert_eq!((plan.story_every_ms, plan.story_tiles), (every, tiles));
        }
    }
}
