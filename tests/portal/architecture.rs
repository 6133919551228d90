//! Who may import whom. The reading order of `lib.rs` is the law; features use only what stands before them.
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The modules in the order of `lib.rs`.
fn modules() -> Vec<String> {
    fs::read_to_string(format!("{ROOT}/src/lib.rs"))
        .unwrap()
        .lines()
        .filter_map(|line| Some(line.strip_prefix("pub mod ")?.trim_end_matches(';').to_owned()))
        .collect()
}

/// Kit modules know each other: errors carry messages, messages are made with macros of `lang`.
const GROUND: &[&str] = &["clock", "config", "lang", "error", "ids", "db", "access", "schema", "assets"];

#[test]
fn a_module_uses_only_what_stands_before_it() {
    let modules = modules();
    assert!(modules.len() > 20, "{modules:?}");
    for (place, module) in modules.iter().enumerate() {
        let later: Vec<_> =
            modules[place + 1..].iter().filter(|later| !GROUND.contains(&later.as_str())).collect();
        for (file, number, line) in lines(&format!("src/{module}")) {
            for later in &later {
                let is_used =
                    line.contains(&format!("crate::{later}::")) || line.contains(&format!("crate::{later};"));
                assert!(!is_used, "{file}:{number}: {module} uses {later}, which stands after it");
            }
        }
    }
}

#[test]
fn only_stores_know_the_schema_and_query() {
    only("schema::", |file| {
        file.contains("/store")
            || file.ends_with("src/schema.rs")
            // the one number that every process watches
            || file.contains("src/db/")
            || ["accounts/sessions.rs", "accounts/throttle.rs"].iter().any(|f| file.ends_with(f))
    });
    only("either!(", |file| {
        file.contains("/store")
            || file.contains("src/db/")
            || ["accounts/sessions.rs", "accounts/throttle.rs"].iter().any(|f| file.ends_with(f))
    });
}

#[test]
fn only_pages_and_the_web_kit_know_http() {
    only("actix_web", |file| {
        file.contains("src/web/")
            || is_pages(file)
            || [
                "src/app.rs",
                "command/serve.rs",
                "src/error.rs",
                "src/db/mod.rs",
                "accounts/recognise.rs",
                "accounts/sessions.rs",
                "accounts/passwords.rs",
            ]
            .iter()
            .any(|f| file.ends_with(f))
    });
}

#[test]
fn pages_do_not_query() {
    for (file, number, line) in lines("src") {
        if is_pages(&file) {
            assert!(!line.contains("diesel::"), "{file}:{number}: pages call a store");
        }
    }
}

#[test]
fn forms_know_no_database() {
    for (file, number, line) in lines("src") {
        if file.ends_with("forms.rs") {
            assert!(
                !line.contains("crate::db"),
                "{file}:{number}: forms turn text into values, nothing else"
            );
        }
    }
}

#[test]
fn a_file_says_at_its_top_what_belongs_in_it_and_is_not_too_long() {
    for path in sources(&PathBuf::from(ROOT).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} says nothing at its top", path.display());
        // The list of tables is as long as there are tables.
        let is_list = path.ends_with("schema.rs");
        assert!(
            is_list || text.lines().count() <= 500,
            "{} is {} lines long",
            path.display(),
            text.lines().count()
        );
    }
}

#[test]
fn no_room_is_called_after_nothing() {
    for module in modules() {
        assert!(
            !["utils", "common", "helpers", "services", "prelude", "misc"].contains(&module.as_str()),
            "{module}"
        );
    }
}

#[test]
fn an_error_is_not_swallowed() {
    for (file, number, line) in lines("src") {
        // Where it is right, a comment beside it says why; those places are counted here.
        let is_swallowed = line.contains(".ok();") || line.contains("unwrap_or_default(); //");
        assert!(!is_swallowed, "{file}:{number}: {line}");
    }
}

/// `pages.rs`, or the folder that it grew into.
fn is_pages(file: &str) -> bool {
    file.ends_with("pages.rs") || file.contains("/pages/")
}

/// Fails at the first source line that says `word` where `allowed` forbids it.
fn only(word: &str, allowed: impl Fn(&str) -> bool) {
    let mut found = 0;
    for (file, number, line) in lines("src") {
        let is_code = !line.trim_start().starts_with("//");
        if is_code && line.contains(word) {
            found += 1;
            assert!(allowed(&file), "{file}:{number}: `{word}` does not belong here");
        }
    }
    assert!(found > 0, "nobody says `{word}` any more: this check checks nothing");
}

/// The lines of a module, a file or a folder, with file name and number.
fn lines(place: &str) -> Vec<(String, usize, String)> {
    let path = PathBuf::from(ROOT).join(place);
    let files = if path.is_dir() { sources(&path) } else { vec![path.with_extension("rs")] };
    files
        .into_iter()
        .flat_map(|file| {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file).unwrap();
            text.lines()
                .enumerate()
                .map(|(number, line)| (name.clone(), number + 1, line.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}
