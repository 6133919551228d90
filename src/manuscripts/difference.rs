//! What was added and removed between two texts, line by line.

/// A line, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Same(String),
    Added(String),
    Removed(String),
    /// So many lines that are the same, not shown.
    Skipped(usize),
}

/// Lines around a change that are shown with it.
const AROUND: usize = 2;
/// The largest table that is filled, in fields: longer texts that differ everywhere are shown as removed and added.
const LARGEST: usize = 4_000_000;

/// The lines of both texts in one: those that are the same once, before each added one those that it takes the place of.
pub fn lines(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let first = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let last = old[first..].iter().rev().zip(new[first..].iter().rev()).take_while(|(a, b)| a == b).count();
    let same = |lines: &[&str]| lines.iter().map(|line| Line::Same((*line).to_owned())).collect::<Vec<_>>();
    let mut all = same(&old[..first]);
    all.extend(middle(&old[first..old.len() - last], &new[first..new.len() - last]));
    all.extend(same(&old[old.len() - last..]));
    all
}

/// Of what is left between a common beginning and a common end: the longest common sequence, by the usual table.
fn middle(old: &[&str], new: &[&str]) -> Vec<Line> {
    let (added, removed) =
        (|line: &&str| Line::Added((*line).to_owned()), |line: &&str| Line::Removed((*line).to_owned()));
    if old.is_empty() || new.is_empty() || (old.len() + 1) * (new.len() + 1) > LARGEST {
        return old.iter().map(removed).chain(new.iter().map(added)).collect();
    }
    let width = new.len() + 1;
    // How many lines are common from here to the end.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = match old[i] == new[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut all) = (0, 0, vec![]);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            all.push(Line::Same(old[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]
        {
            all.push(removed(&old[i]));
            i += 1;
        } else {
            all.push(added(&new[j]));
            j += 1;
        }
    }
    all
}

/// Without the lines that are far from every change.
pub fn shortened(all: Vec<Line>) -> Vec<Line> {
    let is_near: Vec<bool> = (0..all.len())
        .map(|at| {
            let around = at.saturating_sub(AROUND)..(at + AROUND + 1).min(all.len());
            all[around].iter().any(|line| !matches!(line, Line::Same(_)))
        })
        .collect();
    let mut out = vec![];
    for (line, is_near) in all.into_iter().zip(is_near) {
        match (is_near, out.last_mut()) {
            (true, _) => out.push(line),
            (false, Some(Line::Skipped(count))) => *count += 1,
            (false, _) => out.push(Line::Skipped(1)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_added_and_removed_is_told_apart() {
        let told = lines("一\n二\n三\n四", "一\n贰\n三\n四\n五");
        assert_eq!(
            told,
            [
                Line::Same("一".into()),
                Line::Removed("二".into()),
                Line::Added("贰".into()),
                Line::Same("三".into()),
                Line::Same("四".into()),
                Line::Added("五".into())
            ]
        );
        let long: String = (0..20).map(|n| format!("{n}\n")).collect();
        let short = shortened(lines(&long, &long.replace("10\n", "十\n")));
        assert_eq!(short.first(), Some(&Line::Skipped(8)));
        assert_eq!((short.len(), short.last()), (8, Some(&Line::Skipped(7))));
    }

    proptest! {
        #[test]
        fn both_texts_are_in_it(old in "([ab]{0,2}\n){0,12}", new in "([ab]{0,2}\n){0,12}") {
            let all = lines(&old, &new);
            let of = |is_old: bool| {
                all.iter()
                    .filter_map(|line| match line {
                        Line::Same(text) => Some(text),
                        Line::Removed(text) if is_old => Some(text),
                        Line::Added(text) if !is_old => Some(text),
                        _ => None,
                    })
                    .cloned()
                    .collect::<Vec<_>>()
            };
            prop_assert_eq!(of(true), old.lines().map(str::to_owned).collect::<Vec<_>>());
            prop_assert_eq!(of(false), new.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
