//! From an uploaded file to what is played, with real files that ffmpeg makes here: what phones and cameras record, what is
//! broken, and what is made to deceive.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use weixiao::processing::{Fault, Made, Problem, Step, Tools, make};

fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let tools = Tools::find();
        assert!(tools.can_convert(), "{:?}", tools.lacks());
        tools
    })
}

/// A folder of one test, gone at its end.
struct Scene(PathBuf);

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Scene {
    fn new(name: &str) -> Scene {
        let path = std::env::temp_dir().join(format!("weixiao-processing-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scene(path)
    }
    /// A file made by ffmpeg with these arguments, `|` for a space.
    fn film(&self, name: &str, args: &str) -> PathBuf {
        let path = self.0.join(name);
        let said = ffmpeg(args, &path);
        assert!(path.is_file(), "{said}");
        path
    }
    fn bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
    fn out(&self) -> PathBuf {
        self.0.join("out")
    }
    fn file(&self, name: &str) -> PathBuf {
        self.out().join(name)
    }
    fn make_with(&self, tools: &Tools, input: &Path) -> Result<Made, Fault> {
        let _ = fs::remove_dir_all(self.out());
        fs::create_dir(self.out()).unwrap();
        make(tools, input, &self.out(), &mut |_, _| true)
    }
    /// Makes a lecture and looks at what all have in common.
    fn make(&self, input: &Path) -> Made {
        let made =
            self.make_with(tools(), input).unwrap_or_else(|fault| panic!("{}: {fault}", input.display()));
        let mut files: Vec<_> = fs::read_dir(self.out())
            .unwrap()
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let mut expected: Vec<String> =
            ["master.m3u8", "video.mp4", "poster.jpg", "poster-2.jpg", "poster-3.jpg", "story.jpg"]
                .map(str::to_owned)
                .into();
        for height in &made.heights {
            expected.extend([format!("{height}p.mp4"), format!("{height}p.m3u8")]);
        }
        if made.has_sound {
            expected.extend(["audio.mp4", "audio.m3u8", "audio.m4a"].map(str::to_owned));
        }
        expected.sort();
        assert_eq!(files, expected);
        assert!(made.has_hls && made.posters == 3);
        for file in files.iter().filter(|file| file.ends_with(".m3u8")) {
            let text = fs::read_to_string(self.file(file)).unwrap();
            assert!(!text.contains("://") && !text.contains("/") && !text.contains(".tmp"), "{text}");
            let seconds: f64 = probe(&self.file(file), "format=duration").parse().unwrap();
            assert!(
                (seconds * 1000.0 - f64::from(made.duration_ms)).abs() < 1000.0,
                "{file} {seconds} {made:?}"
            );
        }
        for video in ["video.mp4", "360p.mp4"] {
            assert_eq!(probe(&self.file(video), "stream=codec_name").split_whitespace().next(), Some("h264"));
        }
        assert_eq!(
            probe(&self.file("video.mp4"), "stream=width,height").lines().next().unwrap(),
            format!("{},{}", made.width, made.height)
        );
        let rows = (made.story_tiles + 9) / 10;
        assert_eq!(probe(&self.file("story.jpg"), "stream=width,height"), format!("1600,{}", 90 * rows));
        made
    }
    /// Why the file is refused. Nothing is left of the work, and nobody reads a path.
    fn refused(&self, input: &Path) -> Problem {
        match self.make_with(tools(), input) {
            Err(Fault::Problem(problem)) => {
                let left = fs::read_dir(self.out()).unwrap().flatten();
                assert!(
                    left.map(|file| file.file_name()).all(|name| !name.to_string_lossy().ends_with(".tmp"))
                );
                assert!(!problem.words().to_string().contains('/'));
                problem
            }
            other => panic!("{}: {other:?}", input.display()),
        }
    }
}

fn ffmpeg(args: &str, path: &Path) -> String {
    let args = args.split_whitespace().map(|arg| arg.replace('|', " "));
    let mut command = Command::new(tools().ffmpeg.as_ref().unwrap());
    let output = command.args(["-v", "error", "-nostdin", "-y"]).args(args).arg(path).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// What ffprobe says of these entries.
fn probe(path: &Path, entries: &str) -> String {
    let mut command = Command::new(tools().ffprobe.as_ref().unwrap());
    let output =
        command.args(["-v", "error", "-show_entries", entries, "-of", "csv=p=0"]).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
        .trim_end_matches(',')
        .to_owned()
}

/// The packets of the pictures, as they are in the file.
fn digest(path: &Path) -> String {
    let args = ["-map", "0:v:0", "-c", "copy", "-f", "streamhash", "-hash", "md5", "-"];
    let mut command = Command::new(tools().ffmpeg.as_ref().unwrap());
    let output = command.args(["-v", "error", "-i"]).arg(path).args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Colours of a picture that is made so small: RGB bytes.
fn colours(path: &Path, size: &str) -> Vec<u8> {
    let filter = format!("scale={size}:flags=area");
    let args = ["-vf", &filter, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    let mut command = Command::new(tools().ffmpeg.as_ref().unwrap());
    command.args(["-v", "error", "-i"]).arg(path).args(args).output().unwrap().stdout
}

const SMALL: &str = "-f lavfi -i testsrc2=s=320x180:r=30:d=6 -f lavfi -i sine=d=6:r=48000";
const X264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p";

fn small() -> String {
    format!("{SMALL} {X264} -c:a aac -movflags +faststart")
}

#[test]
fn a_phone_held_upright_gives_an_upright_lecture() {
    let scene = Scene::new("upright");
    // Left red, right blue, and a note to turn it by a quarter: HEVC in MOV, as iPhones write.
    let lying = scene.film(
        "lying.mov",
        "-f lavfi -i color=red:s=640x720:r=30:d=7,pad=1280:720:0:0:blue -f lavfi -i sine=d=7 -c:v libx265 -preset ultrafast \
         -x265-params log-level=error -tag:v hvc1 -pix_fmt yuv420p -c:a aac -metadata location=+31.0+103.6/",
    );
    let upright = scene.0.join("upright.mov");
    let input = format!("-i {} -c copy -metadata:s:v:0 rotate=90", lying.display());
    ffmpeg(&input, &upright);
    let made = scene.make(&upright);
    assert_eq!((made.width, made.height, made.heights.as_slice()), (720, 1280, [720, 360].as_slice()));
    assert!(!made.was_remuxed && made.has_sound && made.source.starts_with("hevc 720x1280"), "{made:?}");
    assert_eq!(probe(&scene.file("360p.m3u8"), "stream=width,height").lines().last(), Some("360,640"));
    for picture in ["poster.jpg", "video.mp4"] {
        let [top, bottom] =
            colours(&scene.file(picture), "1:2").chunks(3).map(|c| c[0] > c[2]).collect::<Vec<_>>()[..]
        else {
            panic!()
        };
        assert!(top != bottom, "{picture}");
    }
    assert!(
        !fs::read(scene.file("video.mp4")).unwrap().windows(5).any(|w| w == b"103.6"),
        "the place stays out"
    );
    let master = fs::read_to_string(scene.file("master.m3u8")).unwrap();
    for part in [
        "CODECS=\"avc1.4D401E,mp4a.40.2\",RESOLUTION=360x640,FRAME-RATE=30.000,CLOSED-CAPTIONS=NONE\n360p.m3u8",
        "CODECS=\"avc1.4D401F,mp4a.40.2\",RESOLUTION=720x1280,FRAME-RATE=30.000,CLOSED-CAPTIONS=NONE\n720p.m3u8",
        "CODECS=\"mp4a.40.2\",CLOSED-CAPTIONS=NONE\naudio.m3u8",
    ] {
        assert!(master.contains(part), "{master}");
    }
    let keys = probe(&scene.file("720p.mp4"), "packet=codec_type,pts_time,flags");
    let keys: Vec<f64> = keys
        .lines()
        .filter(|line| line.starts_with("video") && line.contains(",K"))
        .map(|line| line.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    assert!(keys.len() == 2 && (keys[1] - keys[0] - 6.0).abs() < 0.04, "{keys:?}");
}

#[test]
fn what_already_fits_keeps_its_pictures() {
    let scene = Scene::new("fits");
    let input = scene.film("-x '%03d 讲座.mp4", &small().replace("-movflags +faststart", ""));
    let made = scene.make(&input);
    assert!(made.was_remuxed, "{made:?}");
    assert_eq!((made.width, made.height, made.heights.as_slice()), (320, 180, [360].as_slice()));
    assert_eq!((made.duration_ms / 100, made.story_every_ms, made.story_tiles), (60, Some(5000), 2));
    assert!(!digest(&input).is_empty());
    assert_eq!(digest(&input), digest(&scene.file("video.mp4")));
    // The list of contents stands first.
    let video = fs::read(scene.file("video.mp4")).unwrap();
    let place = |name: &[u8]| video.windows(4).position(|w| w == name).unwrap();
    assert!(place(b"moov") < place(b"mdat"));
}

#[test]
fn all_lectures_are_as_loud() {
    let scene = Scene::new("loud");
    for volume in ["-6dB", "14dB"] {
        let sound = format!("{} -af volume={volume}", small());
        let made = scene.make(&scene.film("in.mp4", &sound));
        assert!(made.gain_db10.is_some());
        let mut command = Command::new(tools().ffmpeg.as_ref().unwrap());
        command.args(["-hide_banner", "-nostats", "-i"]).arg(scene.file("audio.m4a"));
        let said = command.args(["-af", "ebur128", "-f", "null", "-"]).output().unwrap().stderr;
        let said = String::from_utf8_lossy(&said).into_owned();
        let loudness: f64 =
            said.rsplit("I:").next().unwrap().split_whitespace().next().unwrap().parse().unwrap();
        assert!((loudness + 16.0).abs() <= 1.0, "{volume}: {loudness} {made:?}");
    }
}

#[test]
fn frames_at_varying_distances_become_steady() {
    let scene = Scene::new("varying");
    let input = scene.film(
        "in.mp4",
        &format!("{SMALL} {X264} -c:a aac -vf select='lt(n,40)+not(mod(n,4))+eq(mod(n,7),0)' -vsync vfr"),
    );
    let made = scene.make(&input);
    assert!(made.source.contains("varying"), "{made:?}");
    let rate = probe(&scene.file("360p.mp4"), "stream=r_frame_rate");
    assert!(rate.starts_with("30/1") || rate.starts_with("15/1"), "{rate}");
    // Sound and picture end together.
    let ends = probe(&scene.file("video.mp4"), "stream=duration");
    let ends: Vec<f64> = ends.lines().map(|end| end.parse().unwrap()).collect();
    assert!((ends[0] - ends[1]).abs() < 0.2, "{ends:?}");
}

#[test]
fn rates_and_containers_of_cameras() {
    let scene = Scene::new("rates");
    for (name, rate, codecs, expected) in [
        ("in.avi", "24", "-c:v mpeg4 -c:a libmp3lame", "24/1"),
        ("in.ts", "50", "-c:v libx264 -preset ultrafast -c:a mp2", "25/1"),
        ("in.mkv", "60000/1001", "-c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16le", "30000/1001"),
        ("in.mpg", "25", "-c:v mpeg2video -flags +ildct+ilme -top 1 -c:a mp2", "25/1"),
        ("in.webm", "30", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus", "30/1"),
        ("in.flv", "15", "-c:v flv -c:a libmp3lame -ar 44100", "15/1"),
    ] {
        let made = scene.make(&scene.film(
            name,
            &format!("-f lavfi -i testsrc2=s=192x108:r={rate}:d=5.2 -f lavfi -i sine=d=5.2:r=48000 {codecs}"),
        ));
        let rate = probe(&scene.file("360p.mp4"), "stream=r_frame_rate");
        assert_eq!(rate.lines().next().unwrap().trim_end_matches(','), expected, "{name}");
        assert!(!made.was_remuxed && (made.duration_ms - 5200).abs() < 150, "{name}: {made:?}");
    }
}

#[test]
fn odd_sides_and_no_sound() {
    let scene = Scene::new("odd");
    let input = "-f lavfi -i testsrc=s=321x241:r=30:d=6 -c:v libx264 -preset ultrafast -pix_fmt yuv444p";
    let made = scene.make(&scene.film("in.mp4", input));
    assert_eq!((made.width, made.height, made.has_sound), (320, 240, false));
    // A silent track, so that all players treat it alike; nothing to listen to.
    assert_eq!(probe(&scene.file("360p.mp4"), "stream=codec_name"), "h264\naac");
    let master = fs::read_to_string(scene.file("master.m3u8")).unwrap();
    assert_eq!(master.matches("#EXT-X-STREAM-INF").count(), 1);
}

#[test]
fn subtitles_and_a_cover_do_no_harm() {
    let scene = Scene::new("more");
    let words = scene.bytes("a.srt", b"1\n00:00:00,000 --> 00:00:02,000\nhello\n");
    let cover = "-f lavfi -i testsrc=s=64x64:d=0.04";
    let input = format!(
        "{SMALL} -i {} {cover} -map 0 -map 1 -map 2 -map 3 {X264} -c:a libmp3lame -c:s mov_text -c:v:1 png \
         -pix_fmt:v:1 rgb24 -disposition:v:1 attached_pic",
        words.display()
    );
    let made = scene.make(&scene.film("in.mp4", &input));
    assert_eq!((made.width, made.height), (320, 180));
}

#[test]
fn a_slide_may_stand_long() {
    let scene = Scene::new("slides");
    let made = scene.make(&scene.film("in.mp4", &format!("-f lavfi -i testsrc2=s=160x90:r=1/8:d=24 {X264}")));
    assert_eq!(made.duration_ms / 100, 240, "{made:?}");
}

#[test]
fn what_was_trimmed_on_the_phone_stays_out() {
    let scene = Scene::new("trimmed");
    let whole = scene.film("whole.mp4", &small().replace("d=6", "d=12"));
    // The pictures before the cut are in the file, and a list says that they are not to be shown.
    let made = scene.make(&scene.film("in.mp4", &format!("-ss 3.3 -i {} -c copy", whole.display())));
    assert!((made.duration_ms - 8700).abs() < 200, "{made:?}");
}

#[test]
fn pixels_that_are_not_square_are_stretched() {
    let scene = Scene::new("pixels");
    let input = format!("{SMALL} {X264} -c:a aac -vf scale=240:180,setsar=4/3");
    let made = scene.make(&scene.film("in.mp4", &input));
    assert_eq!((made.width, made.height, made.was_remuxed), (320, 180, false));
}

#[test]
fn a_high_dynamic_range_becomes_the_common_one() {
    let scene = Scene::new("hdr");
    let input = "-f lavfi -i testsrc2=s=320x180:r=30:d=5.5 -f lavfi -i sine=d=5.5 -c:v libx265 -preset ultrafast \
        -pix_fmt yuv420p10le -color_primaries bt2020 -color_trc arib-std-b67 -colorspace bt2020nc \
        -x265-params log-level=error:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc -tag:v hvc1 -c:a aac";
    let made = scene.make(&scene.film("in.mov", input));
    assert!(made.source.contains("yuv420p10le arib-std-b67"), "{made:?}");
    let shown = probe(&scene.file("video.mp4"), "stream=pix_fmt,color_transfer");
    assert_eq!(shown.lines().next(), Some("yuv420p,bt709"));
}

#[test]
fn the_shorter_of_sound_and_picture_is_filled_up() {
    let scene = Scene::new("unequal");
    for (picture, sound) in [(5, 9), (9, 5)] {
        let made = scene.make(&scene.film(
            "in.mp4",
            &format!(
                "-f lavfi -i testsrc2=s=160x90:r=25:d={picture} -f lavfi -i sine=d={sound} {X264} -c:a aac"
            ),
        ));
        assert_eq!(made.duration_ms / 100, 90, "{made:?}");
        for end in probe(&scene.file("video.mp4"), "stream=duration").lines() {
            assert!((end.parse::<f64>().unwrap() - 9.0).abs() < 0.3, "{end}");
        }
    }
}

#[test]
fn what_is_no_video_is_refused() {
    let scene = Scene::new("refused");
    assert_eq!(scene.refused(&scene.bytes("a.mp4", b"")), Problem::Empty);
    let secret = scene.film("secret.mp4", &small());
    let list =
        |address: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{address}\n#EXT-X-ENDLIST\n");
    let zip = b"PK\x03\x04\x14\0\0\0\x08\0".repeat(50);
    for content in [
        b"<!doctype html><title>404</title>".to_vec(),
        zip,
        list(&format!("file://{}", secret.display())).into_bytes(),
        list("http://127.0.0.1:9/x.ts").into_bytes(),
        format!("ffconcat version 1.0\nfile '{}'\n", secret.display()).into_bytes(),
        b"\x89PNG\r\n\x1A\n".repeat(100),
        vec![0; 4096],
        b"x".to_vec(),
    ] {
        assert_eq!(scene.refused(&scene.bytes("a.mp4", &content)), Problem::NotVideo);
    }
    // A start like that of a video, and something else behind it.
    let mut disguised = b"\0\0\0\x14ftypisom\0\0\0\0isom".to_vec();
    disguised.extend(list(&format!("file://{}", secret.display())).bytes());
    let problem = scene.refused(&scene.bytes("a.mp4", &disguised));
    assert_eq!(problem, Problem::Damaged { playable_s: 0 });
}

#[test]
fn what_cannot_be_a_lecture_is_refused() {
    let scene = Scene::new("unfit");
    let sound = "-f lavfi -i sine=d=6 -c:a";
    assert_eq!(scene.refused(&scene.film("a.mp3", &format!("{sound} libmp3lame"))), Problem::NoPicture);
    assert_eq!(scene.refused(&scene.film("a.m4a", &format!("{sound} aac"))), Problem::NoPicture);
    let short = scene.film("short.mp4", &small().replace("d=6", "d=2"));
    assert_eq!(scene.refused(&short), Problem::TooShort);
    let odd = scene.film("odd.mov", "-f lavfi -i testsrc2=s=64x64:d=6 -c:v qtrle");
    assert_eq!(scene.refused(&odd), Problem::Codec("qtrle".into()));
    let many = "-map 0:v -map 1:a ".to_owned() + &"-map 1:a ".repeat(8);
    let many = scene.film("many.mkv", &format!("{SMALL} {many} {X264} -c:a aac"));
    assert_eq!(scene.refused(&many), Problem::TooManyStreams);
    // A few frames of a picture that would fill the memory.
    let bomb = scene.film(
        "bomb.mp4",
        "-f lavfi -i color=black:s=8704x4352:r=1:d=6 -c:v libx264 -preset ultrafast -x264-params threads=1 -pix_fmt yuv420p",
    );
    assert_eq!(scene.refused(&bomb), Problem::TooLarge);
}

#[test]
fn a_cut_file_is_told_with_what_plays_of_it() {
    let scene = Scene::new("cut");
    let first = fs::read(scene.film("first.mp4", &small().replace("d=6", "d=18"))).unwrap();
    let Problem::Damaged { playable_s } = scene.refused(&scene.bytes("a.mp4", &first[..first.len() / 3]))
    else {
        panic!()
    };
    assert!((3..=9).contains(&playable_s), "{playable_s}");
    // All bytes are there, but the end was never written.
    let mut empty = first.clone();
    let end = empty.len();
    empty[end / 2..].fill(0);
    let Problem::Damaged { playable_s } = scene.refused(&scene.bytes("e.mp4", &empty)) else { panic!() };
    assert!((5..=13).contains(&playable_s), "{playable_s}");
    let last = fs::read(scene.film("last.mp4", &small().replace("-movflags +faststart", ""))).unwrap();
    let last = scene.bytes("b.mp4", &last[..last.len() - 3000]);
    assert_eq!(scene.refused(&last), Problem::Damaged { playable_s: 0 });
    let matroska =
        fs::read(scene.film("c.mkv", &format!("{SMALL} {X264} -c:a aac").replace("d=6", "d=18"))).unwrap();
    let Problem::Damaged { playable_s } =
        scene.refused(&scene.bytes("d.mkv", &matroska[..matroska.len() / 2]))
    else {
        panic!()
    };
    assert!((5..=13).contains(&playable_s), "{playable_s}");
}

/// Writes into every box of this name, so many bytes behind the name.
fn patch(file: &mut [u8], name: &[u8; 4], at: usize, value: u32) {
    let places: Vec<_> = file.windows(4).enumerate().filter(|(_, w)| w == name).map(|(n, _)| n).collect();
    assert!(!places.is_empty());
    for place in places {
        file[place + 4 + at..][..4].copy_from_slice(&value.to_be_bytes());
    }
}

#[test]
fn headers_that_claim_ten_hours_are_not_believed() {
    let scene = Scene::new("claims");
    let honest = fs::read(scene.film("in.mp4", &small())).unwrap();
    let mut lie = honest.clone();
    patch(&mut lie, b"mvhd", 16, 36_000 * 1000);
    patch(&mut lie, b"tkhd", 20, 36_000 * 1000);
    patch(&mut lie, b"mdhd", 16, 36_000 * 48_000);
    let lie = scene.bytes("lie.mp4", &lie);
    assert!(probe(&lie, "format=duration").parse::<f64>().unwrap() > 30_000.0);
    let made = scene.make(&lie);
    assert_eq!(made.duration_ms / 100, 60, "{made:?}");
    // Also where nothing is measured but the tables.
    let none = Tools::find_with(Some("none".as_ref()));
    assert_eq!(scene.make_with(&none, &lie).unwrap().duration_ms / 100, 60);
    // A clock that ticks once a second makes a day of it.
    let mut slow = honest;
    patch(&mut slow, b"mdhd", 12, 1);
    match scene.make_with(tools(), &scene.bytes("slow.mp4", &slow)) {
        // The list of what is to be shown says six seconds.
        Ok(made) => assert!(made.duration_ms < 10_000, "{made:?}"),
        Err(Fault::Problem(Problem::Damaged { .. } | Problem::TooLong)) => {}
        Err(fault) => panic!("{fault}"),
    }
    // Where the container does not count its pictures, a missing length is a missing part.
    let mut matroska = fs::read(scene.film("in.mkv", &format!("{SMALL} {X264} -c:a aac"))).unwrap();
    let place = matroska.windows(3).position(|w| w == [0x44, 0x89, 0x88]).unwrap();
    matroska[place + 3..][..8].copy_from_slice(&36_000_000_f64.to_be_bytes());
    let problem = scene.refused(&scene.bytes("lie.mkv", &matroska));
    assert_eq!(problem, Problem::Damaged { playable_s: 6 });
}

/// How many processes have the folder of this scene among their arguments.
fn alive(scene: &Scene) -> usize {
    let mark = scene.0.to_str().unwrap();
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .filter(|line| String::from_utf8_lossy(line).contains(mark))
        .count()
}

#[test]
fn the_watch_is_told_often_and_can_stop_the_work() {
    let scene = Scene::new("cancel");
    let input = scene.film(
        "in.mp4",
        &small().replace("testsrc2=s=320x180", "smptebars=s=1280x720").replace("d=6", "d=40"),
    );
    for tools in [tools().clone(), Tools { bwrap: None, ..tools().clone() }] {
        let _ = fs::remove_dir_all(scene.out());
        fs::create_dir(scene.out()).unwrap();
        let (mut last, mut slowest, mut steps, mut most) = (Instant::now(), Duration::ZERO, Vec::new(), 0);
        let mut saw = 0;
        let mut watch = |step, done| {
            slowest = slowest.max(last.elapsed());
            last = Instant::now();
            if steps.last() != Some(&step) {
                steps.push(step);
            }
            assert!(done >= most && done <= 1000, "{done} after {most}");
            most = done;
            let stop = step == Step::Encode && done > 200;
            if stop {
                saw = alive(&scene);
            }
            !stop
        };
        let ended = make(&tools, &input, &scene.out(), &mut watch);
        assert!(matches!(ended, Err(Fault::Cancelled)), "{ended:?}");
        assert!(saw > 0);
        assert_eq!(alive(&scene), 0);
        assert!(slowest < Duration::from_secs(2), "{slowest:?}");
        assert_eq!(steps, [Step::Check, Step::Copy, Step::Loudness, Step::Encode]);
        // What was finished before is there, nothing half made.
        let files: Vec<_> = fs::read_dir(scene.out()).unwrap().map(|f| f.unwrap().file_name()).collect();
        assert_eq!(files, ["video.mp4"]);
    }
}

#[test]
fn without_ffmpeg_what_browsers_play_is_published() {
    let scene = Scene::new("plain");
    let none = Tools::find_with(Some("none".as_ref()));
    let input = scene.film("in.mp4", &small());
    let made = scene.make_with(&none, &input).unwrap();
    assert!(!made.has_hls && made.heights.is_empty() && made.posters == 0 && made.has_sound, "{made:?}");
    assert_eq!((made.width, made.height, made.duration_ms / 100), (320, 180, 60));
    assert_eq!(fs::read(scene.file("video.mp4")).unwrap(), fs::read(&input).unwrap());
    let turned = scene.0.join("turned.mp4");
    ffmpeg(&format!("-i {} -c copy -metadata:s:v:0 rotate=90", input.display()), &turned);
    let made = scene.make_with(&none, &turned).unwrap();
    assert_eq!((made.width, made.height), (180, 320));
    let problem = |path: &Path| match scene.make_with(&none, path) {
        Err(Fault::Problem(problem)) => problem,
        other => panic!("{other:?}"),
    };
    let hevc = "-c:v libx265 -preset ultrafast -x265-params log-level=error -pix_fmt yuv420p -c:a aac";
    assert_eq!(problem(&scene.film("hevc.mp4", &format!("{SMALL} {hevc}"))), Problem::NeedsConverter);
    let fragmented = small().replace("+faststart", "+frag_keyframe+empty_moov");
    assert_eq!(problem(&scene.film("frag.mp4", &fragmented)), Problem::NeedsConverter);
    assert_eq!(problem(&scene.film("in.mkv", &format!("{SMALL} {X264}"))), Problem::NeedsConverter);
    assert_eq!(problem(&scene.bytes("a.mp4", b"#EXTM3U\n")), Problem::NotVideo);
    assert_eq!(problem(&scene.bytes("b.mp4", b"")), Problem::Empty);
    let whole = fs::read(&input).unwrap();
    let cut = problem(&scene.bytes("c.mp4", &whole[..whole.len() / 2]));
    assert!(matches!(cut, Problem::Damaged { playable_s: 1..=4 }), "{cut:?}");
}
