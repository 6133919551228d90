//! What is in a file: its tracks as ffprobe names them, and its times and sizes as its packets show them. The headers only
//! say what to expect: they are wrong in files that were cut, and in files made to deceive.
use super::boxes::{self, Kind};
use super::run::{Call, Ended, Limits, Room, run};
use super::span::Span;
use super::{Fault, LONGEST_S, MOST_PIXELS, MOST_STREAMS, Problem, SHORTEST_S, Tools};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

/// Containers of phones, cameras and screen recorders. Not among them: lists of other files (HLS, concat, DASH).
pub const FORMATS: &str = "mov,matroska,mpegts,avi,mpeg,flv,asf";
/// Decoders, by their own names: MP3 is decoded by `mp3float`. Those of subtitles and covers are not used, but ffprobe gives
/// up a file with a track whose decoder it may not open.
pub const DECODERS: &str = "h264,hevc,mpeg4,mpeg2video,mpeg1video,msmpeg4,h263,flv,mjpeg,prores,dvvideo,\
    vp8,libvpx,vp9,libvpx-vp9,libdav1d,libaom-av1,av1,wmv1,wmv2,wmv3,vc1,\
    aac,mp3,mp3float,mp2,mp2float,opus,libopus,vorbis,ac3,eac3,flac,alac,amrnb,amrwb,wmav1,wmav2,wmapro,\
    pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_u8,pcm_mulaw,pcm_alaw,adpcm_ima_wav,adpcm_ms,\
    mov_text,text,subrip,srt,ass,ssa,webvtt,dvdsub,dvbsub,pgssub,cc_dec,png,bmp";
/// The codecs of these decoders, as ffprobe calls them.
const PICTURES: &str = "h264 hevc mpeg4 mpeg2video mpeg1video msmpeg4v3 h263 flv1 mjpeg prores dvvideo vp8 vp9 av1 wmv1 wmv2 wmv3 vc1";
const SOUNDS: &str = "aac mp3 mp2 opus vorbis ac3 eac3 flac alac amr_nb amr_wb wmav1 wmav2 wmapro pcm_s16le \
    pcm_s16be pcm_s24le pcm_s24be pcm_u8 pcm_mulaw pcm_alaw adpcm_ima_wav adpcm_ms";

/// An upload that can become a lecture.
#[derive(Debug, Clone)]
pub struct Source {
    pub picture: Picture,
    pub sound: Option<Sound>,
    /// From the first to the last packet of both, in seconds.
    pub duration_s: f64,
}

#[derive(Debug, Clone)]
pub struct Picture {
    pub index: usize,
    pub codec: String,
    pub pixels: String,
    /// As it is shown: square pixels, upright.
    pub width: i32,
    pub height: i32,
    /// Whether it has to be turned or stretched to be shown so.
    pub is_transformed: bool,
    pub is_interlaced: bool,
    /// The transfer of a high dynamic range, as zscale names it.
    pub hdr: Option<&'static str>,
    pub rate: Rate,
    pub track: Span,
}

#[derive(Debug, Clone)]
pub struct Sound {
    pub index: usize,
    pub codec: String,
    pub profile: String,
    pub channels: i32,
    pub track: Span,
}

/// The rates of cameras.
const USUAL: &[(u32, u32)] =
    &[(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1)];

/// Frames a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rate {
    /// The frames have one distance: numerator, denominator.
    Steady(u32, u32),
    /// They have not; this many on average.
    Varying(f64),
}

impl Rate {
    pub fn average(self) -> f64 {
        match self {
            Rate::Steady(n, d) => f64::from(n) / f64::from(d),
            Rate::Varying(average) => average,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Headers {
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Format {
    format_name: String,
    duration: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stream {
    index: usize,
    codec_type: String,
    codec_name: String,
    profile: String,
    pix_fmt: String,
    width: i64,
    height: i64,
    sample_aspect_ratio: String,
    field_order: String,
    color_transfer: String,
    r_frame_rate: String,
    avg_frame_rate: String,
    nb_frames: String,
    channels: i32,
    disposition: Disposition,
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Disposition {
    attached_pic: u8,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SideData {
    rotation: f64,
}

const ENTRIES: &str = "stream=index,codec_type,codec_name,profile,pix_fmt,width,height,sample_aspect_ratio,field_order,\
    color_transfer,r_frame_rate,avg_frame_rate,nb_frames,channels:stream_disposition=attached_pic:\
    stream_side_data=rotation:format=format_name,duration";

/// The arguments before `-i` that every call has.
pub fn guards() -> [String; 8] {
    let pixels = MOST_PIXELS.to_string();
    let guards = ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-codec_whitelist", DECODERS];
    let [a, b, c, d, e, f] = guards.map(str::to_owned);
    [a, b, c, d, e, f, "-max_pixels".into(), pixels]
}

fn ffprobe<'a>(tools: &'a Tools, room: &'a Room, limits: Limits) -> Result<Call<'a>, Fault> {
    let program = tools.ffprobe.as_deref().ok_or_else(|| Fault::Failed("no ffprobe".into()))?;
    Ok(Call::new(program, room, limits).args(["-v", "error"]).args(guards()))
}

/// Reads the whole file once and refuses what cannot become a lecture.
///
/// # Errors
/// [`Fault::Problem`] with what is wrong with it.
pub fn source(
    tools: &Tools,
    room: &Room,
    input: &Path,
    watch: &mut dyn FnMut() -> bool,
) -> Result<Source, Fault> {
    let problem = |problem| Err(Fault::Problem(problem));
    let kind = boxes::kind(input)?;
    match kind {
        Kind::Other => return problem(Problem::NotVideo),
        Kind::Sound => return problem(Problem::NoPicture),
        Kind::Mp4 | Kind::OtherVideo => {}
    }
    let headers = headers(tools, room, input, watch)?;
    let claimed: f64 = headers.format.duration.parse().unwrap_or(0.0);
    let streams = headers.streams;
    if streams.len() > MOST_STREAMS {
        return problem(Problem::TooManyStreams);
    }
    let picture = streams.iter().find(|s| s.codec_type == "video" && s.disposition.attached_pic == 0);
    let sound = streams.iter().find(|s| s.codec_type == "audio" && s.codec_name != "none");
    let picture = match (picture, sound) {
        (Some(picture), _) => picture,
        (None, Some(_)) => return problem(Problem::NoPicture),
        (None, None) => return problem(Problem::NoPictureAndSound),
    };
    let known = |stream: &Stream, list: &str| list.split(' ').any(|name| name == stream.codec_name);
    for (stream, list) in [(Some(picture), PICTURES), (sound, SOUNDS)] {
        if let Some(stream) = stream.filter(|stream| !known(stream, list)) {
            return problem(Problem::Codec(short(&stream.codec_name)));
        }
    }
    if picture.width.saturating_mul(picture.height) > MOST_PIXELS {
        return problem(Problem::TooLarge);
    }
    if picture.width < 2 || picture.height < 2 {
        return problem(Problem::Damaged { playable_s: 0 });
    }
    let wanted: Vec<usize> = [Some(picture), sound].into_iter().flatten().map(|s| s.index).collect();
    let spans = packets(tools, room, input, &wanted, watch)?;
    let track = spans[0];
    if track.packets == 0 || track.start == f64::MAX {
        return problem(Problem::Damaged { playable_s: 0 });
    }
    let sound =
        sound.zip(spans.get(1)).filter(|(_, span)| span.start < f64::MAX).map(|(stream, span)| Sound {
            index: stream.index,
            codec: short(&stream.codec_name),
            profile: stream.profile.clone(),
            channels: stream.channels,
            track: *span,
        });
    let both: Vec<Span> = [Some(track), sound.as_ref().map(|s| s.track)].into_iter().flatten().collect();
    let start = both.iter().map(|span| span.start).fold(f64::MAX, f64::min);
    let end = both.iter().map(|span| span.end).fold(f64::MIN, f64::max);
    let duration_s = end - start;
    let covered = both.iter().map(|span| span.covered + span.tail).fold(0.0, f64::max);
    let damaged = |seconds: f64| problem(Problem::Damaged { playable_s: seconds.max(0.0) as i32 });
    // Times that jump: most of the length is nothing.
    if !duration_s.is_finite() || covered < 0.9 * duration_s - 1.0 {
        return damaged(covered);
    }
    // Tables that promise more pictures than there are; or, where nobody counted them, a length that is not there. A wrong
    // length alone, with every picture present, is only a wrong header.
    let promised: Option<u64> = picture.nb_frames.parse().ok().filter(|promised| *promised > 0);
    let is_complete = promised.is_some_and(|promised| track.packets as f64 >= promised as f64 * 0.99);
    let is_short = claimed - duration_s > f64::max(2.0, claimed * 0.01);
    let is_guessed = headers.format.format_name.contains("mpeg");
    let is_cut = kind == Kind::Mp4 && boxes::movie(input)?.is_cut;
    if !is_complete && (is_cut || is_short && !is_guessed) {
        return damaged(duration_s);
    }
    if duration_s < SHORTEST_S - 0.05 {
        return problem(Problem::TooShort);
    }
    if duration_s > LONGEST_S {
        return problem(Problem::TooLong);
    }
    Ok(Source { picture: seen(picture, track), sound, duration_s })
}

fn headers(
    tools: &Tools,
    room: &Room,
    input: &Path,
    watch: &mut dyn FnMut() -> bool,
) -> Result<Headers, Fault> {
    let limits = Limits { cpu_s: 60, memory: 3 << 29, file_size: 0, wall: Duration::from_secs(180) };
    let call = ffprobe(tools, room, limits)?
        .args(["-show_entries", ENTRIES, "-of", "json=compact=1"])
        .input(tools, input);
    let mut json = String::new();
    let mut take = |line: &str| {
        if json.len() < 1 << 20 {
            json.push_str(line);
            json.push('\n');
        }
    };
    let ended = run(tools, &call, &mut take, watch)?;
    if ended.complaints.contains("exceeds specified max pixel") {
        return Err(Fault::Problem(Problem::TooLarge));
    }
    if !ended.status.success() {
        return Err(refused(&ended, input));
    }
    // More than a mebibyte about the tracks of one file.
    serde_json::from_str(&json).map_err(|_| Fault::Problem(Problem::TooManyStreams))
}

/// What ffprobe's refusal means.
fn refused(ended: &Ended, input: &Path) -> Fault {
    if ended.is_our_fault() {
        return ended.failed("ffprobe");
    }
    let codec =
        ended.complaints.split_once("Codec (").and_then(|(_, rest)| rest.split_once(") not on whitelist"));
    if let Some((name, _)) = codec {
        return Fault::Problem(Problem::Codec(short(name)));
    }
    match boxes::kind(input) {
        // It began as a video and does not go on as one.
        Ok(Kind::Mp4 | Kind::OtherVideo) if !ended.complaints.contains("not on whitelist") => {
            Fault::Problem(Problem::Damaged { playable_s: 0 })
        }
        Ok(_) => Fault::Problem(Problem::NotVideo),
        Err(error) => error.into(),
    }
}

/// Adds up the packets of these tracks.
///
/// # Errors
/// As [`run`]; a file that cannot be read to its end gives what was read.
pub fn packets(
    tools: &Tools,
    room: &Room,
    input: &Path,
    wanted: &[usize],
    watch: &mut dyn FnMut() -> bool,
) -> Result<Vec<Span>, Fault> {
    let size = std::fs::metadata(input)?.len();
    // 8 MB a second is a bad disk.
    let wall = Duration::from_secs(600 + size / 8_000_000);
    let limits = Limits { cpu_s: 300 + size / 20_000_000, memory: 3 << 29, file_size: 0, wall };
    let entries = "packet=stream_index,pts_time,dts_time,duration_time,size,flags";
    let call =
        ffprobe(tools, room, limits)?.args(["-show_entries", entries, "-of", "csv=p=0"]).input(tools, input);
    let mut spans = vec![Span::default(); wanted.len()];
    let mut add = |line: &str| {
        let mut fields = line.split(',');
        let index = fields.next().and_then(|field| field.parse().ok());
        let Some(place) = index.and_then(|index: usize| wanted.iter().position(|one| *one == index)) else {
            return;
        };
        let mut time = || fields.next()?.parse::<f64>().ok().filter(|time| time.is_finite());
        let (shown, decoded, length) = (time(), time(), time());
        let bytes = fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
        // What was cut away on the phone is still there, to be decoded and not to be shown.
        if fields.next().is_some_and(|flags| flags.contains('D')) {
            (spans[place].packets, spans[place].bytes) =
                (spans[place].packets + 1, spans[place].bytes + bytes);
        } else {
            spans[place].add(shown, decoded, length, bytes);
        }
    };
    let ended = run(tools, &call, &mut add, watch)?;
    if ended.is_our_fault() {
        return Err(ended.failed("ffprobe packets"));
    }
    Ok(spans)
}

/// The picture as a person sees it.
fn seen(stream: &Stream, track: Span) -> Picture {
    let (mut width, mut height) = (stream.width as f64, stream.height as f64);
    let (n, d) = ratio(&stream.sample_aspect_ratio, ':').unwrap_or((1, 1));
    // A pixel ten times as wide as high is a mistake of the file.
    let shape = f64::from(n) / f64::from(d);
    let is_stretched = (shape - 1.0).abs() > 0.01 && (0.1..=10.0).contains(&shape);
    if is_stretched {
        width *= shape;
    }
    let turns = stream.side_data_list.iter().map(|data| data.rotation).find(|turn| *turn != 0.0);
    let turn = turns.unwrap_or_default().abs() % 180.0;
    if (turn - 90.0).abs() < 1.0 {
        std::mem::swap(&mut width, &mut height);
    }
    Picture {
        index: stream.index,
        codec: short(&stream.codec_name),
        pixels: short(&stream.pix_fmt),
        width: width.round() as i32,
        height: height.round() as i32,
        is_transformed: is_stretched || turns.is_some(),
        is_interlaced: ["tt", "bb", "tb", "bt"].contains(&stream.field_order.as_str()),
        hdr: match stream.color_transfer.as_str() {
            "smpte2084" => Some("smpte2084"),
            "arib-std-b67" => Some("arib-std-b67"),
            _ => None,
        },
        rate: rate(stream, &track),
        track,
    }
}

/// The rate by the packets; the headers give its exact form where they agree.
fn rate(stream: &Stream, track: &Span) -> Rate {
    let average = if track.length() > 0.0 { track.shown as f64 / track.length() } else { 25.0 };
    let agrees = |text: &str| {
        let (n, d) = ratio(text, '/')?;
        let claimed = f64::from(n) / f64::from(d);
        (d <= 1_000_000 && (claimed - average).abs() <= 0.01 * average + 0.1).then_some((n, d))
    };
    // A clock of milliseconds cannot tell them.
    let usual = |rate: (u32, u32)| {
        let claimed = f64::from(rate.0) / f64::from(rate.1);
        let is_near =
            |one: &&(u32, u32)| (f64::from(one.0) / f64::from(one.1) - claimed).abs() < 0.0005 * claimed;
        USUAL.iter().find(is_near).copied().unwrap_or(rate)
    };
    // Where both agree there is one distance: of frames at varying distances, the one is their average and the other a
    // common divisor.
    match (agrees(&stream.r_frame_rate), agrees(&stream.avg_frame_rate)) {
        (Some(rate), _) => {
            let (n, d) = usual(rate);
            Rate::Steady(n, d)
        }
        (None, Some((n, d))) if stream.field_order != "progressive" && !stream.field_order.is_empty() => {
            Rate::Steady(n, d)
        }
        _ => Rate::Varying(average),
    }
}

/// `30000/1001`, `4:3`; `None` for what is no ratio of positive numbers.
fn ratio(text: &str, by: char) -> Option<(u32, u32)> {
    let (n, d) = text.split_once(by)?;
    let (n, d): (u32, u32) = (n.parse().ok()?, d.parse().ok()?);
    (n > 0 && d > 0).then_some((n, d))
}

/// A name out of a file, fit for a sentence.
fn short(name: &str) -> String {
    let name = if name.is_empty() { "unknown" } else { name };
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(24).collect()
}

impl Source {
    /// In short: for the log and the studio.
    pub fn summary(&self) -> String {
        let picture = &self.picture;
        let bytes = picture.track.bytes + self.sound.as_ref().map_or(0, |sound| sound.track.bytes);
        let sound = self
            .sound
            .as_ref()
            .map_or("no sound".to_owned(), |sound| format!("{} {} ch", sound.codec, sound.channels));
        format!(
            "{} {}x{}{} {:.2} fps{} {}{}, {sound}, {:.1} s, {:.0} kb/s",
            picture.codec,
            picture.width,
            picture.height,
            if picture.is_interlaced { "i" } else { "" },
            picture.rate.average(),
            if matches!(picture.rate, Rate::Varying(_)) { " varying" } else { "" },
            picture.pixels,
            picture.hdr.map_or(String::new(), |transfer| format!(" {transfer}")),
            self.duration_s,
            bytes as f64 * 8.0 / 1000.0 / self.duration_s,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(times: &[f64], length: f64) -> Span {
        let mut span = Span::default();
        times.iter().for_each(|at| span.add(Some(*at), Some(*at), Some(length), 10));
        span
    }

    #[test]
    fn the_rate_comes_from_the_packets() {
        let track = span(&(0..60).map(|n| f64::from(n) / 30.0).collect::<Vec<_>>(), 1.0 / 30.0);
        let stream = |r: &str, avg: &str| Stream {
            r_frame_rate: r.into(),
            avg_frame_rate: avg.into(),
            ..Stream::default()
        };
        assert_eq!(rate(&stream("30/1", "1/200"), &track), Rate::Steady(30, 1));
        assert!(
            matches!(rate(&stream("90000/1", "30/1"), &track), Rate::Varying(r) if (r - 30.0).abs() < 0.1)
        );
        assert!(matches!(rate(&stream("0/0", "-1/1"), &track), Rate::Varying(_)));
        assert_eq!(ratio("30000/1001", '/'), Some((30_000, 1001)));
        assert_eq!(ratio("0:1", ':'), None);
    }
}
