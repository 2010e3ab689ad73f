//! Slips of the pen in a value: what stands in it and was probably not meant to be part of it.
//!
//! Java's properties know comments on lines of their own only, and neither quotation marks nor
//! placeholders; whatever stands behind the key is the value, to the last blank.

use super::foreign::excerpt;
use super::properties::Entry;

/// What stands in a value and was probably not meant to be part of it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Slip {
    /// A comment; only a whole line is one.
    #[error("{} is part of the value, not a comment", excerpt(.0))]
    Comment(String),
    /// What should have been replaced before.
    #[error("the placeholder {} has not been filled in", excerpt(.0))]
    Placeholder(String),
    /// Blanks at the end.
    #[error("blanks at the end of the line are part of the value")]
    Blanks,
    /// Backslashes, which are escapes.
    #[error("backslashes are escapes: the value is read as {}", excerpt(.0))]
    Backslashes(String),
    /// Quotation marks, which are nothing special.
    #[error("the quotation marks are part of the value")]
    Quotes,
}

/// Brackets that templates of shells, Windows, Ansible, Maven and manuals put around a name.
const BRACKETS: [(&str, &str); 6] = [
    ("${", "}"),
    ("$(", ")"),
    ("{{", "}}"),
    ("%", "%"),
    ("<", ">"),
    ("@", "@"),
];

impl Slip {
    pub(super) fn remedy(&self) -> &'static str {
        match self {
            Self::Comment(_) => "move the comment to a line of its own",
            Self::Placeholder(_) => "write what it stands for",
            Self::Blanks => "remove the blanks",
            Self::Backslashes(_) => "write / or two backslashes instead of each",
            Self::Quotes => "remove them",
        }
    }
}

/// The slip that explains best why a value is not what was meant.
pub(super) fn in_value(entry: &Entry) -> Option<Slip> {
    let value = java_trim(&entry.value);
    let quoted = |mark| value.len() > 1 && value.starts_with(mark) && value.ends_with(mark);
    if let Some(placeholder) = placeholder(value).or_else(|| placeholder(&entry.key)) {
        Some(Slip::Placeholder(placeholder.to_owned()))
    } else if let Some(comment) = comment(value) {
        Some(Slip::Comment(comment.to_owned()))
    } else if entry.lost_backslash {
        Some(Slip::Backslashes(value.to_owned()))
    } else if quoted('"') || quoted('\'') {
        Some(Slip::Quotes)
    } else {
        None
    }
}

/// Whether blanks stand at the end, where ZooKeeper does not remove them.
pub(super) fn ends_blank(value: &str) -> bool {
    java_trim(value).len() < value.trim_start().len()
}

/// Without what `String.trim` removes at both ends.
pub(super) fn java_trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

fn placeholder(text: &str) -> Option<&str> {
    BRACKETS.iter().find_map(|&(open, close)| {
        let start = text.find(open)?;
        let inner = &text[start + open.len()..];
        let length = inner.find(close)?;
        let is_name = |c: char| c.is_alphanumeric() || " _-.:|?".contains(c);
        let named = length > 0 && inner[..length].chars().all(is_name);
        named.then(|| &text[start..start + open.len() + length + close.len()])
    })
}

fn comment(value: &str) -> Option<&str> {
    let place = value.find(" #").or_else(|| value.find("\t#"))?;
    Some(&value[place + 1..])
}
