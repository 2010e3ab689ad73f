//! The syntax of Java's properties, in which all of ZooKeeper's configuration is written.
//!
//! Source: the documentation of `java.util.Properties.load`, and its behaviour where that is
//! silent. A reader of our own because the crate `java-properties` 2.0 reads some texts otherwise
//! than Java: it drops a last line that ends in a backslash, refuses characters written as two `\u`
//! escapes, and strips more than Java's white space. It also brings a regular expression engine.
//!
//! Invariants: any text is read without a panic, in one pass, an entry at a time; line numbers are
//! those of an entry's first line. Half of a surrogate pair, which a Java string can hold and ours
//! cannot, becomes U+FFFD. A last line of a backslash alone, which is an empty key or nothing for
//! Java, depending on the line break after it, is nothing.

use std::iter::Peekable;
use std::str::Chars;

/// One `key=value`, unescaped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) value: String,
    /// Whether the value had a backslash that nobody writes who knows that it is an escape.
    pub(super) lost_backslash: bool,
}

/// A `\u` that four hexadecimal digits do not follow; Java refuses the whole text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MalformedEscape {
    pub(super) line: usize,
}

/// The entries of a text, in order.
pub(super) fn entries(text: &str) -> Entries<'_> {
    Entries {
        chars: text.chars().peekable(),
        line: 1,
    }
}

pub(super) struct Entries<'a> {
    chars: Peekable<Chars<'a>>,
    /// The line that the next character is on.
    line: usize,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, MalformedEscape>;

    fn next(&mut self) -> Option<Self::Item> {
        let (line, text) = self.logical_line()?;
        let (key, value) = split(&text);
        let entry = unescape(key).zip(unescape(value));
        let entry = entry.map(|(key, unescaped)| Entry {
            line,
            key,
            value: unescaped,
            lost_backslash: loses_backslash(value),
        });
        Some(entry.ok_or(MalformedEscape { line }))
    }
}

impl Entries<'_> {
    /// The next line that is neither blank nor a comment, with those joined to it that a backslash
    /// continues, still escaped.
    fn logical_line(&mut self) -> Option<(usize, String)> {
        loop {
            let mut first_line = self.line;
            let mut text = String::new();
            loop {
                self.skip_blanks();
                if text.is_empty() {
                    first_line = self.line;
                    if self.chars.next_if(|c| matches!(c, '#' | '!')).is_some() {
                        while self.next_in_line().is_some() {}
                        break;
                    }
                }
                if !self.natural_line(&mut text) {
                    break;
                }
            }
            if !text.is_empty() {
                return Some((first_line, text));
            }
            self.chars.peek()?;
        }
    }

    /// Appends the rest of a line and says whether its end was escaped, so that the next one
    /// belongs to it.
    fn natural_line(&mut self, text: &mut String) -> bool {
        let mut escaped = false;
        while let Some(c) = self.next_in_line() {
            text.push(c);
            escaped = c == '\\' && !escaped;
        }
        if escaped {
            text.pop();
        }
        escaped && self.chars.peek().is_some()
    }

    /// The next character of the line; at its end, steps over the line break.
    fn next_in_line(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\r' {
            self.chars.next_if_eq(&'\n');
        }
        if matches!(c, '\r' | '\n') {
            self.line += 1;
            return None;
        }
        Some(c)
    }

    fn skip_blanks(&mut self) {
        while self.chars.next_if(|&c| is_blank(c)).is_some() {}
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

/// Splits at the first `=`, `:` or blank that is not escaped, without the blanks around it.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let key_end = line.find(|c| {
        let ends = !escaped && (is_blank(c) || matches!(c, '=' | ':'));
        escaped = c == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(key_end.unwrap_or(line.len()));
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start_matches(is_blank))
}

/// Whether a backslash stands before what would be the same without it, or becomes a blank or a
/// line break, as in a path of Windows.
fn loses_backslash(text: &str) -> bool {
    let mut chars = text.chars();
    std::iter::from_fn(|| {
        chars.find(|&c| c == '\\')?;
        chars.next()
    })
    .any(|c| c.is_alphanumeric() && c != 'u')
}

/// The text with its escapes resolved, `None` when one is malformed.
fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let resolved = match (c, (c == '\\').then(|| chars.next()).flatten()) {
            ('\\', Some('u')) => {
                units.push(hex_unit(&mut chars)?);
                continue;
            }
            ('\\', Some('t')) => '\t',
            ('\\', Some('n')) => '\n',
            ('\\', Some('r')) => '\r',
            ('\\', Some('f')) => '\x0c',
            ('\\', Some(other)) => other,
            (c, _) => c,
        };
        units.extend_from_slice(resolved.encode_utf16(&mut [0; 2]));
    }
    Some(String::from_utf16_lossy(&units))
}

fn hex_unit(chars: &mut Chars<'_>) -> Option<u16> {
    (0..4).try_fold(0, |unit, _| {
        let digit = chars.next()?.to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<(usize, String, String), usize>> {
        entries(text)
            .map(|entry| match entry {
                Ok(entry) => Ok((entry.line, entry.key, entry.value)),
                Err(malformed) => Err(malformed.line),
            })
            .collect()
    }

    fn entry(line: usize, key: &str, value: &str) -> Result<(usize, String, String), usize> {
        Ok((line, key.to_owned(), value.to_owned()))
    }

    #[test]
    fn a_key_ends_at_the_first_separator_or_blank() {
        assert_eq!(
            read("a=1\nb:2\nc 3\n d\t=\x0c4 \ne = = 5\nf\n=g\na\\=\\:\\ b=6"),
            [
                entry(1, "a", "1"),
                entry(2, "b", "2"),
                entry(3, "c", "3"),
                entry(4, "d", "4 "),
                entry(5, "e", "= 5"),
                entry(6, "f", ""),
                entry(7, "", "g"),
                entry(8, "a=: b", "6"),
            ]
        );
    }

    #[test]
    fn lines_are_counted_over_comments_continuations_and_every_line_break() {
        assert_eq!(
            read("# a\\\r\n! b\r\rc=1\\\n  2\\\r\n\t#3\n\n  \nd=4\\\\\ne=5\\"),
            [
                entry(4, "c", "12#3"),
                entry(9, "d", "4\\"),
                entry(10, "e", "5"),
            ]
        );
    }

    #[test]
    fn escapes_are_resolved_and_malformed_ones_told() {
        assert_eq!(
            read(
                "\\u0061=\\t\\n\\r\\f\\q\nb=\\uD83D\\uDE00\\ud800\nc=\\u00g0\nd=\\u00\ne=\u{feff}"
            ),
            [
                entry(1, "a", "\t\n\r\x0cq"),
                entry(2, "b", "😀\u{fffd}"),
                Err(3),
                Err(4),
                entry(5, "e", "\u{feff}"),
            ]
        );
    }
}
