//! The states that one thread has met lately.
//!
//! Most of what a step leads to was met before, and often a moment ago: what may happen in either
//! order leads to one state twice. To ask here first spares the way to a table that lies anywhere
//! in memory, and that all threads share.

/// How many are remembered: as many as stay close to a processor.
const PLACES: usize = 1 << 13;

/// Fingerprints and labels, each where the next one takes its place that calls for it.
pub(super) struct Recent<L>(Box<[Option<(u64, L)>; PLACES]>);

impl<L: Copy> Recent<L> {
    pub(super) fn new() -> Self {
        Self(Box::new([None; PLACES]))
    }

    /// The label of a state with this fingerprint; `None` where it is not remembered.
    pub(super) fn find(&self, fingerprint: u64) -> Option<L> {
        let known = self.0[place(fingerprint)];
        known.filter(|it| it.0 == fingerprint).map(|it| it.1)
    }

    pub(super) fn remember(&mut self, fingerprint: u64, label: L) {
        self.0[place(fingerprint)] = Some((fingerprint, label));
    }
}

/// Other bits than those that tell the shards and the places of the large table.
fn place(fingerprint: u64) -> usize {
    usize::try_from(fingerprint >> 16).map_or(0, |bits| bits % PLACES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_met_last_is_known_by_its_label_and_nothing_else_is() {
        let mut recent = Recent::new();
        assert_eq!(recent.find(0), None);
        let same_place = |it: u64| it << 48 | 7 << 16;
        recent.remember(same_place(1), 'a');
        assert_eq!(recent.find(same_place(1)), Some('a'));
        assert_eq!(recent.find(same_place(2)), None);
        recent.remember(same_place(2), 'b');
        assert_eq!(recent.find(same_place(2)), Some('b'));
        assert_eq!(recent.find(same_place(1)), None);
    }
}
