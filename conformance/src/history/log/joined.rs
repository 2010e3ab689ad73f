//! Lines that say one thing together: a JSON object that is laid out over several, and the two
//! lines of `java.util.logging`, of which the first has the time and the second the message.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A longer object is none of a log's.
const LONGEST_OBJECT: usize = 64 * 1024;

/// What is begun and not ended yet.
#[derive(Clone, Default)]
pub(super) struct Joined {
    object: Option<String>,
    head: Option<String>,
}

impl Joined {
    /// Takes the next line; what has become whole by it.
    pub(super) fn take<'a>(&mut self, raw: &'a str) -> Option<Cow<'a, str>> {
        if let Some(mut object) = self.object.take() {
            object.push_str(raw.trim());
            object.push(' ');
            let is_whole = raw.trim_start().starts_with('}') && is_json(&object);
            if is_whole || object.len() > LONGEST_OBJECT {
                return Some(Cow::Owned(object));
            }
            self.object = Some(object);
            return None;
        }
        if raw.trim() == "{" {
            self.object = Some("{ ".to_owned());
            return None;
        }
        let head = self.head.take();
        if let Some(head) = head.filter(|_| is_second(raw)) {
            return Some(Cow::Owned(format!("{head} {raw}")));
        }
        if is_first(raw) {
            self.head = Some(raw.trim_end().to_owned());
        }
        Some(Cow::Borrowed(raw))
    }
}

fn is_json(text: &str) -> bool {
    let text = text.trim_end().trim_end_matches(',');
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// `Nov 30, 2026 12:00:00 PM org.apache.zookeeper.server.quorum.QuorumPeer run`
fn is_first(raw: &str) -> bool {
    static FIRST: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[^{]{0,80}\d:\d\d.{0,12} (?:[\w$]+\.)+[\w$]+ [\w$<>]+\s*$")
            .expect("a constant")
    });
    FIRST.is_match(raw)
}

/// `INFO: LOOKING`
fn is_second(raw: &str) -> bool {
    let levels = [
        "INFO: ",
        "WARNING: ",
        "SEVERE: ",
        "FINE: ",
        "FINER: ",
        "FINEST: ",
        "CONFIG: ",
    ];
    levels.iter().any(|it| raw.starts_with(it))
}
