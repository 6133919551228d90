//! Words with their look as Markdown, in which nothing else is a sign of Markdown (pure).

/// Words with one look.
#[derive(Default, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub text: String,
    pub is_bold: bool,
    pub is_italic: bool,
    /// Markdown already: a picture, a link.
    pub is_made: bool,
}

/// The words alone, on one line.
pub(super) fn plain(pieces: &[Piece]) -> String {
    let words: String =
        pieces.iter().filter(|piece| !piece.is_made).map(|piece| piece.text.as_str()).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words with their look. Marks stand inside punctuation: before a Chinese mark they would not be read as marks.
pub(super) fn inline(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        let mark = match (piece.is_bold, piece.is_italic) {
            (true, true) => "***",
            (true, false) => "**",
            (false, true) => "*",
            (false, false) => "",
        };
        if piece.is_made || mark.is_empty() {
            out.push_str(&if piece.is_made { piece.text.clone() } else { escape(&piece.text) });
            continue;
        }
        let is_outside = |c: char| !c.is_alphanumeric();
        let text = piece.text.as_str();
        let inner = text.trim_matches(is_outside);
        if inner.is_empty() || inner.contains('\n') {
            out.push_str(&escape(text));
            continue;
        }
        let start = text.len() - text.trim_start_matches(is_outside).len();
        // Two marks that touch would be one.
        if out.ends_with('*') {
            out.push('\u{200b}');
        }
        out.push_str(&escape(&text[..start]));
        out.push_str(&format!("{mark}{}{mark}", escape(inner)));
        out.push_str(&escape(&text[start + inner.len()..]));
    }
    out
}

/// A paragraph with its line breaks, none of its lines taken for a list or a heading.
pub(super) fn lines(text: &str) -> String {
    let lines: Vec<String> =
        text.trim().split('\n').map(|line| guarded(line.trim())).filter(|line| !line.is_empty()).collect();
    lines.join("\\\n")
}

/// A line that begins like a heading, a list, a quotation or a rule, so that it is none.
fn guarded(line: &str) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=9).contains(&digits) && line[digits..].starts_with(['.', ')']) {
        return format!("{}\\{}", &line[..digits], &line[digits..]);
    }
    match line.chars().next() {
        Some('#' | '+' | '-' | '>' | '=' | '~') => format!("\\{line}"),
        _ => line.to_owned(),
    }
}

/// Text in which nothing is a sign of Markdown.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '_' | '`' | '[' | ']' | '<' | '&' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() && c != '\n' => {}
            c => out.push(c),
        }
    }
    out
}
