//! The desk of courses: making, ordering, reviewing, publishing; their dates. What happens to a course is the verbs of
//! `courses`; here are the differences between its versions and the names in addresses.
mod forms;
pub mod pages;
mod store;

use crate::courses::{self, Item};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::random_code;

/// What is different about a step since the public version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Same,
    New,
    Changed,
    Moved,
}

/// How the written steps differ from the public ones: a mark for each written step, and the public ones that are gone.
pub fn compare<'a>(public: &'a [Item], draft: &[Item]) -> (Vec<Mark>, Vec<&'a Item>) {
    let place = |step: &str| public.iter().position(|item| item.step == step);
    let kept = longest_rising(&draft.iter().filter_map(|item| place(&item.step)).collect::<Vec<_>>());
    let mark = |item: &Item| match place(&item.step) {
        None => Mark::New,
        Some(at) if public[at].what != item.what => Mark::Changed,
        Some(at) if !kept.contains(&at) => Mark::Moved,
        Some(_) => Mark::Same,
    };
    let is_gone = |item: &&Item| draft.iter().all(|other| other.step != item.step);
    (draft.iter().map(mark).collect(), public.iter().filter(is_gone).collect())
}

/// The longest part of these numbers that rises: what stayed in its order when the fewest were moved.
fn longest_rising(numbers: &[usize]) -> Vec<usize> {
    let mut best: Vec<Vec<usize>> = vec![];
    for (place, number) in numbers.iter().enumerate() {
        let before = (0..place).filter(|at| numbers[*at] < *number).max_by_key(|at| best[*at].len());
        let mut row = before.map(|at| best[at].clone()).unwrap_or_default();
        row.push(*number);
        best.push(row);
    }
    best.into_iter().max_by_key(Vec::len).unwrap_or_default()
}

/// The name in addresses that a title gives: its Latin words and numbers; nothing, where it has none.
pub fn name_of(title: &str) -> String {
    let words: Vec<String> = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let mut name = words.join("-");
    name.truncate(60);
    let name = name.trim_matches('-').to_owned();
    if name.len() >= 3 && name.bytes().any(|b| b.is_ascii_lowercase()) { name } else { String::new() }
}

/// A name in addresses for a title that nobody has yet.
///
/// # Errors
/// Those of the database.
pub fn free_name(conn: &mut Conn, title: &str) -> Result<String> {
    let random = |length| random_code(length).to_ascii_lowercase();
    let name = match name_of(title) {
        name if name.is_empty() => format!("course-{}", random(6)),
        name => name,
    };
    Ok(if courses::slug_taken(conn, &name)? { format!("{name}-{}", random(6)) } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courses::{NewItem, Opening, Task};
    use crate::ids::{ItemId, LectureId};

    fn steps(named: &[(&str, &str)]) -> Vec<Item> {
        let item = |(place, (step, title)): (i32, &(&str, &str))| Item {
            id: ItemId(place.into()),
            version: 1,
            position: place,
            step: (*step).into(),
            what: NewItem {
                unit: String::new(),
                title: (*title).into(),
                task: Task::Lecture(LectureId(1), 80),
                is_required: true,
                opening: Opening::AtOnce,
            },
        };
        (1..).zip(named).map(item).collect()
    }

    #[test]
    fn a_step_in_front_does_not_make_the_others_moved() {
        let public = steps(&[("a", "A"), ("b", "B"), ("c", "C")]);
        let draft = steps(&[("x", "X"), ("a", "A"), ("b", "改"), ("c", "C")]);
        let (marks, gone) = compare(&public, &draft);
        assert_eq!(marks, [Mark::New, Mark::Same, Mark::Changed, Mark::Same]);
        assert!(gone.is_empty());
    }

    #[test]
    fn the_fewest_are_moved_and_what_is_gone_is_said() {
        let public = steps(&[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E")]);
        let draft = steps(&[("d", "D"), ("a", "A"), ("b", "B"), ("e", "E")]);
        let (marks, gone) = compare(&public, &draft);
        assert_eq!(marks, [Mark::Moved, Mark::Same, Mark::Same, Mark::Same]);
        assert_eq!(gone.iter().map(|item| item.step.as_str()).collect::<Vec<_>>(), ["c"]);
        assert_eq!(compare(&[], &draft).0, [Mark::New; 4]);
    }

    #[test]
    fn a_title_gives_a_name_where_it_has_latin_words() {
        assert_eq!(name_of("Rural Revival 2026：入门"), "rural-revival-2026");
        assert_eq!(name_of("防汛 2026"), "", "a number alone names nothing");
        assert_eq!(name_of("灌区值守"), "");
        assert_eq!(name_of("—— A"), "");
        assert!(name_of(&"word ".repeat(40)).len() <= 60);
    }
}
