//! Our own master playlist: ffmpeg's lacks the average bandwidth, the frame rate and the sound alone. And the reading of the
//! media playlists that ffmpeg writes, as far as their figures and promises are needed.
use std::fmt::Write;

/// What a media playlist says.
#[derive(Debug, PartialEq)]
pub struct Playlist {
    pub duration_s: f64,
    /// Bits a second on average, and in the hungriest segment.
    pub average: u64,
    pub peak: u64,
}

impl Playlist {
    /// Reads the playlist of the byte ranges of `file`. `None` unless it is complete and names nothing but that file.
    pub fn of(text: &str, file: &str) -> Option<Playlist> {
        let mut segments: Vec<(f64, u64)> = Vec::new();
        let (mut length, mut bytes, mut has_map, mut is_over) = (None, None, false, false);
        for line in text.lines().map(str::trim) {
            if let Some(map) = line.strip_prefix("#EXT-X-MAP:") {
                has_map = map.split(',').any(|part| part == format!("URI=\"{file}\""));
            } else if let Some(info) = line.strip_prefix("#EXTINF:") {
                length = info.split(',').next().and_then(|seconds| seconds.parse().ok());
            } else if let Some(range) = line.strip_prefix("#EXT-X-BYTERANGE:") {
                bytes = range.split('@').next().and_then(|count| count.parse().ok());
            } else if line == "#EXT-X-ENDLIST" {
                is_over = true;
            } else if !line.starts_with('#') && !line.is_empty() {
                if line != file {
                    return None;
                }
                segments.push((length.take()?, bytes.take()?));
            }
        }
        if !has_map || !is_over || !text.starts_with("#EXTM3U") {
            return None;
        }
        let duration_s: f64 = segments.iter().map(|segment| segment.0).sum();
        let all: u64 = segments.iter().map(|segment| segment.1).sum();
        let longest = segments.iter().map(|segment| segment.0).fold(0.0, f64::max);
        let rate = |(seconds, bytes): &(f64, u64)| (*bytes as f64 * 8.0 / seconds).ceil() as u64;
        if !(duration_s.is_finite() && duration_s > 0.0) {
            return None;
        }
        let average = rate(&(duration_s, all));
        // The peak is that of pieces of at least half a segment (RFC 8216, 4.1): a short rest at the end says nothing.
        let peak = segments.iter().filter(|segment| segment.0 >= longest / 2.0).map(rate).max()?;
        Some(Playlist { duration_s, average, peak: peak.max(average) })
    }
}

/// A rendition to list.
#[derive(Debug)]
pub struct Variant {
    /// A relative name.
    pub uri: String,
    pub playlist: Playlist,
    pub codecs: String,
    /// Width, height and frames a second; `None` for sound alone.
    pub picture: Option<(i32, i32, f64)>,
}

/// The text of `master.m3u8`, in this order: players begin with the first.
pub fn text(variants: &[Variant]) -> String {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    for Variant { uri, playlist, codecs, picture } in variants {
        let picture = picture.map_or(String::new(), |(width, height, rate)| {
            format!(",RESOLUTION={width}x{height},FRAME-RATE={rate:.3}")
        });
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{codecs}\"{picture},CLOSED-CAPTIONS=NONE\n{uri}",
            playlist.peak, playlist.average
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXT-X-MAP:URI=\"360p.mp4\",BYTERANGE=\"1281@0\"\n#EXTINF:6.000000,\n#EXT-X-BYTERANGE:60000@1281\n360p.mp4\n\
        #EXTINF:6.000000,\n#EXT-X-BYTERANGE:30000@61281\n360p.mp4\n#EXTINF:0.100000,\n#EXT-X-BYTERANGE:30000@91281\n\
        360p.mp4\n#EXT-X-ENDLIST\n";

    #[test]
    fn figures_come_from_the_segments() {
        let playlist = Playlist::of(GOOD, "360p.mp4").unwrap();
        assert!((playlist.duration_s - 12.1).abs() < 1e-9);
        assert_eq!((playlist.peak, playlist.average), (80_000, 79_339));
    }

    #[test]
    fn a_playlist_that_names_something_else_is_none() {
        for (from, to) in [
            ("URI=\"360p.mp4\"", "URI=\"/srv/360p.mp4\""),
            ("61281\n360p.mp4", "61281\nfile:///etc/passwd"),
            ("#EXT-X-ENDLIST", ""),
            ("#EXT-X-BYTERANGE:30000@61281\n", ""),
        ] {
            assert_eq!(Playlist::of(&GOOD.replace(from, to), "360p.mp4"), None, "{to}");
        }
    }

    #[test]
    fn the_master_lists_pictures_and_sound() {
        let playlist = || Playlist { duration_s: 6.0, average: 5, peak: 9 };
        let text = text(&[
            Variant {
                uri: "360p.m3u8".into(),
                playlist: playlist(),
                codecs: "avc1.4D401E,mp4a.40.2".into(),
                picture: Some((640, 360, 29.97)),
            },
            Variant {
                uri: "audio.m3u8".into(),
                playlist: playlist(),
                codecs: "mp4a.40.2".into(),
                picture: None,
            },
        ]);
        assert!(text.contains(
            "#EXT-X-STREAM-INF:BANDWIDTH=9,AVERAGE-BANDWIDTH=5,CODECS=\"avc1.4D401E,mp4a.40.2\",RESOLUTION=640x360,\
             FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE\n360p.m3u8\n"
        ));
        assert!(text.ends_with("CODECS=\"mp4a.40.2\",CLOSED-CAPTIONS=NONE\naudio.m3u8\n"));
    }
}
