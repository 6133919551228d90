//! The list of words that holds a comment until somebody has looked at it. It only holds: nothing is hidden or changed by it.

/// Whether `text` has one of the words of `list`, which stand on lines or between commas or blanks. Blanks, marks and the
/// width of letters do not hide a word.
pub fn holds(list: &str, text: &str) -> bool {
    let plain = plain(text);
    list.split([',', '，', '、', ' ', '\n', '\t'])
        .map(self::plain)
        .any(|word| !word.is_empty() && plain.contains(&word))
}

/// Letters, digits and Han characters alone, small and of the usual width.
fn plain(text: &str) -> String {
    let usual = |c: char| match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(usual).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_however_it_is_spaced() {
        let list = "加微信，代写\nVX";
        for text in ["请加 微.信", "论文代写找我", "ｖｘ 123", "加vX"] {
            assert!(holds(list, text), "{text}");
        }
        for text in ["讲得清楚", "", "加水"] {
            assert!(!holds(list, text), "{text}");
        }
        assert!(!holds("", "什么都行") && !holds(" ，、\n", "什么都行"));
    }
}
