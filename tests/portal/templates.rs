//! Templates: nothing inline, every word in both languages, every file there.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .collect()
}

fn templates() -> Vec<(PathBuf, String)> {
    let found = files(&PathBuf::from(ROOT).join("templates"), "html");
    assert!(found.len() > 20);
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn nothing_is_inline() {
    for (path, text) in templates() {
        for forbidden in [" style=", "<style", "onclick=", "onload=", "onsubmit=", "javascript:", "<script>"]
        {
            assert!(!text.contains(forbidden), "{}: {forbidden}", path.display());
        }
    }
}

/// The literals that follow `opening` and a quotation mark.
fn literals<'a>(text: &'a str, opening: &str) -> Vec<&'a str> {
    let mut found = vec![];
    for rest in text.split(opening).skip(1) {
        if let Some(quoted) = rest.trim_start().strip_prefix('"')
            && let Some((literal, _)) = quoted.split_once('"')
        {
            found.push(literal);
        }
    }
    found
}

#[test]
fn every_word_has_its_english_and_no_english_is_left_over() {
    let mut used = BTreeSet::new();
    let all: Vec<_> = templates();
    for (_, text) in &all {
        for opening in ["page.t(", "page.tf(", "page.tf2("] {
            used.extend(literals(text, opening).into_iter().map(str::to_owned));
        }
    }
    for path in files(&PathBuf::from(ROOT).join("src"), "rs") {
        let text = fs::read_to_string(path).unwrap();
        // Tests and the documentation of the macro itself say words that nobody reads.
        let text = text.split("#[cfg(test)]").next().unwrap();
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with("///")).collect::<Vec<_>>().join("\n");
        for opening in ["msg!(", "page.t(", "page.tf(", "page.tf2("] {
            used.extend(literals(&text, opening).into_iter().map(str::to_owned));
        }
    }
    assert!(used.len() > 150, "only {} words found", used.len());
    let catalogue = include_str!("../../locales/en.po");
    let entries: Vec<_> = weixiao::lang::entries(catalogue).collect();
    let known: BTreeSet<_> = entries.iter().map(|(text, _)| (*text).to_owned()).collect();
    assert_eq!(known.len(), entries.len(), "an entry stands twice");
    let missing: Vec<_> = used.difference(&known).collect();
    let left_over: Vec<_> = known.difference(&used).collect();
    assert!(missing.is_empty(), "no English for: {missing:#?}");
    assert!(left_over.is_empty(), "no longer used: {left_over:#?}");
    for (text, english) in entries {
        assert_eq!(text.matches("{}").count(), english.matches("{}").count(), "{text}");
        assert!(
            !english.is_empty() && !english.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
            "{text}: {english}"
        );
    }
}

/// Chinese text in a template that no reader of English could have translated.
#[test]
fn no_word_of_a_template_escapes_translation() {
    for (path, text) in templates() {
        // Data of a name and the name of the language itself are Chinese in every language.
        let mut rest = text.clone();
        for opening in ["page.t(\"", "page.tf(\"", "page.tf2(\""] {
            while let Some(start) = rest.find(opening) {
                let end = rest[start + opening.len()..].find('"').unwrap() + start + opening.len() + 1;
                rest.replace_range(start..end, "");
            }
        }
        let rest = rest.replace("lang=\"zh-CN\">中文", "");
        for (number, line) in rest.lines().enumerate() {
            let is_marked = line.contains("page.zh()");
            let has_han = line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(!has_han || is_marked, "{}:{}: {line}", path.display(), number + 1);
        }
    }
}

#[test]
fn every_file_that_a_template_names_exists() {
    let mut icons = 0;
    let sprite = include_str!("../../static/icons.svg");
    for (path, text) in templates() {
        for name in literals(&text, "page.asset(") {
            assert_ne!(weixiao::assets::url(name), "/static/missing", "{}: {name}", path.display());
        }
        for name in literals(&text, "page.icon(") {
            icons += 1;
            assert!(sprite.contains(&format!("id=\"i-{name}\"")), "{}: icon {name}", path.display());
        }
    }
    assert!(icons > 20);
}

#[test]
fn styles_and_scripts_of_an_ordinary_page_stay_under_50_kb() {
    let size: usize = weixiao::assets::all()
        .filter(|(name, _)| ["tokens.css", "portal.css", "app.js", "player.js"].contains(name))
        .map(|(_, asset)| asset.gzipped.as_ref().unwrap().len())
        .sum();
    assert!(size > 5_000 && size < 50 * 1024, "{size} bytes");
}
