//! What the form of an entry sends.
use super::super::Entry;
use super::super::store::{EntryDraft, Script};
use super::line;
use crate::ids::{LectureId, PersonId, SchoolId, digest};
use crate::msg;
use crate::web::form::{Errors, optional, text};

/// People who may teach beside the entrant.
pub const MOST_COMPANIONS: usize = 3;
/// The longest script, in characters: percent-encoded it still fits into a form of [`LARGEST`](super::super::pages) bytes.
const LONGEST_SCRIPT: usize = 20_000;

#[derive(Default, Clone, Debug)]
pub struct EntryForm {
    pub title: String,
    pub summary: String,
    pub script: String,
    pub school: String,
    /// Part of a school's name, to find one that is not near.
    pub find: String,
    pub lecture: String,
    /// Member numbers.
    pub companions: Vec<String>,
    pub original: String,
    pub name: String,
    pub broadcast: String,
    /// `find`, `save` or `submit`.
    pub go: String,
    /// What stood there when the form was made.
    pub seen: String,
    pub key: String,
}

fn tick(is_so: bool) -> String {
    if is_so { "1".into() } else { String::new() }
}

impl EntryForm {
    /// An entry as it is written; companions by their numbers.
    pub fn of(entry: &Entry, script: &Script, companions: &[String]) -> EntryForm {
        let mut form = EntryForm {
            title: entry.title.clone(),
            summary: script.summary.clone(),
            script: script.script.clone(),
            school: entry.school.to_string(),
            lecture: entry.lecture.map(|id| id.to_string()).unwrap_or_default(),
            companions: companions.to_vec(),
            original: tick(entry.is_original),
            name: tick(entry.may_name),
            broadcast: tick(entry.may_broadcast),
            ..EntryForm::default()
        };
        form.seen = form.digest();
        form
    }
    /// Names what stands there: who saves names what it was made from.
    pub fn digest(&self) -> String {
        digest(&format!(
            "{:?}",
            (
                [&self.title, &self.summary, &self.script, &self.school, &self.lecture],
                [&self.original, &self.name, &self.broadcast],
                &self.companions,
            )
        ))
    }
    pub fn read(pairs: &[(String, String)]) -> EntryForm {
        let all =
            |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
        let one = |name| all(name).next().unwrap_or_default();
        EntryForm {
            title: one("title"),
            summary: one("summary"),
            script: one("script"),
            school: one("school"),
            find: one("find"),
            lecture: one("lecture"),
            companions: all("companion").take(2 * MOST_COMPANIONS).collect(),
            original: one("original"),
            name: one("may_name"),
            broadcast: one("may_broadcast"),
            go: one("go"),
            seen: one("seen"),
            key: one("key"),
        }
    }
    /// The numbers that were typed, once each.
    pub fn numbers(&self) -> Vec<String> {
        let mut found: Vec<String> = vec![];
        for typed in &self.companions {
            let typed = typed.trim().to_ascii_uppercase();
            if !typed.is_empty() && !found.contains(&typed) {
                found.push(typed);
            }
        }
        found
    }
    /// The fields for companions: what was typed, and empty ones.
    pub fn shown_companions(&self) -> Vec<String> {
        let mut shown = self.numbers();
        shown.resize(MOST_COMPANIONS.max(shown.len()), String::new());
        shown
    }
    fn is_handed_in(&self) -> bool {
        self.go == "submit"
    }
    /// What is entered. Companions were found by the caller: `None` for a number that is nobody's. What is handed in, not only
    /// saved, has a script and is the entrant's own; and a recording, where the contest wants one.
    pub fn check(
        &self,
        schools: &[SchoolId],
        lectures: &[LectureId],
        companions: &[Option<PersonId>],
        needs_video: bool,
    ) -> Result<EntryDraft, Errors> {
        let mut errors = Errors::default();
        let title = errors.take("title", line(&self.title, 60));
        let summary = errors.take("summary", optional(&self.summary, 300));
        let script = match self.is_handed_in() {
            true => text(&self.script, LONGEST_SCRIPT),
            false => optional(&self.script, LONGEST_SCRIPT),
        };
        let script = errors.take("script", script);
        let school = self.school.parse().ok().map(SchoolId).filter(|id| schools.contains(id));
        let school = errors.take("school", school.ok_or_else(|| msg!("请选一所微党校")));
        let lecture = match self.lecture.as_str() {
            "" if needs_video && self.is_handed_in() => Err(msg!("提交时要选一堂录像已经做好的课")),
            "" => Ok(None),
            sent => match sent.parse().ok().map(LectureId).filter(|id| lectures.contains(id)) {
                Some(id) => Ok(Some(id)),
                None => Err(msg!("请从列出的课里选")),
            },
        };
        let lecture = errors.take("lecture", lecture);
        let found: Option<Vec<PersonId>> = companions.iter().copied().collect();
        let companions = match found {
            Some(all) if all.len() <= MOST_COMPANIONS => Ok(all),
            Some(_) => Err(msg!("最多 {} 人", MOST_COMPANIONS)),
            None => Err(msg!("有的编号没有找到，请核对")),
        };
        let companions = errors.take("companions", companions);
        if self.is_handed_in() && self.original != "1" {
            errors = errors.with("original", msg!("提交时要声明原创"));
            return Err(errors);
        }
        match (title, summary, script, school, lecture, companions) {
            (Some(title), Some(summary), Some(script), Some(school), Some(lecture), Some(companions)) => {
                Ok(EntryDraft {
                    title,
                    summary,
                    script,
                    school,
                    lecture,
                    companions,
                    is_original: self.original == "1",
                    may_broadcast: self.broadcast == "1",
                    may_name: self.name == "1",
                })
            }
            _ => Err(errors),
        }
    }
}
