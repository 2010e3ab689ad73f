//! The key that was probably meant by one that ZooKeeper does not know.

use super::keys;

/// The known key that looks most like this one, if any does.
pub(super) fn nearest(key: &str) -> Option<String> {
    // The prefix of the system property, which must not stand in the file.
    let key = key.strip_prefix("zookeeper.").unwrap_or(key);
    member(key)
        .or_else(|| with_the_same_words(key))
        .or_else(|| most_alike(key))
}

/// `server-1`, `Server.1`, `server1` and `sever.1` are about members of the ensemble.
fn member(key: &str) -> Option<String> {
    let word = key.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &key[word.len()..];
    let word = word.to_lowercase();
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    let kinds = ["server", "group", "weight"];
    let kind = kinds
        .iter()
        .find(|kind| strsim::damerau_levenshtein(kind, word) <= 1)?;
    (!number.is_empty()).then(|| format!("{kind}.{number}"))
}

/// `timeTick`, `tick_time` and `tick.time` have the words of `tickTime`.
fn with_the_same_words(key: &str) -> Option<String> {
    let meant = words(key);
    let mut known = keys::known();
    known.find(|known| words(known) == meant).map(str::to_owned)
}

fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in key.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words.sort();
    words
}

fn most_alike(key: &str) -> Option<String> {
    /// How alike two keys must be, from 0 to 1, for one to be a slip of the other.
    const ALIKE: f64 = 0.75;
    let key = key.to_lowercase();
    let likeness =
        |known: &str| strsim::normalized_damerau_levenshtein(&known.to_lowercase(), &key);
    keys::known()
        .map(|known| (likeness(known), known))
        .filter(|&(likeness, _)| likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}
