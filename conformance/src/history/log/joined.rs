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
    object: Option<Object>,
    head: Option<String>,
}

/// An object from its first brace on: its lines are indented deeper, until the brace that ends it.
#[derive(Clone)]
struct Object {
    text: String,
    indent: usize,
}

impl Joined {
    /// Takes the next line; what has become whole by it.
    pub(super) fn take<'a>(&mut self, raw: &'a str) -> Option<Cow<'a, str>> {
        if let Some(mut object) = self.object.take().filter(|it| it.goes_on(raw)) {
            object.text.push_str(raw.trim());
            object.text.push(' ');
            if object.ends(raw) {
                return Some(Cow::Owned(object.text));
            }
            self.object = Some(object);
            return None;
        }
        if raw.trim() == "{" {
            self.object = Some(Object {
                text: "{ ".to_owned(),
                indent: indent(raw),
            });
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

impl Object {
    fn goes_on(&self, raw: &str) -> bool {
        let is_within = indent(raw) > self.indent && self.text.len() <= LONGEST_OBJECT;
        is_within || self.ends(raw)
    }

    fn ends(&self, raw: &str) -> bool {
        indent(raw) == self.indent && raw.trim_start().starts_with('}')
    }
}

fn indent(raw: &str) -> usize {
    raw.len() - raw.trim_start().len()
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
