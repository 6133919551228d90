//! What becomes of each chapter from one edition of a booklet to the next.

/// A chapter of the next edition and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Both: where it stood and where it stands, from 0.
    Kept(usize, usize),
    New(usize),
    Gone(usize),
}

/// For each chapter of `new`, in order, what it was; then those that are gone. A chapter is the same if its title is, or its
/// text; and what is left over is the same where it stands in the same place.
pub fn fates(old: &[(String, String)], new: &[(String, String)]) -> Vec<Fate> {
    let mut before: Vec<Option<usize>> = vec![None; new.len()];
    let mut is_taken = vec![false; old.len()];
    type Same = fn(&(String, String), &(String, String)) -> bool;
    let same: [Same; 3] = [
        |old, new| old == new,
        |old, new| old.0 == new.0,
        |old, new| !old.1.trim().is_empty() && old.1 == new.1,
    ];
    for is_same in same {
        for (place, chapter) in
            new.iter().enumerate().filter(|(place, _)| before[*place].is_none()).collect::<Vec<_>>()
        {
            // Of several that are alike, the one in the same place.
            let found = std::iter::once(place)
                .chain(0..old.len())
                .find(|at| old.get(*at).is_some_and(|one| !is_taken[*at] && is_same(one, chapter)));
            if let Some(at) = found {
                before[place] = Some(at);
                is_taken[at] = true;
            }
        }
    }
    for (place, before) in before.iter_mut().enumerate() {
        if before.is_none() && is_taken.get(place) == Some(&false) {
            *before = Some(place);
            is_taken[place] = true;
        }
    }
    let kept = before
        .iter()
        .enumerate()
        .map(|(place, before)| before.map_or(Fate::New(place), |at| Fate::Kept(at, place)));
    let gone = is_taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(at, _)| Fate::Gone(at));
    kept.chain(gone).collect()
}

/// Where readers of each chapter go, and whatever else names one: from and to, numbered from 1; those that stay are not among
/// them.
pub(super) fn moves(old: &[(String, String)], new: &[(String, String)]) -> Vec<(i32, i32)> {
    let fates = fates(old, new);
    let now = |at: usize| {
        fates.iter().find_map(|fate| match fate {
            Fate::Kept(before, place) if *before == at => Some(*place),
            _ => None,
        })
    };
    (0..old.len())
        .filter_map(|at| {
            // Of a chapter that is gone: the one before it, as far as that goes.
            let place = (0..=at).rev().find_map(now).unwrap_or_default();
            (place != at).then_some((at as i32 + 1, place as i32 + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(chapters: &[(&str, &str)]) -> Vec<(String, String)> {
        chapters.iter().map(|(title, body)| ((*title).to_owned(), (*body).to_owned())).collect()
    }

    #[test]
    fn a_chapter_is_known_again_by_its_title_its_text_or_its_place() {
        let old = book(&[("一", "a"), ("二", "b"), ("三", "c")]);
        assert_eq!(fates(&old, &old), [Fate::Kept(0, 0), Fate::Kept(1, 1), Fate::Kept(2, 2)]);
        let new = book(&[("三", "c 改"), ("新", "x"), ("一", "a"), ("贰", "b")]);
        assert_eq!(fates(&old, &new), [Fate::Kept(2, 0), Fate::New(1), Fate::Kept(0, 2), Fate::Kept(1, 3)]);
        let new = book(&[("一", "a"), ("全改", "过了")]);
        assert_eq!(fates(&old, &new), [Fate::Kept(0, 0), Fate::Kept(1, 1), Fate::Gone(2)]);
        assert_eq!(fates(&old, &[]), [Fate::Gone(0), Fate::Gone(1), Fate::Gone(2)]);
        // Alike in every way: each stays where it is.
        let twins = book(&[("附", ""), ("附", "")]);
        assert_eq!(fates(&twins, &twins), [Fate::Kept(0, 0), Fate::Kept(1, 1)]);
    }

    #[test]
    fn readers_go_with_their_chapter_and_from_one_that_is_gone_to_the_one_before() {
        let old = book(&[("一", "a"), ("二", "b"), ("三", "c"), ("四", "d")]);
        assert_eq!(moves(&old, &old), []);
        let new = book(&[("序", "新的"), ("一", "a"), ("三", "c"), ("二", "b"), ("四", "d")]);
        assert_eq!(moves(&old, &new), [(1, 2), (2, 4), (4, 5)]);
        assert_eq!(moves(&old, &book(&[("一", "a"), ("四", "d")])), [(2, 1), (3, 1), (4, 2)]);
    }
}
