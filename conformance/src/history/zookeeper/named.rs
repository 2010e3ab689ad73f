//! Voters that ZooKeeper's lines name, beside those that are heard or voted for: in a configuration
//! that is printed, and by a leader of whoever joins it.

use fle::Sid;
use regex::Regex;
use std::sync::LazyLock;

/// The voters that a line names. Observers are none.
pub(in crate::history) fn voters(text: &str) -> Vec<Sid> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"\bserver\.(?<listed>\d+) ?= ?(?<rest>[^\s,}]+)|Follower sid: (?<joins>\d+) : info : (?<info>\S+)",
        )
        .expect("a constant")
    });
    if !text.contains("server.") && !text.contains("Follower sid") {
        return Vec::new();
    }
    let named = NAMED.captures_iter(text).filter_map(|found| {
        let rest = found.name("rest").or(found.name("info"))?.as_str();
        let is_address = rest.matches(':').count() >= 2;
        let sid = found.name("listed").or(found.name("joins"))?.as_str();
        let is_voter = is_address && !rest.contains(":observer");
        is_voter.then(|| sid.parse().ok().map(Sid))?
    });
    named.collect()
}
