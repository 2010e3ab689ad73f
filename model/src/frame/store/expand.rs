//! What comes of the states of a chunk: they are judged, and the candidates of the next layer
//! gathered from them.

use super::candidates::Candidates;
use super::folder::name;
use super::layers::ChunkReader;
use super::manifest::{Chunk, Counts, Run};
use super::problem::Problem;
use super::recent::Recent;
use crate::frame::claim::{Checked, Claim};
use crate::frame::coverage::Counter;
use crate::frame::subject::{StateOf, Subject};
use crate::frame::visit::fingerprint;
use stateright::Model;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What came of a chunk.
pub(super) struct Expanded {
    pub(super) counts: Counts,
    pub(super) counter: Counter,
    pub(super) runs: Vec<Run>,
    /// A state, and what does not hold in it.
    pub(super) violation: Option<(u64, Vec<String>)>,
}

/// What should be seen, and what was.
pub(super) struct Lookout<S: Subject>(Vec<(Claim<S>, AtomicBool)>);

impl<S: Subject> Lookout<S> {
    pub(super) fn new(claims: &[Claim<S>], is_seen: impl Fn(&str) -> bool) -> Self {
        let claims = claims.iter();
        Self(
            claims
                .map(|&claim| (claim, AtomicBool::new(is_seen(claim.name))))
                .collect(),
        )
    }

    fn look(&self, checked: &Checked<S>, state: &StateOf<S>) {
        for (claim, seen) in &self.0 {
            if !seen.load(Ordering::Relaxed) && (claim.condition)(checked, state) {
                seen.store(true, Ordering::Relaxed);
            }
        }
    }

    /// The names of those that were seen.
    pub(super) fn seen(&self) -> impl Iterator<Item = &'static str> {
        let seen = self.0.iter().filter(|(_, it)| it.load(Ordering::Relaxed));
        seen.map(|(claim, _)| claim.name)
    }
}

/// Expands chunks of one layer.
pub(super) struct Expander<'a, S: Subject> {
    pub(super) checked: &'a Checked<S>,
    pub(super) lookout: &'a Lookout<S>,
    pub(super) recent: &'a Recent,
    pub(super) folder: &'a Path,
    /// The number of the layer that the chunks lead to.
    pub(super) layer: usize,
    /// How many bytes of candidates are gathered before they are written.
    pub(super) gathered: usize,
    /// The number of the next run.
    pub(super) run: &'a AtomicUsize,
    /// How many states were visited, for those who watch.
    pub(super) visited: &'a AtomicUsize,
    /// Whether there is a reason to leave off.
    pub(super) is_over: &'a AtomicBool,
}

impl<S: Subject> Expander<'_, S> {
    /// What comes of the chunk, up to a violation; `None` if it was left off.
    pub(super) fn expand(&self, chunk: &Chunk) -> Result<Option<Expanded>, Problem> {
        let mut states = ChunkReader::open(self.folder, chunk)?;
        let mut candidates = Candidates::default();
        let mut actions = Vec::new();
        let mut expanded = Expanded {
            counts: Counts::default(),
            counter: Counter::new(),
            runs: Vec::new(),
            violation: None,
        };
        while let Some(state) = states.next::<StateOf<S>>()? {
            if self.is_over.load(Ordering::Relaxed) {
                return Ok(None);
            }
            expanded.violation = self.visit(&state);
            if expanded.violation.is_some() {
                return Ok(Some(expanded));
            }
            self.step(&state, &mut actions, &mut candidates, &mut expanded);
            if candidates.bytes() >= self.gathered {
                expanded.runs.push(self.write(&mut candidates)?);
            }
        }
        if !candidates.is_empty() {
            expanded.runs.push(self.write(&mut candidates)?);
        }
        Ok(Some(expanded))
    }

    fn visit(&self, state: &StateOf<S>) -> Option<(u64, Vec<String>)> {
        self.visited.fetch_add(1, Ordering::Relaxed);
        self.lookout.look(self.checked, state);
        let violated = self.checked.violated(state);
        let claims: Vec<_> = violated.map(|claim| claim.name.to_owned()).collect();
        (!claims.is_empty()).then(|| (fingerprint(state), claims))
    }

    fn step(
        &self,
        from: &StateOf<S>,
        actions: &mut Vec<S::Action>,
        candidates: &mut Candidates,
        expanded: &mut Expanded,
    ) {
        let Expanded {
            counts, counter, ..
        } = expanded;
        let parent = fingerprint(from);
        counts.visited += 1;
        self.checked.actions(from, actions);
        for action in actions.drain(..) {
            let Some(state) = self.checked.next_state(from, action) else {
                continue;
            };
            counter.count(self.checked.kinds(from, action, &state));
            if !self.checked.within_boundary(&state) {
                counts.beyond += 1;
                continue;
            }
            counts.generated += 1;
            let fingerprint = fingerprint(&state);
            if !self.recent.meet(fingerprint) {
                candidates.push(fingerprint, parent, &state);
            }
        }
    }

    fn write(&self, candidates: &mut Candidates) -> Result<Run, Problem> {
        let number = self.run.fetch_add(1, Ordering::Relaxed);
        let name = name(self.layer, &format!("candidates-{number}"));
        candidates.write(self.folder, name)
    }
}
