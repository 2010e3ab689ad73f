//! The line before: an exception that a server logs stands on lines of its own, without a time or
//! a server, behind the line that it belongs to.
//!
//! Where several servers share a file, each has its own line before.

use crate::history::layout::{Clock, Line, Told};
use jiff::Timestamp;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The last line of each source that begins something.
#[derive(Clone, Default)]
pub(super) struct Heads(BTreeMap<String, Head>);

/// A line that exceptions may follow.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) text: String,
    /// Its number, from 1.
    pub(super) line: usize,
    /// Which of the file's complaints it is.
    pub(super) complaint: Option<usize>,
}

impl Head {
    /// As the log means it.
    pub(super) fn time(&self, mut clock: Clock) -> Option<Timestamp> {
        let told = self.told(&mut clock)?;
        clock.meant(told)
    }

    pub(super) fn told(&self, clock: &mut Clock) -> Option<Told> {
        let line = Line::new(&self.text);
        let time = line.around(line.text.len()).time?;
        Some(clock.tell(time))
    }
}

impl Heads {
    /// Takes a line, unless it goes on with the one before it.
    pub(super) fn put(&mut self, text: &str, line: usize, complaint: Option<usize>) {
        if is_frame(text) {
            return;
        }
        let source = source(text);
        if let Some(head) = self.0.get_mut(source) {
            head.text.clear();
            head.text.push_str(text);
            (head.line, head.complaint) = (line, complaint);
        } else {
            let text = text.to_owned();
            let head = Head {
                text,
                line,
                complaint,
            };
            self.0.insert(source.to_owned(), head);
        }
    }

    /// The line that this one goes on with.
    pub(super) fn before(&self, text: &str) -> Option<&Head> {
        self.0.get(source(text))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Head> {
        self.0.values()
    }
}

/// A line of a stack trace, or none at all.
fn is_frame(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with("at ") || text.starts_with("... ") || text.contains("\tat ")
}

/// What passed the line on, where it stands before everything else.
fn source(text: &str) -> &str {
    static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:[\w.-]{1,64}\s*\||\[pod/[^\]]{1,256}\])").expect("a constant")
    });
    SOURCE.find(text).map_or("", |it| it.as_str())
}
