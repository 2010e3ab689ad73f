//! This project's own event logs: JSON lines in the words of [`super::event`].

use super::event::Fact;
use jiff::Timestamp;
use serde::Deserialize;

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

/// Reads a line; `None` if it is no event.
///
/// # Errors
/// When it names an event of the vocabulary and its fields do not fit, or one that does not exist.
pub fn line(text: &str) -> Option<Result<Line, serde_json::Error>> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "event")]
        _name: String,
        #[serde(rename = "sid")]
        _sid: i64,
    }
    if !text.starts_with('{') {
        return None;
    }
    serde_json::from_str::<Named>(text).ok()?;
    Some(serde_json::from_str(text))
}
