//! The texts and recordings of the city, as they stand in this folder.
use crate::error::{Error, Result};
use serde::Deserialize;
use std::path::Path;

pub struct Content {
    pub city: City,
    pub lectures: Lectures,
    pub media: Vec<Media>,
    pub booklets: Vec<Booklet>,
    pub courses: Vec<Course>,
    pub questions: Vec<BankQuestion>,
}

#[derive(Deserialize)]
pub struct City {
    pub city: String,
    pub surnames: Vec<String>,
    pub given: Vec<String>,
    pub towns: Vec<String>,
    pub villages: Vec<String>,
    pub departments: Vec<String>,
    pub companies: Vec<String>,
    pub societies: Vec<String>,
    pub alliances: Vec<Alliance>,
    pub school_places: Vec<String>,
    pub gold: Vec<Gold>,
    pub units: Vec<String>,
    pub instructor_intros: Vec<String>,
    pub bases: Vec<Base>,
    pub stories: Vec<Story>,
    pub feedback: Vec<Feedback>,
}

#[derive(Deserialize)]
pub struct Alliance {
    pub name: String,
    pub kind: String,
    pub intro: String,
}

#[derive(Deserialize)]
pub struct Gold {
    pub name: String,
    pub unit: String,
    pub topic: String,
    pub intro: String,
}

#[derive(Deserialize)]
pub struct Base {
    pub slug: String,
    pub kind: String,
    pub name: String,
    pub theme: String,
    pub intro: String,
    pub body: String,
    pub district: String,
    pub capacity: i32,
    pub hours: String,
    pub route: String,
    pub access: String,
    pub cover: String,
}

#[derive(Deserialize)]
pub struct Story {
    pub slug: String,
    pub name: String,
    pub field: String,
    pub role: String,
    pub title: String,
    pub lead: String,
    pub body: String,
    pub cover: String,
}

#[derive(Deserialize)]
pub struct Feedback {
    pub kind: String,
    pub text: String,
}

#[derive(Deserialize)]
pub struct Lectures {
    pub topics: Vec<Topic>,
}

#[derive(Deserialize)]
pub struct Topic {
    pub slug: String,
    pub name: String,
    pub name_en: String,
    pub intro: String,
    pub covers: Vec<String>,
    pub subjects: Vec<String>,
    pub patterns: Vec<Pattern>,
    pub questions: Vec<Question>,
    pub handouts: Vec<Handout>,
}

#[derive(Deserialize)]
pub struct Pattern {
    pub title: String,
    pub summary: String,
}

#[derive(Deserialize)]
pub struct Question {
    pub q: String,
    pub a: String,
}

#[derive(Deserialize)]
pub struct Handout {
    pub title: String,
    pub body: String,
}

/// A course, with those who are to be in it.
#[derive(Deserialize)]
pub struct Course {
    pub slug: String,
    pub title: String,
    pub summary: String,
    pub text: String,
    pub topic: String,
    pub cover: String,
    pub mode: String,
    pub quarters: i32,
    pub visibility: String,
    pub state: String,
    /// Days from now.
    pub due: Option<i64>,
    pub author: String,
    pub requires: Option<String>,
    pub reason: Option<String>,
    #[serde(default)]
    pub changing: bool,
    pub enrol: Option<Enrol>,
    pub steps: Vec<Step>,
}

/// The terms of a course, and how many come.
#[derive(Deserialize)]
pub struct Enrol {
    pub mode: String,
    pub code: Option<String>,
    pub capacity: Option<i32>,
    pub count: usize,
    pub approve: Option<usize>,
    pub decline: Option<usize>,
    pub finish: Option<usize>,
    /// Seats reserved for one committee.
    pub quota: Option<i32>,
    /// Days from now.
    pub opens: Option<i64>,
    pub withdraw: Option<i64>,
    #[serde(default)]
    pub audience: Vec<String>,
}

#[derive(Deserialize)]
pub struct Step {
    pub unit: Option<String>,
    pub kind: String,
    pub title: Option<String>,
    pub topic: Option<String>,
    /// Which of the lectures of the topic.
    #[serde(default)]
    pub n: i64,
    pub share: Option<i32>,
    pub booklet: Option<String>,
    pub chapter: Option<i32>,
    pub opens: Option<String>,
    pub required: Option<bool>,
    pub base: Option<String>,
    pub school: Option<i64>,
    /// Days from now.
    #[serde(default)]
    pub dates: Vec<i64>,
    pub seats: Option<i32>,
}

/// A question of a self-test.
#[derive(Deserialize)]
pub struct BankQuestion {
    pub kind: String,
    pub chapter: i32,
    pub stem: String,
    pub choices: Vec<String>,
    pub right: Vec<i32>,
    pub why: String,
}

/// A recording with its captions and chapters; `media/make` made them together.
#[derive(Deserialize)]
pub struct Media {
    pub key: String,
    pub topic: String,
    pub title: String,
    pub summary: String,
    pub duration_ms: i32,
    pub width: i32,
    pub height: i32,
    pub cues: Vec<Cue>,
    pub chapters: Vec<Chapter>,
}

#[derive(Deserialize)]
pub struct Cue {
    pub start_ms: i32,
    pub end_ms: i32,
    pub text: String,
}

#[derive(Deserialize)]
pub struct Chapter {
    pub start_ms: i32,
    pub title: String,
}

pub struct Booklet {
    pub slug: String,
    pub title: String,
    pub kind: String,
    pub cover: String,
    pub style: i32,
    pub visibility: String,
    pub intro: String,
    /// Titles and Markdown.
    pub chapters: Vec<(String, String)>,
}

/// One recording: its description, its video, its sound.
type Recording = (&'static str, &'static [u8], &'static [u8]);

macro_rules! recordings {
    ($($key:literal),* $(,)?) => { [$((
        include_str!(concat!("media/", $key, ".json")),
        include_bytes!(concat!("media/", $key, ".mp4")).as_slice(),
        include_bytes!(concat!("media/", $key, ".m4a")).as_slice(),
    )),*] };
}

const RECORDINGS: [Recording; 10] = recordings![
    "irrigation-1",
    "rescue-1",
    "practice-1",
    "rural-1",
    "governance-1",
    "habitat-1",
    "community-1",
    "digital-1",
    "irrigation-2",
    "practice-2",
];

const BOOKLETS: [&str; 6] = [
    include_str!("booklets/fifty-questions.md"),
    include_str!("booklets/record-handbook.md"),
    include_str!("booklets/base-guide.md"),
    include_str!("booklets/flood-and-mountain.md"),
    include_str!("booklets/phone-for-elders.md"),
    include_str!("booklets/courtyard-talks.md"),
];

impl Media {
    /// Its folder in the media store: the same in every city.
    pub fn folder(&self) -> String {
        crate::ids::digest(&self.key)[..32].to_owned()
    }
}

impl Content {
    pub fn read() -> Result<Content> {
        let parse = |text| serde_json::from_str::<Media>(text).map_err(Error::internal);
        Ok(Content {
            city: serde_json::from_str(include_str!("content/city.json")).map_err(Error::internal)?,
            lectures: serde_json::from_str(include_str!("content/lectures.json")).map_err(Error::internal)?,
            media: RECORDINGS.iter().map(|(text, _, _)| parse(text)).collect::<Result<_>>()?,
            booklets: BOOKLETS
                .iter()
                .map(|text| booklet(text))
                .collect::<Option<_>>()
                .ok_or_else(|| Error::Internal("a booklet cannot be read".into()))?,
            courses: serde_json::from_str(include_str!("content/courses.json")).map_err(Error::internal)?,
            questions: serde_json::from_str(include_str!("content/questions.json"))
                .map_err(Error::internal)?,
        })
    }
}

/// Reads a booklet: a head of `name: value` lines between `---`, then chapters that begin with `## `.
fn booklet(text: &str) -> Option<Booklet> {
    let (head, body) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    let field = |name: &str| {
        head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned()))
    };
    let chapters = format!("\n{body}")
        .split("\n## ")
        .skip(1)
        .map(|chapter| {
            chapter.split_once('\n').map(|(title, text)| (title.trim().to_owned(), text.trim().to_owned()))
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Booklet {
        slug: field("slug")?,
        title: field("title")?,
        kind: field("kind")?,
        cover: field("cover")?.split('|').map(str::trim).collect::<Vec<_>>().join("\n"),
        style: field("style")?.split_whitespace().next()?.parse().ok()?,
        visibility: field("visibility")?.split_whitespace().next()?.to_owned(),
        intro: field("intro")?,
        chapters,
    })
}

/// The name of a hand-out's file.
pub fn handout_file(topic: &str, position: usize) -> String {
    format!("handout-{topic}-{position}.txt")
}

/// The picture of a booklet, and the folder that it is in.
pub const PICTURE: &[u8] = include_bytes!("../../static/help/account.zh.jpg");

pub fn picture_folder() -> String {
    crate::ids::digest("demo-picture")[..32].to_owned()
}

/// Writes recordings, hand-outs and a picture into the media folder.
pub fn write_files(folder: &Path, content: &Content) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let own = folder.join(picture_folder());
    std::fs::create_dir_all(&own)?;
    std::fs::write(own.join("file.jpg"), PICTURE)?;
    for (media, (_, video, sound)) in content.media.iter().zip(RECORDINGS) {
        let own = folder.join(media.folder());
        std::fs::create_dir_all(&own)?;
        std::fs::write(own.join("video.mp4"), video)?;
        std::fs::write(own.join("audio.m4a"), sound)?;
    }
    for topic in &content.lectures.topics {
        for (position, handout) in topic.handouts.iter().enumerate() {
            // The mark at the front tells old text editors that this is UTF-8.
            let text = format!("\u{FEFF}{}\n\n{}\n", handout.title, handout.body).replace('\n', "\r\n");
            std::fs::write(folder.join(handout_file(&topic.slug, position)), text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_is_what_the_city_needs() {
        let content = Content::read().unwrap();
        let city = &content.city;
        assert_eq!((city.alliances.len(), city.gold.len(), city.stories.len()), (47, 10, 15));
        assert_eq!(city.bases.iter().filter(|base| base.kind == "base").count(), 13);
        assert_eq!(city.bases.iter().filter(|base| base.kind == "platform").count(), 3);
        assert_eq!(
            content.booklets.iter().map(|booklet| booklet.chapters.len()).collect::<Vec<_>>(),
            [50, 7, 13, 8, 9, 8]
        );
        let bases: Vec<_> =
            city.bases.iter().filter(|base| base.kind == "base").map(|base| base.name.as_str()).collect();
        for (title, _) in &content.booklets[2].chapters {
            assert!(bases.iter().any(|base| title.contains(base)), "no base is called {title}");
        }
        let covers: Vec<_> = crate::assets::covers().collect();
        for cover in content.lectures.topics.iter().flat_map(|topic| &topic.covers) {
            assert!(covers.contains(&cover.as_str()), "{cover}");
        }
    }

    #[test]
    fn captions_and_chapters_lie_within_their_recording() {
        for media in Content::read().unwrap().media {
            let mut last = 0;
            for cue in &media.cues {
                assert!(
                    last <= cue.start_ms && cue.start_ms < cue.end_ms && cue.end_ms <= media.duration_ms,
                    "{} {}",
                    media.key,
                    cue.text
                );
                last = cue.end_ms;
            }
            assert!(media.chapters.len() >= 2 && media.chapters[0].start_ms == 0, "{}", media.key);
            assert!(
                media.chapters.windows(2).all(|pair| pair[0].start_ms < pair[1].start_ms),
                "{}",
                media.key
            );
        }
    }
}
