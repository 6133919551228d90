//! How member numbers and telephones are kept, whether a form or a list brings them: in one plain way, or what one of them wrote
//! the other would not find again (pure).

/// Full-width digits, letters and signs as the usual ones. Han characters stay as they are: no compatibility form is folded.
pub fn half(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            '\u{3000}' | '\u{A0}' => ' ',
            other => other,
        })
        .collect()
}

/// Without any spaces, also those that nobody sees, and with full-width signs as the usual ones: a member number is kept so.
pub fn squeezed(text: &str) -> String {
    half(text).chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{200B}' | '\u{FEFF}')).collect()
}

/// A telephone: 5 to 20 digits, with a plus or hyphens where they were written.
pub fn phone(text: &str) -> Option<String> {
    let text = squeezed(text).replace(['－', '—'], "-");
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let fits =
        text.chars().enumerate().all(|(place, c)| c.is_ascii_digit() || c == '-' || (c == '+' && place == 0));
    (fits && (5..=20).contains(&digits) && text.len() <= 24).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_telephones_lose_only_what_was_typed_around_them() {
        assert_eq!(squeezed(" Ｗ　00\u{200B}01 "), "W0001");
        assert_eq!(phone("１３８ 0000 0001").as_deref(), Some("13800000001"));
        assert_eq!(phone("028-8765 4321").as_deref(), Some("028-87654321"));
        assert_eq!(phone("+8613800000001").as_deref(), Some("+8613800000001"));
        for text in ["138", "120", "1234", "-", "一三八", "138000000x1", "1+38000"] {
            assert_eq!(phone(text), None, "{text}");
        }
    }
}
