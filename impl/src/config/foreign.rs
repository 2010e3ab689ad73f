//! How a text is shown that is not ours: it may be a peer's, and it may be anything.

/// A quoted text, its length bounded: it may be a peer's.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// The text with what steers a terminal escaped: it may be anybody's.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut printable = String::new();
    for c in text.chars() {
        match c {
            '\\' | '"' | '\'' => printable.push(c),
            _ => printable.extend(c.escape_debug()),
        }
    }
    printable
}
