//! This project's own event logs: JSON lines in the words of [`super::event`].

mod complaints;

use super::event::Fact;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

pub(super) use complaints::{complaint, is_program, speaker};

/// In these words `fle serve` says that its log is not whole.
const LOST: [&str; 2] = ["lines of this log are lost", "more lines were left out"];

/// A line of an own log.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// When.
    pub timestamp: Option<Timestamp>,
    /// Who speaks.
    pub sid: i64,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What an object of a log is.
pub enum Said {
    /// An event.
    Event(Box<Line>),
    /// The log lost or left out lines, in its own words.
    Lost(String),
}

/// Reads an object; `None` if it is neither an event nor about the log itself.
///
/// # Errors
/// When it names an event of the vocabulary and its fields do not fit, or one that does not exist.
pub fn said(object: &Value) -> Option<Result<Said, serde_json::Error>> {
    if object.get("event").is_some_and(Value::is_string)
        && object.get("sid").is_some_and(Value::is_i64)
    {
        let line = Line::deserialize(object);
        return Some(line.map(|it| Said::Event(Box::new(it))));
    }
    let message = object.get("message")?.as_str()?;
    let is_program = object.get("target")?.as_str()? == "fle::program";
    let is_lost = LOST.iter().any(|it| message.contains(it));
    (is_program && is_lost).then(|| Ok(Said::Lost(message.to_owned())))
}
