//! Text for reading: Markdown to HTML, and how numbers of time are written.
use crate::lang::Lang;
use pulldown_cmark::{Event, Options, Parser, TagEnd, html};

/// `markdown` as HTML. Raw HTML in it is shown as the text it is.
pub fn markdown(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut out = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut out, events);
    // Tables scroll inside their own frame on a narrow phone; the page does not.
    out.replace("<table>", "<div class=\"table-frame\" tabindex=\"0\" role=\"group\"><table class=\"table\">")
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">")
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
    fn plain_text_has_the_words_and_no_signs_of_markdown() {
        assert_eq!(
            plain("# 记录\n\n先写 **时间**，\n再写[地点](/x)。\n\n| 项 | 值 |\n|---|---|\n| 人 | 3 |"),
            "记录\n先写 时间，\n再写地点。\n项\n值\n人\n3"
        );
    }

    #[test]
    fn raw_html_in_markdown_is_text() {
        let html = markdown("**要点** <script>alert(1)</script>\n\n<b>x</b>");
        assert!(
            html.contains("<strong>要点</strong>") && !html.contains("<script>") && !html.contains("<b>"),
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
