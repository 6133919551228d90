//! Feeds in Atom (RFC 4287): pure, from what is to be told to the text.
use crate::clock::Timestamp;
use crate::web::text::escape;

/// Something to be told.
#[derive(Debug, Clone)]
pub struct Entry {
    /// A whole address, which is also its name for ever.
    pub link: String,
    pub title: String,
    pub summary: String,
    pub at: Timestamp,
    pub authors: Vec<String>,
    /// Address and type of what belongs to it.
    pub enclosures: Vec<(String, &'static str)>,
}

/// A feed under its own address; `page` is where people read the same.
#[derive(Debug, Clone)]
pub struct Feed {
    pub title: String,
    pub own: String,
    pub page: String,
    pub author: String,
    /// The newest first.
    pub entries: Vec<Entry>,
    /// When there is no entry.
    pub made: Timestamp,
}

/// A date as RFC 3339 has it, which Atom asks for.
fn date(at: Timestamp) -> String {
    at.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Text without what XML cannot hold.
fn plain(text: &str) -> String {
    let fit: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    escape(&fit)
}

/// The feed as text.
pub fn write(feed: &Feed) -> String {
    let updated = feed.entries.iter().map(|entry| entry.at).max().unwrap_or(feed.made);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"zh-CN\">\n\
         <id>{own}</id>\n<title>{title}</title>\n<updated>{updated}</updated>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{own}\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"{page}\"/>\n\
         <author><name>{author}</name></author>\n",
        own = plain(&feed.own),
        title = plain(&feed.title),
        updated = date(updated),
        page = plain(&feed.page),
        author = plain(&feed.author),
    );
    for entry in &feed.entries {
        let at = date(entry.at);
        let link = plain(&entry.link);
        out += &format!(
            "<entry>\n<id>{link}</id>\n<title>{}</title>\n<published>{at}</published>\n<updated>{at}</updated>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>\n",
            plain(&entry.title)
        );
        for (address, kind) in &entry.enclosures {
            out += &format!("<link rel=\"enclosure\" type=\"{kind}\" href=\"{}\"/>\n", plain(address));
        }
        for author in &entry.authors {
            out += &format!("<author><name>{}</name></author>\n", plain(author));
        }
        out += &format!("<summary>{}</summary>\n</entry>\n", plain(&entry.summary));
    }
    out + "</feed>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_escaped_and_the_feed_is_as_new_as_its_newest() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let entry = Entry {
            link: "https://dx.example/lectures/1".into(),
            title: "A & B <c>\u{0}".into(),
            summary: String::new(),
            at: at("2026-10-21T01:02:03.5"),
            authors: vec!["刘\"x\"".into()],
            enclosures: vec![("https://dx.example/lectures/1/video.mp4".into(), "video/mp4")],
        };
        let feed = Feed {
            title: "课".into(),
            own: "https://dx.example/feeds/lectures.atom".into(),
            page: "https://dx.example/lectures".into(),
            author: "某市".into(),
            entries: vec![entry],
            made: at("2020-01-01T00:00:00"),
        };
        let text = write(&feed);
        assert!(text.contains("<title>A &amp; B &lt;c&gt;</title>"));
        assert!(text.contains("</title>\n<updated>2026-10-21T01:02:03Z</updated>"), "{text}");
        assert!(text.contains("<name>刘&quot;x&quot;</name>"));
        assert!(text.contains("rel=\"enclosure\" type=\"video/mp4\""));
        assert!(write(&Feed { entries: vec![], ..feed }).contains("<updated>2020-01-01T00:00:00Z</updated>"));
    }
}
