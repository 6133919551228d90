//! The reader's language. The source text is Chinese and stands where it is used; `locales/en.po` holds the English.
//! `tests/portal/templates.rs` fails on an entry that is missing or no longer used.
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::LazyLock;

/// A language that the portal speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    /// The tag for `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }
    /// The language of the tag, Chinese for any that is not spoken here.
    pub fn of(tag: &str) -> Lang {
        if tag == "en" { Lang::En } else { Lang::Zh }
    }
    /// The language of the terminal: English only where the environment asks for it.
    pub fn of_terminal() -> Lang {
        let asked = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok());
        if asked.is_some_and(|tag| tag.starts_with("en")) { Lang::En } else { Lang::Zh }
    }
    pub fn is_en(self) -> bool {
        self == Lang::En
    }
    /// `text` in this language.
    pub fn t(self, text: &'static str) -> &'static str {
        match self {
            Lang::Zh => text,
            Lang::En => ENGLISH.get(text).copied().unwrap_or(text),
        }
    }
}

/// A sentence for a person, translated when it is shown. Made by [`msg!`](crate::msg).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    text: &'static str,
    values: Vec<String>,
}

impl Message {
    pub fn new(text: &'static str, values: Vec<String>) -> Message {
        Message { text, values }
    }
    pub fn in_lang(&self, lang: Lang) -> String {
        fill(lang.t(self.text), self.values.iter())
    }
    /// The sentence as a database keeps it, to be translated when it is read: [`kept`].
    pub fn to_kept(&self) -> String {
        serde_json::json!([self.text, self.values]).to_string()
    }
}

/// A sentence that was kept by [`Message::to_kept`], in this language; nothing for nothing.
pub fn kept(kept: &str, lang: Lang) -> String {
    let Ok((text, values)) = serde_json::from_str::<(String, Vec<String>)>(kept) else {
        return kept.to_owned();
    };
    let text = match lang {
        Lang::Zh => text.as_str(),
        Lang::En => ENGLISH.get(text.as_str()).copied().unwrap_or(&text),
    };
    fill(text, values.iter())
}
impl Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.in_lang(Lang::Zh))
    }
}

/// A [`Message`]: `msg!("请填写")`, `msg!("不超过 {} 字", longest)`.
#[macro_export]
macro_rules! msg {
    ($text:literal $(, $value:expr)* $(,)?) => {
        $crate::lang::Message::new($text, vec![$($value.to_string()),*])
    };
}

/// Puts the values in the places of `{}`, in order.
pub fn fill(text: &str, values: impl Iterator<Item = impl Display>) -> String {
    let mut pieces = text.split("{}");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    let mut values = values;
    for piece in pieces {
        if let Some(value) = values.next() {
            filled.push_str(&value.to_string());
        }
        filled.push_str(piece);
    }
    filled
}

static ENGLISH: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| entries(include_str!("../locales/en.po")).collect());

/// The pairs of a catalogue whose entries are one `msgid` and one `msgstr` line each, without escapes.
pub fn entries(catalogue: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let quoted =
        |line: &'static str, key| line.strip_prefix(key)?.trim().strip_prefix('"')?.strip_suffix('"');
    let mut id = None;
    catalogue.lines().filter_map(move |line| {
        if let Some(text) = quoted(line, "msgid ") {
            id = Some(text);
        }
        quoted(line, "msgstr ").and_then(|text| Some((id.take()?, text)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_their_places_in_order() {
        assert_eq!(fill("{} / {} 课", [3, 40].iter()), "3 / 40 课");
        assert_eq!(fill("没有", [0; 0].iter()), "没有");
        assert_eq!(msg!("不超过 {} 字", 80).to_string(), "不超过 80 字");
    }
}
