//! A way through a system as data: told in sentences, drawn ([`super::diagram`]), written as JSON.
//!
//! Each protocol says how its own steps read; here is what they have in common. Servers are named
//! by their places, from 0, and written by their sids.

use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

/// A way: how the servers start, then step by step.
#[derive(Clone, Debug, Serialize)]
pub struct Story {
    /// How it begins, in a sentence.
    pub beginning: String,
    /// Every server, ascending by sid.
    pub initial: Vec<Start>,
    /// What happens then.
    pub steps: Vec<Step>,
    /// How to read what is written beside the marks of a drawing.
    #[serde(skip)]
    pub notation: &'static [&'static str],
    /// Of a story that never ends, the number of the first step that repeats for ever; past the
    /// last if nothing more happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_ever_from: Option<usize>,
}

/// How a server starts.
#[derive(Clone, Debug, Serialize)]
pub struct Start {
    /// Its sid.
    pub sid: i64,
    /// What there is to know of it, for programs.
    #[serde(flatten)]
    pub facts: Facts,
    /// The same for readers, in a few words each, with what it is about.
    #[serde(skip)]
    pub shown: Vec<Caption>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub number: usize,
    /// What there is to know of it, for programs.
    #[serde(flatten)]
    pub facts: Facts,
    /// All of it in a sentence.
    pub told: String,
    /// How it is drawn.
    #[serde(skip)]
    pub picture: Picture,
}

/// What programs read of a start or of a step.
pub type Facts = Map<String, Value>;

/// How a step is drawn.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The kind of the step.
    pub kind: &'static str,
    /// What happens.
    pub mark: Mark,
    /// The server that it happens to, and what becomes of it.
    pub changes: Option<(usize, Vec<Caption>)>,
}

/// The mark of what happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// One server receives from another, or from itself.
    Arrow {
        /// The sender.
        src: usize,
        /// The receiver.
        dst: usize,
        /// What arrives.
        label: String,
    },
    /// What one server had for another is lost.
    Loss {
        /// The sender.
        src: usize,
        /// The receiver that never sees it.
        dst: usize,
        /// What is lost.
        label: String,
    },
    /// A wait of the server is over.
    Clock {
        /// Who waited.
        server: usize,
        /// For what.
        label: String,
    },
    /// Something else happens to the server.
    Word {
        /// To whom.
        server: usize,
        /// What.
        label: String,
    },
    /// The connection between two servers breaks.
    Cut {
        /// One of them.
        a: usize,
        /// The other.
        b: usize,
        /// What it is.
        label: String,
    },
}

/// A few words, and what they are about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caption {
    /// What they are about.
    pub class: &'static str,
    /// The words.
    pub label: String,
}

/// A file for other programs, of one server's life in a way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Whose it is: the end of the file's name.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// How many steps that is.
    pub steps: usize,
}

impl Caption {
    /// These words about this.
    pub fn new(class: &'static str, label: impl Into<String>) -> Self {
        let label = label.into();
        Self { class, label }
    }
}

impl Story {
    /// How it begins, then its steps, a line each.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let steps = self.steps.iter().map(|step| step.told.clone());
        std::iter::once(self.beginning.clone())
            .chain(steps)
            .collect()
    }

    /// How a story that never ends goes on.
    #[must_use]
    pub fn goes_on(&self) -> Option<String> {
        let (from, last) = (self.for_ever_from?, self.steps.len());
        Some(if from > last {
            "Then nothing more happens.".to_owned()
        } else {
            format!("Steps {from} to {last} repeat for ever.")
        })
    }
}

impl fmt::Display for Story {
    /// Its lines, numbered, and how it goes on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.told().into_iter().enumerate() {
            writeln!(f, "    {number:>3}. {line}")?;
        }
        self.goes_on()
            .map_or(Ok(()), |how| writeln!(f, "    {how}"))
    }
}

/// What a value has for programs.
///
/// # Panics
/// If it is no structure.
pub fn facts(value: impl Serialize) -> Facts {
    match serde_json::to_value(value) {
        Ok(Value::Object(facts)) => facts,
        other => panic!("a structure is an object in JSON: {other:?}"),
    }
}
