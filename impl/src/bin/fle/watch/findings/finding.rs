//! A finding, and how servers are named in it.

use crate::watch::row::Row;
use serde::Serialize;
use std::fmt;

/// Something that somebody should do something about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Finding {
    /// One word or two, the same for every finding of its sort.
    pub(crate) kind: &'static str,
    pub(crate) severity: Severity,
    /// The addresses that it is about, as they were given.
    pub(crate) addresses: Vec<String>,
    pub(crate) text: String,
    pub(crate) remedy: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The ensemble does not work, or not as it is meant to.
    Wrong,
    /// It may work well, and more could be told.
    Hint,
}

impl Finding {
    pub(super) fn wrong(
        kind: &'static str,
        rows: &[&Row],
        text: String,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            severity: Severity::Wrong,
            addresses: rows.iter().map(|row| row.address.to_string()).collect(),
            text,
            remedy: remedy.into(),
        }
    }

    pub(super) fn hint(
        kind: &'static str,
        rows: &[&Row],
        text: String,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Hint,
            ..Self::wrong(kind, rows, text, remedy)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Wrong => "wrong",
            Severity::Hint => "hint",
        };
        write!(f, "{severity}: {}; {}", self.text, self.remedy)
    }
}

/// The servers by name, in a sentence.
pub(super) fn names(rows: &[&Row]) -> String {
    let names: Vec<String> = rows.iter().map(|row| row.name()).collect();
    listed(&names)
}

/// `a, b and c`, and no more than a few.
pub(super) fn listed(names: &[String]) -> String {
    const NAMED: usize = 8;
    match names {
        [one] => one.clone(),
        [first @ .., last] if names.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        _ => {
            let named = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
            let more = names.len().saturating_sub(NAMED);
            format!("{} and {more} more", named.join(", "))
        }
    }
}
