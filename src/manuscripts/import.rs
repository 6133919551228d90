//! Texts from elsewhere, divided into chapters: Markdown here, word processors' files in `docx`.
use super::{LONGEST, MOST_CHAPTERS};
use crate::captions;
use crate::lang::Message;
use crate::msg;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 20 * 1024 * 1024;

/// The longest text of all chapters together, in bytes: it comes back in one form.
const LONGEST_TEXT: usize = 7 * 1024 * 1024;

/// What was found in a file.
#[derive(Debug, Default)]
pub struct Found {
    /// Title and Markdown. Pictures are named `picture:N` until they have a number of their own.
    pub chapters: Vec<(String, String)>,
    /// Name and bytes, by N from 0.
    pub pictures: Vec<(String, Vec<u8>)>,
    /// What was left out, in sentences.
    pub left_out: Vec<Message>,
}

/// The chapters of a file: DOCX, or Markdown in any usual encoding.
///
/// # Errors
/// Why it cannot be read, in a sentence.
pub fn read(bytes: &[u8]) -> Result<Found, Message> {
    if bytes.len() > LARGEST {
        return Err(msg!("文件太大，最多 {} MB。", LARGEST / 1024 / 1024));
    }
    let found = if bytes.starts_with(b"PK") {
        super::docx::read(bytes)?
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(msg!("这是旧的 DOC 格式。请在 Word 或 WPS 里另存为 DOCX 再传。"));
    } else {
        let text = captions::decode(bytes).ok_or_else(unreadable)?;
        if text.contains('\0') {
            return Err(unreadable());
        }
        markdown(&text)
    };
    let length: usize = found.chapters.iter().map(|(title, body)| title.len() + body.len()).sum();
    match found.chapters.len() {
        _ if length > LONGEST_TEXT => Err(msg!("文件太复杂，没有读。请分成几个文件再导入。")),
        0 => Err(msg!("文件里没有内容。")),
        n if n > MOST_CHAPTERS => {
            Err(msg!("分出了 {} 章，太多了，最多 {} 章。请检查标题的级别。", n, MOST_CHAPTERS))
        }
        _ => match found.chapters.iter().find(|(_, body)| body.chars().count() > LONGEST) {
            Some((title, _)) => {
                Err(msg!("《{}》一章超过 {} 字。请在文件里用标题把它分成几章。", title, LONGEST))
            }
            None => Ok(found),
        },
    }
}

pub(super) fn unreadable() -> Message {
    msg!("读不出这个文件。请用 DOCX（Word 或 WPS 保存的）或 Markdown 文本。")
}

/// A heading of the text: its level, its words, and the bytes where it and what follows it begin.
struct Mark {
    level: HeadingLevel,
    title: String,
    from: usize,
    to: usize,
}

/// Chapters begin at the first-level headings; if there is only one of them, it is the title, and they begin at the second
/// level. A `#` in a block of code is none.
pub(super) fn markdown(text: &str) -> Found {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let marks = headings(&text);
    let of = |level| marks.iter().filter(|mark| mark.level == level).count();
    let (first, second) = (of(HeadingLevel::H1), of(HeadingLevel::H2));
    let (level, title) = match (first, second) {
        (1, 1..) => (HeadingLevel::H2, marks.iter().find(|mark| mark.level == HeadingLevel::H1)),
        (0, 1..) => (HeadingLevel::H2, None),
        _ => (HeadingLevel::H1, None),
    };
    let starts: Vec<&Mark> = marks.iter().filter(|mark| mark.level == level).collect();
    let mut found = Found::default();
    // What stands before the first chapter, without the title of the whole.
    let end = starts.first().map_or(text.len(), |mark| mark.from);
    let before = match title.filter(|mark| mark.to <= end) {
        Some(mark) => format!("{}{}", &text[..mark.from], &text[mark.to..end]),
        None => text[..end].to_owned(),
    };
    let before = before.trim();
    if !before.is_empty() {
        found.chapters.push(("前言".to_owned(), before.to_owned()));
    }
    for (place, mark) in starts.iter().enumerate() {
        let end = starts.get(place + 1).map_or(text.len(), |next| next.from);
        found.chapters.push((mark.title.clone(), text[mark.to..end].trim().to_owned()));
    }
    // A title alone, without anything below it, is a chapter without a text.
    for (title, _) in &mut found.chapters {
        let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
        *title = match words.chars().take(80).collect::<String>() {
            words if words.is_empty() => "（没有标题）".to_owned(),
            words => words,
        };
    }
    found.left_out = pictures_elsewhere(&text);
    if let Some(mark) = title {
        let words = mark.title.clone();
        found.left_out.push(msg!("总标题“{}”没有当成一章；要用的话，填在读本信息里。", words));
    }
    found
}

/// The headings that stand by themselves, not in lists or quotations.
fn headings(text: &str) -> Vec<Mark> {
    let (mut marks, mut depth, mut open): (Vec<Mark>, i32, Option<Mark>) = (vec![], 0, None);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                open = Some(Mark { level, title: String::new(), from: range.start, to: range.end });
            }
            Event::End(TagEnd::Heading(_)) => marks.extend(open.take()),
            Event::Start(Tag::BlockQuote(_) | Tag::List(_)) => depth += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_)) => depth -= 1,
            Event::Text(words) | Event::Code(words) | Event::InlineHtml(words) => {
                if let Some(mark) = &mut open {
                    mark.title.push_str(&words);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some(mark) = &mut open {
                    mark.title.push(' ');
                }
            }
            _ => {}
        }
    }
    marks
}

/// Pictures that the text only names do not come with it.
fn pictures_elsewhere(text: &str) -> Vec<Message> {
    let count = Parser::new_ext(text, Options::ENABLE_TABLES)
        .filter(|event| matches!(event, Event::Start(Tag::Image { dest_url, .. }) if !dest_url.starts_with("picture:")))
        .count();
    match count {
        0 => vec![],
        n => {
            vec![msg!("文字里引用了 {} 张图片，图片本身不在文件里。导入后请另外上传，再改成附件的写法。", n)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Vec<(String, String)> {
        markdown(text).chapters
    }

    #[test]
    fn chapters_begin_at_the_highest_headings_that_there_are_several_of() {
        let two = titles("# 一\n\n甲\n\n## 小节\n\n# 二\n乙\n");
        assert_eq!(two, [("一".into(), "甲\n\n## 小节".into()), ("二".into(), "乙".into())]);
        let one = markdown("# 全书\n\n开头的话\n\n## 一\n甲\n\n## 二\n\n乙\n");
        assert!(one.left_out[0].to_string().contains("全书"));
        assert_eq!(
            one.chapters,
            [
                ("前言".to_owned(), "开头的话".to_owned()),
                ("一".into(), "甲".into()),
                ("二".into(), "乙".into())
            ]
        );
        assert_eq!(titles("## 一\n甲\n## 二\n乙").len(), 2);
        assert_eq!(titles("# 只有一章\n甲\n"), [("只有一章".into(), "甲".into())]);
        assert_eq!(titles("没有标题的文字"), [("前言".into(), "没有标题的文字".into())]);
        assert_eq!(titles("一\n===\n\n甲\n\n二\n===\n\n乙").len(), 2, "underlined headings are headings");
    }

    #[test]
    fn what_only_looks_like_a_heading_is_none() {
        let text = "# 一\n\n```\n# 注释\n```\n\n> # 引文\n\n- # 列表\n\n# 二\n";
        let found = titles(text);
        assert_eq!(found.len(), 2);
        assert!(found[0].1.contains("# 注释") && found[0].1.contains("> # 引文"), "{found:?}");
        assert_eq!(titles("#\n\n甲")[0].0, "（没有标题）");
        assert_eq!(titles("# **粗** `码`\n甲")[0].0, "粗 码");
    }

    #[test]
    fn files_are_read_in_their_encoding_and_others_are_refused() {
        let gb = encoding_rs::GB18030.encode("# 一\n甲\n# 二\n乙").0.into_owned();
        assert_eq!(read(&gb).unwrap().chapters[1], ("二".into(), "乙".into()));
        assert_eq!(read("![图](a.png)".as_bytes()).unwrap().left_out.len(), 1);
        for bytes in [b"".as_slice(), b"PK\x03\x04 no", b"\xd0\xcf\x11\xe0 old", b"\0\0\0\0binary\0"] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        let many = "# a\n".repeat(MOST_CHAPTERS + 1);
        assert!(read(many.as_bytes()).is_err());
        assert!(read("长".repeat(LONGEST + 1).as_bytes()).is_err());
        let much = format!("# 章\n{}\n", "长".repeat(50_000));
        assert!(read(much.repeat(10).as_bytes()).is_ok() && read(much.repeat(60).as_bytes()).is_err());
    }
}
