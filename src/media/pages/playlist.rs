//! Playlists whose media are in an S3 store: the names of media in them become presigned addresses. Names of other playlists
//! stay, so those come from the portal again. Kept ready for a minute, since every viewer of a lecture asks for the same.
use crate::media::Kind;
use crate::web::squeeze::gzip;
use actix_web::web::Bytes;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a playlist is kept ready: as long as browsers may keep it.
const READY: Duration = Duration::from_secs(60);
/// What all kept playlists may take, in bytes.
const ROOM: u64 = 16 * 1024 * 1024;

/// A playlist as it is sent. An hour names the same long address six hundred times: gzip makes it a fiftieth.
pub struct Playlist {
    made: Instant,
    pub plain: Bytes,
    pub gzipped: Bytes,
}

#[derive(Clone)]
struct ByBytes;
impl Weighter<String, Arc<Playlist>> for ByBytes {
    fn weight(&self, key: &String, list: &Arc<Playlist>) -> u64 {
        (key.len() + list.plain.len() + list.gzipped.len() + 200) as u64
    }
}

/// The playlists that are kept ready.
pub struct Ready(Cache<String, Arc<Playlist>, ByBytes>);

impl Default for Ready {
    fn default() -> Ready {
        Ready(Cache::with_weighter(200, ROOM, ByBytes))
    }
}

impl Ready {
    pub fn find(&self, name: &str) -> Option<Arc<Playlist>> {
        self.0.get(name).filter(|list| list.made.elapsed() < READY)
    }
    pub fn keep(&self, name: String, text: String) -> std::io::Result<Arc<Playlist>> {
        let plain = Bytes::from(text);
        let list = Arc::new(Playlist { made: Instant::now(), gzipped: gzip(&plain, 6)?, plain });
        self.0.insert(name, list.clone());
        Ok(list)
    }
}

/// What a line names: the line itself, or its attribute `URI="…"`, with what stands before and after.
fn named(line: &str) -> Option<(&str, &str, &str)> {
    if !line.starts_with('#') {
        return Some(("", line.trim_end(), ""));
    }
    let start = line.find("URI=\"")? + 5;
    let length = line[start..].find('"')?;
    Some((&line[..start], &line[start..start + length], &line[start + length..]))
}

fn is_media(name: &str) -> bool {
    Kind::of(name).is_some_and(|kind| kind != Kind::Playlist)
}

/// The files that a playlist plays.
pub(super) fn files(text: &str) -> BTreeSet<&str> {
    text.lines().filter_map(named).map(|(_, name, _)| name).filter(|name| is_media(name)).collect()
}

/// The playlist with these addresses in the place of names.
pub(super) fn with_addresses(text: &str, addresses: &BTreeMap<&str, String>) -> String {
    let mut made = String::with_capacity(text.len() * 4);
    for line in text.lines() {
        match named(line).and_then(|(before, name, after)| Some((before, addresses.get(name)?, after))) {
            Some((before, address, after)) => {
                made.push_str(before);
                made.push_str(address);
                made.push_str(after);
            }
            None => made.push_str(line),
        }
        made.push('\n');
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_media_become_addresses_and_nothing_else_changes() {
        let text = "#EXTM3U\n#EXT-X-MAP:URI=\"720p.mp4\",BYTERANGE=\"800@0\"\n#EXTINF:6.0,\n\
                    #EXT-X-BYTERANGE:100@800\n720p.mp4\r\n../x/original\n360p.m3u8\n#EXT-X-KEY:URI=\"original\"\n";
        assert_eq!(files(text).into_iter().collect::<Vec<_>>(), ["720p.mp4"]);
        let addresses = BTreeMap::from([("720p.mp4", "https://s3/720p.mp4?a=1&b=2".to_owned())]);
        assert_eq!(
            with_addresses(text, &addresses),
            "#EXTM3U\n#EXT-X-MAP:URI=\"https://s3/720p.mp4?a=1&b=2\",BYTERANGE=\"800@0\"\n#EXTINF:6.0,\n\
             #EXT-X-BYTERANGE:100@800\nhttps://s3/720p.mp4?a=1&b=2\n../x/original\n360p.m3u8\n#EXT-X-KEY:URI=\"original\"\n"
        );
    }

    #[test]
    fn a_long_playlist_is_small_on_its_way() {
        let address = format!("https://s3/720p.mp4?{}", "x1y2z3".repeat(80));
        let text: String =
            (0..600).map(|n| format!("#EXTINF:6.0,\n#EXT-X-BYTERANGE:{n}\n{address}\n")).collect();
        let list = Ready::default().keep("a".into(), text).unwrap();
        assert!(list.plain.len() > 300_000 && list.gzipped.len() < 10_000, "{}", list.gzipped.len());
    }
}
