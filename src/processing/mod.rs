//! From an uploaded file to what is played: [`make`] fills a folder with the files of a recording. Pure: no database and
//! no pages. `probe` measures the file, `plan` decides, `convert` calls ffmpeg, `run` is the only place that starts a
//! process, `master` writes the list of qualities, `verify` looks at what was made. Where ffmpeg is missing, `plain` takes
//! what browsers play as it is. Tried with ffmpeg 5.1.
mod boxes;
mod convert;
mod master;
mod plain;
mod plan;
mod probe;
mod run;
mod span;
mod tools;
mod verify;

use crate::lang::Message;
use crate::msg;
use std::path::Path;
pub use tools::Tools;

/// The shortest and the longest lecture, in seconds, measured and not as the file claims.
pub const SHORTEST_S: f64 = 5.0;
pub const LONGEST_S: f64 = 4.0 * 3600.0;
/// More tracks than these are in no recording of a phone or camera.
pub const MOST_STREAMS: usize = 8;
/// The largest picture, in pixels (8192 × 4320): a small file can claim a picture that fills the memory.
pub const MOST_PIXELS: i64 = 8192 * 4320;

/// What is being done, in this order; steps that are not needed are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The file is read once from end to end.
    Check,
    /// What already fits is copied into `video.mp4`. When a later step begins, `video.mp4` is complete in the folder.
    Copy,
    Loudness,
    Encode,
    Poster,
    Storyboard,
    /// What was made is read once.
    Verify,
}

impl Step {
    pub const ALL: &'static [Step] = &[
        Step::Check,
        Step::Copy,
        Step::Loudness,
        Step::Encode,
        Step::Poster,
        Step::Storyboard,
        Step::Verify,
    ];
    /// As it is kept in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Step::Check => "check",
            Step::Copy => "copy",
            Step::Loudness => "loudness",
            Step::Encode => "encode",
            Step::Poster => "poster",
            Step::Storyboard => "storyboard",
            Step::Verify => "verify",
        }
    }
    /// The step that `text` names.
    pub fn of(text: &str) -> Option<Step> {
        Step::ALL.iter().copied().find(|step| step.as_str() == text)
    }
    pub fn words(self) -> Message {
        match self {
            Step::Check => msg!("检查文件"),
            Step::Copy => msg!("准备播放文件"),
            Step::Loudness => msg!("测量音量"),
            Step::Encode => msg!("转换画面和声音"),
            Step::Poster => msg!("截取封面"),
            Step::Storyboard => msg!("制作进度条预览图"),
            Step::Verify => msg!("核对结果"),
        }
    }
    /// Where the step begins and ends, per mille of the whole job.
    const fn span(self) -> (u16, u16) {
        match self {
            Step::Check => (0, 40),
            Step::Copy => (40, 60),
            Step::Loudness => (60, 90),
            Step::Encode => (90, 940),
            Step::Poster => (940, 960),
            Step::Storyboard => (960, 975),
            Step::Verify => (975, 1000),
        }
    }
}

/// Why this file cannot become a lecture. Trying again does not help, except that [`Problem::NeedsConverter`] ends when
/// ffmpeg is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Zero bytes.
    Empty,
    /// No file of a camera or phone: a page, an archive, a list of other files.
    NotVideo,
    /// A part is missing; this many seconds from the start can be played (0: none).
    Damaged {
        playable_s: i32,
    },
    TooShort,
    TooLong,
    TooManyStreams,
    /// More pixels than [`MOST_PIXELS`].
    TooLarge,
    /// Only sound.
    NoPicture,
    NoPictureAndSound,
    /// A codec that is not on our list, by its short name.
    Codec(String),
    /// Playable only after a conversion, and there is no ffmpeg here.
    NeedsConverter,
}

impl Problem {
    /// For the instructor.
    pub fn words(&self) -> Message {
        match self {
            Problem::Empty => msg!("文件是空的，里面没有内容。请重新选择文件"),
            Problem::NotVideo => {
                msg!("这不是视频文件。请上传手机或摄像机录的视频，例如 MP4、MOV")
            }
            Problem::Damaged { playable_s: 0 } => {
                msg!("文件不完整，不能播放，可能没有录完或没有传完。请换一份完整的文件")
            }
            Problem::Damaged { playable_s } => {
                msg!(
                    "文件不完整，只有前面 {} 分 {} 秒能播放。请换一份完整的文件",
                    playable_s / 60,
                    playable_s % 60
                )
            }
            Problem::TooShort => msg!("视频不到 {} 秒，太短了", SHORTEST_S as i32),
            Problem::TooLong => {
                msg!("视频超过 {} 小时，太长了。请分成几讲上传", (LONGEST_S / 3600.0) as i32)
            }
            Problem::TooManyStreams => {
                msg!("文件里的画面、声音和字幕超过 {} 条。请另存为只有一条画面和一条声音的视频", MOST_STREAMS)
            }
            Problem::TooLarge => msg!("画面太大，最多 8192×4320。请缩小画面后再上传"),
            Problem::NoPicture => msg!("文件里只有声音，没有画面。讲座要有画面，可以配上幻灯片录成视频"),
            Problem::NoPictureAndSound => msg!("文件里没有画面，也没有声音"),
            Problem::Codec(name) => {
                msg!("这里不能转换 {} 编码的视频。请用剪辑软件另存为 H.264 的 MP4 再上传", name)
            }
            Problem::NeedsConverter => {
                msg!("这个文件要转换以后才能播放，服务器上还没有转换程序。装好以后会接着处理，不用重新上传")
            }
        }
    }
    /// Whether the job waits for something to be installed here, instead of being over.
    pub fn is_waiting(&self) -> bool {
        *self == Problem::NeedsConverter
    }
}

/// Why [`make`] made nothing.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("refused: {}", .0.words())]
    Problem(Problem),
    /// The watch said so.
    #[error("cancelled")]
    Cancelled,
    /// For the log, never for a person; without paths. To be tried again.
    #[error("{0}")]
    Failed(String),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::Failed(format!("file: {error}"))
    }
}

/// What [`make`] put into the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Measured: what completion is computed from.
    pub duration_ms: i32,
    /// The picture of `video.mp4` as it is shown, upright.
    pub width: i32,
    pub height: i32,
    /// The rungs of the ladder, best first: 720 and 360, or 360. Empty without HLS.
    pub heights: Vec<i32>,
    /// `master.m3u8` and what it names.
    pub has_hls: bool,
    /// Whether the source has sound. If not, the picture has a silent track, and `audio.m4a`, `audio.m3u8` and `audio.mp4`
    /// are not made.
    pub has_sound: bool,
    /// How many of `poster.jpg`, `poster-2.jpg`, `poster-3.jpg` there are.
    pub posters: i32,
    /// The distance of the tiles of `story.jpg`, which has 10 columns of 160×90; `None` without it.
    pub story_every_ms: Option<i32>,
    pub story_tiles: i32,
    /// Whether `video.mp4` holds the pictures of the upload, not encoded again.
    pub was_remuxed: bool,
    /// The gain that was applied, in tenths of a decibel; `None` where the sound was not measured or is silence.
    pub gain_db10: Option<i32>,
    /// The upload in short, for the log and the studio: `hevc 1080x1920 29.97 fps yuv420p, aac 2 ch, 31.2 s, 12300 kb/s`.
    pub source: String,
}

/// Told of every step and of the progress, per mille of the whole job, at least every two seconds; `false` stops the work.
pub type Watch<'a> = &'a mut dyn FnMut(Step, u16) -> bool;

/// Fills `out`, an empty folder, from `input`. Works in a folder of its own inside `out` that is gone afterwards.
///
/// # Errors
/// [`Fault::Problem`] if the file is refused; otherwise the work can be tried again with another empty folder.
pub fn make(tools: &Tools, input: &Path, out: &Path, watch: Watch<'_>) -> Result<Made, Fault> {
    let input = input.canonicalize()?;
    let out = out.canonicalize()?;
    tell(watch, Step::Check, 0.0)?;
    if std::fs::metadata(&input)?.len() == 0 {
        return Err(Fault::Problem(Problem::Empty));
    }
    if !tools.can_convert() {
        return plain::make(&input, &out, watch);
    }
    convert::make(tools, &input, &out, watch)
}

/// Says how far `step` is, from 0 to 1.
fn tell(watch: Watch<'_>, step: Step, share: f64) -> Result<(), Fault> {
    let (from, to) = step.span();
    let done = f64::from(from) + f64::from(to - from) * share.clamp(0.0, 1.0);
    if watch(step, done as u16) { Ok(()) } else { Err(Fault::Cancelled) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_each_other_without_a_gap() {
        let mut at = 0;
        for step in Step::ALL {
            let (from, to) = step.span();
            assert!(from == at && to > from, "{step:?}");
            assert_eq!(Step::of(step.as_str()), Some(*step));
            at = to;
        }
        assert_eq!(at, 1000);
    }

    #[test]
    fn a_cut_file_says_how_much_of_it_plays() {
        let words = Problem::Damaged { playable_s: 754 }.words().to_string();
        assert!(words.contains("12 分 34 秒"), "{words}");
        assert!(!Problem::Damaged { playable_s: 0 }.words().to_string().contains('0'));
    }
}
