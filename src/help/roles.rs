//! The help page of each role, as Markdown in two languages; pictures are `static/help/<name>.<language>.jpg`, taken from the
//! running portal by tests/browser/pictures.mjs.
use crate::assets;
use crate::lang::Lang;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, html};

/// What one kind of person does with the portal.
pub struct RoleHelp {
    /// In addresses; the text of a role, or visitor, member, elder.
    pub name: &'static str,
    zh: &'static str,
    en: &'static str,
}

macro_rules! roles {
    ($($name:literal),* $(,)?) => {
        &[$(RoleHelp {
            name: $name,
            zh: include_str!(concat!("roles/", $name, ".zh.md")),
            en: include_str!(concat!("roles/", $name, ".en.md")),
        }),*]
    };
}

/// All of them, those first that most people are.
pub const ROLES: &[RoleHelp] = roles![
    "visitor",
    "member",
    "elder",
    "secretary",
    "clerk",
    "instructor",
    "reviewer",
    "judge",
    "organizer",
    "checker",
    "scorer",
    "supervisor",
    "committee",
    "town",
    "alliance",
    "guide",
    "auditor",
    "admin",
];

pub fn of(name: &str) -> Option<&'static RoleHelp> {
    ROLES.iter().find(|role| role.name == name)
}

impl RoleHelp {
    fn text(&self, lang: Lang) -> &'static str {
        if lang.is_en() { self.en } else { self.zh }
    }
    /// The heading of the page: its first line.
    pub fn title(&self, lang: Lang) -> &'static str {
        self.text(lang).lines().next().unwrap_or_default().trim_start_matches("# ")
    }
    /// The page below its heading, with the pictures of this language.
    pub fn html(&self, lang: Lang) -> String {
        let body = self.text(lang).split_once('\n').map_or("", |(_, body)| body);
        let ending = if lang.is_en() { "en" } else { "zh" };
        let events = Parser::new_ext(body, Options::empty()).map(|event| match event {
            Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                let dest_url = CowStr::from(assets::url(&format!("help/{dest_url}.{ending}.jpg")));
                Event::Start(Tag::Image { link_type, dest_url, title, id })
            }
            other => other,
        });
        let mut out = String::with_capacity(body.len() * 2);
        html::push_html(&mut out, events);
        out.replace("<img ", "<img loading=\"lazy\" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    #[test]
    fn every_role_has_its_page_with_pictures_in_both_languages() {
        for name in Role::ALL.iter().map(|role| role.as_str()).chain(["visitor", "member", "elder"]) {
            let help = of(name).unwrap_or_else(|| panic!("no help for {name}"));
            for lang in [Lang::Zh, Lang::En] {
                let html = help.html(lang);
                assert!(!help.title(lang).is_empty() && html.contains("<h2>"), "{name}");
                assert!(html.contains("<img ") && !html.contains("/static/missing"), "{name}: {html}");
                let is_chinese = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
                assert_eq!(html.chars().any(is_chinese), !lang.is_en(), "{name}");
            }
        }
    }
}
