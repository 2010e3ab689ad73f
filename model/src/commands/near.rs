//! The name that was probably meant by one that nothing has.

/// What is wrong, and what to type instead.
pub(crate) fn or_near(wrong: &str, name: &str, known: impl Iterator<Item = String>) -> String {
    match nearest(name, known) {
        Some(meant) => {
            format!("{wrong}; did you mean “{meant}”? `fle-model list` shows all names")
        }
        None => format!("{wrong}; `fle-model list` shows all names"),
    }
}

/// The known name that looks most like this one, if any does.
fn nearest(name: &str, known: impl Iterator<Item = String>) -> Option<String> {
    /// How alike two names must be, from 0 to 1, for one to be a slip of the other.
    const ALIKE: f64 = 0.7;
    let likeness = known.map(|known| (likeness(name, &known), known));
    let alike = likeness.filter(|&(likeness, _)| likeness >= ALIKE);
    let nearest = alike.max_by(|(a, _), (b, _)| a.total_cmp(b));
    nearest.map(|(_, known)| known)
}

/// As they are, or with their words in alphabetical order: `crash-timely` is `timely-crash`.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    let as_they_are = strsim::normalized_damerau_levenshtein(&a.join(" "), &b.join(" "));
    let sorted = |mut words: Vec<String>| {
        words.sort();
        words.join(" ")
    };
    let in_order = strsim::normalized_damerau_levenshtein(&sorted(a), &sorted(b));
    as_they_are.max(in_order)
}

fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_name() {
        let known = [
            "fault-free",
            "timely-crash",
            "timely-loss",
            "quorum evidence",
        ];
        for (name, meant) in [
            ("fault_free", Some("fault-free")),
            ("faultfree", Some("fault-free")),
            ("Fault-Free", Some("fault-free")),
            ("timely-lsos", Some("timely-loss")),
            ("crash-timely", Some("timely-crash")),
            ("crahs-timely", Some("timely-crash")),
            ("quorum-evidense", Some("quorum evidence")),
            ("nowhere", None),
            ("", None),
        ] {
            let nearest = nearest(name, known.iter().map(|&known| known.to_owned()));
            assert_eq!(nearest.as_deref(), meant, "{name}");
        }
    }
}
