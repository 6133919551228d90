//! Text for reading: Markdown to HTML that does nothing but stand there, and how numbers of time are written.
use crate::lang::Lang;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Where a file is that a text names as `attachment:12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub href: String,
    pub is_picture: bool,
}

/// Finds the files of a text by their numbers: its own, nobody else's.
pub type Attachments<'a> = &'a dyn Fn(i64) -> Option<Attached>;

/// `markdown` as HTML, for a text without files. Raw HTML in it is shown as the text it is; links lead to http, https,
/// mailto, tel and paths of the portal, and what looks like another link is plain text.
pub fn markdown(markdown: &str) -> String {
    render(markdown, &|_| None, true)
}

/// As [`markdown`](fn@markdown), for a text that stands under a heading of its page at the level before `level`: all its own
/// headings are of that level, so that none is above the page's.
pub fn markdown_below(markdown: &str, level: u8) -> String {
    let mut html = self::markdown(markdown);
    for own in (1..=6).filter(|own| *own != level) {
        html = html
            .replace(&format!("<h{own}>"), &format!("<h{level}>"))
            .replace(&format!("</h{own}>"), &format!("</h{level}>"));
    }
    html
}

/// As [`markdown`](fn@markdown), with the pictures and files that belong to the text: `![说明](attachment:12)`.
pub fn markdown_with(markdown: &str, attachments: Attachments) -> String {
    render(markdown, attachments, true)
}

/// As [`markdown_with`], for a book that is read away from the portal: its paths lead nowhere there and are plain text.
pub fn markdown_apart(markdown: &str, attachments: Attachments) -> String {
    render(markdown, attachments, false)
}

fn render(markdown: &str, attachments: Attachments, has_portal: bool) -> String {
    let mut events: Vec<Event> = vec![];
    // Links that are open, and whether each leads somewhere.
    let mut links: Vec<bool> = vec![];
    // A picture that is open: what it shows, what is said of it, and how deep the events are inside it.
    let mut picture: Option<(CowStr, String, usize)> = None;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        if let Some((shown, said, depth)) = &mut picture {
            match event {
                Event::Start(_) => *depth += 1,
                Event::End(_) if *depth > 0 => *depth -= 1,
                Event::End(_) => {
                    events.push(pictured(shown, said, attachments));
                    picture = None;
                }
                Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    said.push_str(&text);
                }
                Event::SoftBreak | Event::HardBreak => said.push(' '),
                _ => {}
            }
            continue;
        }
        match event {
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Start(Tag::Image { dest_url, .. }) => picture = Some((dest_url, String::new(), 0)),
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                // <someone@example.org> is written without its scheme.
                let is_email = link_type == pulldown_cmark::LinkType::Email;
                let target = match is_email {
                    true => Some(dest_url.to_string()),
                    false => target(&dest_url, attachments, has_portal),
                };
                links.push(target.is_some());
                if let Some(target) = target {
                    events.push(Event::Start(Tag::Link { link_type, dest_url: target.into(), title, id }));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    events.push(Event::End(TagEnd::Link));
                }
            }
            other => events.push(other),
        }
    }
    let mut out = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut out, events.into_iter());
    // Only tags that the writer made contain `<`. Tables scroll inside their own frame on a narrow phone; the page does not.
    // Columns are aligned by classes: the policy of pages knows no inline styles.
    let mut out = out
        .replace(
            "<table>",
            "<div class=\"table-frame\" tabindex=\"0\" role=\"group\"><table class=\"table\">",
        )
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">");
    if out.contains(" style=\"text-align: ") {
        for (side, class) in [("right", " class=\"n\""), ("left", ""), ("center", "")] {
            out = out
                .replace(&format!("<th style=\"text-align: {side}\">"), &format!("<th scope=\"col\"{class}>"))
                .replace(&format!("<td style=\"text-align: {side}\">"), &format!("<td{class}>"));
        }
    }
    out
}

/// A picture of the text's own, a link where the file is no picture, and else what is said of it.
fn pictured<'a>(shown: &str, said: &str, attachments: Attachments) -> Event<'a> {
    let said = said.trim();
    match attachment(shown).and_then(attachments) {
        Some(file) if file.is_picture => Event::InlineHtml(
            format!("<img src=\"{}\" alt=\"{}\" decoding=\"async\" />", escape(&file.href), escape(said))
                .into(),
        ),
        Some(file) => {
            Event::InlineHtml(format!("<a href=\"{}\">{}</a>", escape(&file.href), escape(said)).into())
        }
        None => Event::Text(said.to_owned().into()),
    }
}

/// The number of the file that a text names.
fn attachment(dest: &str) -> Option<i64> {
    let digits = dest.strip_prefix("attachment:")?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Where a link leads; `None` where it may not lead.
fn target(dest: &str, attachments: Attachments, has_portal: bool) -> Option<String> {
    // Browsers leave out tabs and line ends in the middle of an address, and take a backslash for a slash.
    if dest.is_empty() || dest.chars().any(|c| c.is_control() || c == '\\') {
        return None;
    }
    let scheme = dest.find([':', '/', '?', '#']).filter(|place| dest[*place..].starts_with(':'));
    match scheme.map(|end| dest[..end].to_ascii_lowercase()) {
        None if dest.starts_with("//") || !has_portal => None,
        None => Some(dest.to_owned()),
        Some(scheme) => match scheme.as_str() {
            "http" | "https" if dest[scheme.len() + 1..].starts_with("//") => Some(dest.to_owned()),
            "mailto" | "tel" => Some(dest.to_owned()),
            "attachment" => attachment(dest).and_then(attachments).map(|file| file.href),
            _ => None,
        },
    }
}

/// Whether a character is written in Chinese only: a Han character, or a punctuation mark of its width.
fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}'
        | '\u{20000}'..='\u{323af}')
}

/// A sentence in English as HTML, in which what is Chinese, a name or a title, says that it is.
pub fn chinese_marked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_chinese) {
        let (before, from) = rest.split_at(start);
        let (chinese, after) = from.split_at(from.find(|c| !is_chinese(c)).unwrap_or(from.len()));
        out.push_str(&escape(before));
        out.push_str(&format!("<span lang=\"zh-CN\">{}</span>", escape(chinese)));
        rest = after;
    }
    out.push_str(&escape(rest));
    out
}

/// Text for HTML and XML, also between quotation marks.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
    out
}

/// The numbers of the files that a text names, each once.
pub fn attachments_in(markdown: &str) -> Vec<i64> {
    let mut found: Vec<i64> = Parser::new_ext(markdown, Options::ENABLE_TABLES)
        .filter_map(|event| match event {
            Event::Start(Tag::Image { dest_url, .. } | Tag::Link { dest_url, .. }) => attachment(&dest_url),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The words of `markdown` alone, a line a block: what is searched and shown in excerpts.
pub fn plain(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                out.push_str(&text);
            }
            Event::End(TagEnd::Strong | TagEnd::Emphasis | TagEnd::Link | TagEnd::Image) => {}
            Event::SoftBreak | Event::HardBreak | Event::End(_) if !out.ends_with('\n') => out.push('\n'),
            _ => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Milliseconds as on a player: `4:05`, `1:02:09`.
pub fn clock(ms: i32) -> String {
    let seconds = ms / 1_000;
    match seconds / 3_600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Milliseconds in words.
pub fn length(lang: Lang, ms: i32) -> String {
    let (minutes, seconds) = (ms / 60_000, ms / 1_000 % 60);
    match (lang, minutes, seconds) {
        (Lang::Zh, 0, s) => format!("{s} 秒"),
        (Lang::Zh, m, 0) => format!("{m} 分钟"),
        (Lang::Zh, m, s) => format!("{m} 分 {s} 秒"),
        (Lang::En, 0, s) => format!("{s} s"),
        (Lang::En, m, 0) => format!("{m} min"),
        (Lang::En, m, s) => format!("{m} min {s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chinese_in_an_english_sentence_is_marked() {
        assert_eq!(
            chinese_marked("First do “堰<1>” & go, 10 May"),
            "First do “<span lang=\"zh-CN\">堰</span>&lt;1&gt;” &amp; go, 10 May"
        );
        assert_eq!(chinese_marked("渠首：看"), "<span lang=\"zh-CN\">渠首：看</span>");
    }

    #[test]
    fn plain_text_has_the_words_and_no_signs_of_markdown() {
        assert_eq!(
            plain("# 记录\n\n先写 **时间**，\n再写[地点](/x)。\n\n| 项 | 值 |\n|---|---|\n| 人 | 3 |"),
            "记录\n先写 时间，\n再写地点。\n项\n值\n人\n3"
        );
    }

    #[test]
    fn headings_stand_below_the_heading_of_the_page() {
        let html = markdown_below("# 一\n\n## 二\n\n###### 三\n\n`<h1>`", 3);
        assert_eq!(html, "<h3>一</h3>\n<h3>二</h3>\n<h3>三</h3>\n<p><code>&lt;h1&gt;</code></p>\n");
    }

    #[test]
    fn raw_html_in_markdown_is_text() {
        let html = markdown("**要点** <script>alert(1)</script>\n\n<b>x</b>");
        assert!(
            html.contains("<strong>要点</strong>") && !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
    }

    fn own(id: i64) -> Option<Attached> {
        let file = |is_picture| Attached { href: format!("/attachments/{id}/a.png"), is_picture };
        match id {
            12 => Some(file(true)),
            13 => Some(file(false)),
            _ => None,
        }
    }

    #[test]
    fn pictures_are_the_texts_own_and_others_are_what_is_said_of_them() {
        let html = |text: &str| markdown_with(text, &own);
        assert_eq!(
            html("![\"水尺\" <b>](attachment:12)").trim(),
            "<p><img src=\"/attachments/12/a.png\" alt=\"&quot;水尺&quot; &lt;b&gt;\" decoding=\"async\" /></p>"
        );
        assert_eq!(html("[表](attachment:13)").trim(), "<p><a href=\"/attachments/13/a.png\">表</a></p>");
        assert_eq!(html("![表](attachment:13)").trim(), "<p><a href=\"/attachments/13/a.png\">表</a></p>");
        for text in [
            "![水尺](attachment:99)",
            "[水尺](attachment:99)",
            "![水尺](https://example.org/a.png)",
            "![水尺](/static/a.png)",
            "![水尺](attachment:+12)",
            "![水尺](attachment:12x)",
            "![水尺](data:image/png;base64,AAAA)",
        ] {
            assert_eq!(html(text).trim(), "<p>水尺</p>", "{text}");
        }
        assert_eq!(
            attachments_in("![a](attachment:12) [b](attachment:3)\n\n`attachment:4` ![](attachment:12)"),
            [3, 12]
        );
    }

    #[test]
    fn links_lead_where_they_may_and_away_from_the_portal_its_paths_do_not() {
        for dest in [
            "https://example.org/a?b=1&c",
            "HTTP://example.org",
            "mailto:a@example.org",
            "tel:028-1",
            "/help#a",
            "help",
            "?page=2",
        ] {
            assert!(markdown(&format!("[字]({dest})")).contains("<a href="), "{dest}");
        }
        assert!(markdown("<a@example.org>").contains("href=\"mailto:a@example.org\""));
        assert!(!markdown_apart("[字](/help) [字](help)", &own).contains("<a "));
        assert!(markdown_apart("[字](https://example.org)", &own).contains("<a "));
    }

    #[test]
    fn columns_are_aligned_without_inline_styles() {
        let html = markdown("| 甲 | 乙 | 丙 |\n|:-:|--:|:--|\n| a | 1 | c |\n");
        assert!(!html.contains("style="), "{html}");
        assert!(
            html.contains("<th scope=\"col\" class=\"n\">乙</th>") && html.contains("<td class=\"n\">1</td>"),
            "{html}"
        );
    }

    #[test]
    fn lengths_are_written_as_people_say_them() {
        assert_eq!(clock(245_900), "4:05");
        assert_eq!(clock(3_729_000), "1:02:09");
        assert_eq!(length(Lang::Zh, 320_000), "5 分 20 秒");
        assert_eq!(length(Lang::En, 45_100), "45 s");
    }
}
