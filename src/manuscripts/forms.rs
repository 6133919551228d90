//! What the forms of the desk and of reviewers send.
use super::{LONGEST, Verdict};
use crate::booklets::{About, Visibility};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{Errors, optional, text};
use crate::web::slug::Slug;
use serde::Deserialize;

/// What is said of a booklet.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct BookletForm {
    pub title: String,
    pub kind: String,
    pub intro: String,
    pub cover: String,
    pub style: String,
    pub visibility: String,
    /// Of a new one.
    pub slug: String,
    pub key: String,
    /// The revision of the booklet that the page showed.
    pub revision: String,
}

impl BookletForm {
    pub fn of(about: &About, revision: i32) -> BookletForm {
        BookletForm {
            title: about.title.clone(),
            kind: about.kind.clone(),
            intro: about.intro.clone(),
            cover: about.cover.clone(),
            style: about.style.to_string(),
            visibility: about.visibility.as_str().into(),
            revision: revision.to_string(),
            ..BookletForm::default()
        }
    }
    pub fn check(&self) -> Result<About, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", text(&one_line(&self.title), 40));
        let kind = errors.take("kind", optional(&one_line(&self.kind), 10));
        let intro = errors.take("intro", optional(&self.intro, 300));
        let cover = errors.take("cover", optional(&self.cover, 40).and_then(cover));
        let style = self.style.parse().ok().filter(|style| (1..=3).contains(style));
        let style = errors.take("style", style.ok_or_else(|| msg!("请选一种封面颜色")));
        let visibility =
            errors.take("visibility", Visibility::of(&self.visibility).ok_or_else(|| msg!("请选谁能看")));
        match (title, kind, intro, cover, style, visibility) {
            (Some(title), Some(kind), Some(intro), Some(cover), Some(style), Some(visibility)) => Ok(About {
                kind: if kind.is_empty() { "读本".to_owned() } else { kind },
                cover: if cover.is_empty() { drawn(&title) } else { cover },
                title,
                intro,
                style,
                visibility,
            }),
            _ => Err(errors),
        }
    }
    /// The name in addresses, if one was typed.
    pub fn check_slug(&self) -> Result<Option<Slug>, Message> {
        match self.slug.trim() {
            "" => Ok(None),
            typed => Slug::try_from(typed.to_owned())
                .map(Some)
                .map_err(|_| msg!("只用小写英文字母、数字和连字符，不超过 80 个")),
        }
    }
    /// The revision that the page showed; none at all for what is no number.
    pub fn revision(&self) -> i32 {
        number(&self.revision)
    }
}

/// A number of a hidden field; for anything else one that nothing has.
pub fn number(sent: &str) -> i32 {
    sent.parse().unwrap_or(-1)
}

fn one_line(sent: &str) -> String {
    sent.replace(['\r', '\n'], " ")
}

/// At most four short lines.
fn cover(lines: String) -> Result<String, Message> {
    let lines: Vec<&str> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.len() <= 4 && lines.iter().all(|line| line.chars().count() <= 8) {
        true => Ok(lines.join("\n")),
        false => Err(msg!("最多 4 行，每行不超过 8 个字")),
    }
}

/// The title in lines for a cover.
fn drawn(title: &str) -> String {
    let letters: Vec<char> = title.chars().take(12).collect();
    letters
        .chunks(4)
        .map(|line| line.iter().collect::<String>().trim().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A chapter as its author sends it.
#[derive(Default, Clone)]
pub struct ChapterForm {
    pub title: String,
    pub body: String,
    /// The revision that the author had before them.
    pub base: i32,
    /// A script asks for the preview alone.
    pub is_part: bool,
}

impl ChapterForm {
    pub fn of(pairs: &[(String, String)]) -> ChapterForm {
        let of = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone());
        ChapterForm {
            title: of("title").unwrap_or_default(),
            // As the browser sends line ends, and as the text is kept.
            body: of("body").unwrap_or_default().replace("\r\n", "\n"),
            base: of("base").map_or(-1, |base| number(&base)),
            is_part: of("part").is_some(),
        }
    }
    /// Title and text.
    pub fn check(&self) -> Result<(String, String), Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", title(&self.title));
        let body = errors.take("body", optional(&self.body, LONGEST));
        match (title, body) {
            (Some(title), Some(body)) => Ok((title, body)),
            _ => Err(errors),
        }
    }
}

/// The title of a chapter.
pub fn title(sent: &str) -> Result<String, Message> {
    text(&one_line(sent), 80)
}

/// A step on the desk: at which state of the booklet, and whatever goes with it.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct StepForm {
    pub revision: String,
    pub title: String,
    pub reason: String,
    pub direction: String,
    pub base: String,
    pub key: String,
}

/// A verdict.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct VerdictForm {
    pub round: String,
    pub digest: String,
    pub verdict: String,
    pub remark: String,
}

impl VerdictForm {
    pub fn check(&self) -> Result<(Verdict, String), Errors> {
        let mut errors = Errors::default();
        let verdict =
            errors.take("verdict", Verdict::of(&self.verdict).ok_or_else(|| msg!("请选通过或退回")));
        let remark = optional(&self.remark, 1_000).and_then(|remark| match verdict {
            Some(Verdict::Returned) if remark.is_empty() => Err(msg!("退回时请写明要改什么")),
            _ => Ok(remark),
        });
        match (verdict, errors.take("remark", remark)) {
            (Some(verdict), Some(remark)) => Ok((verdict, remark)),
            _ => Err(errors),
        }
    }
}

/// The chapters of an import as they were looked through: titles and texts, those that are to be taken.
pub fn chosen(parts: &[(String, Vec<u8>)]) -> (Vec<(String, String)>, Vec<bool>) {
    let of = |name: &'static str| {
        parts
            .iter()
            .filter(move |part| part.0 == name)
            .map(|part| String::from_utf8_lossy(&part.1).into_owned())
    };
    let texts: Vec<_> =
        of("title").zip(of("body")).map(|(title, body)| (title, body.replace("\r\n", "\n"))).collect();
    let taken: Vec<usize> = of("take").filter_map(|place| place.parse().ok()).collect();
    let is_taken = (0..texts.len()).map(|place| taken.contains(&place)).collect();
    (texts, is_taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_is_drawn_from_the_title_where_nobody_wrote_one() {
        let form = BookletForm {
            title: "基层支部会议记录手册".into(),
            style: "2".into(),
            visibility: "public".into(),
            ..BookletForm::default()
        };
        let about = form.check().unwrap();
        assert_eq!((about.cover.as_str(), about.kind.as_str()), ("基层支部\n会议记录\n手册", "读本"));
        for (cover, style, visibility) in [
            ("一\n二\n三\n四\n五", "1", "public"),
            ("九个字放在一行里写", "1", "public"),
            ("", "4", "public"),
            ("", "1", ""),
        ] {
            let form = BookletForm {
                cover: cover.into(),
                style: style.into(),
                visibility: visibility.into(),
                ..form.clone()
            };
            assert!(form.check().is_err(), "{cover} {style} {visibility}");
        }
    }

    #[test]
    fn a_return_says_what_to_change() {
        let form = |verdict: &str, remark: &str| VerdictForm {
            verdict: verdict.into(),
            remark: remark.into(),
            ..VerdictForm::default()
        };
        assert!(form("passed", "").check().is_ok());
        assert!(form("returned", "第二章的年份要核对").check().is_ok());
        assert!(form("returned", " ").check().is_err() && form("", "x").check().is_err());
    }
}
