//! The search itself: one layer after another is expanded, chunk by chunk, and what that leads to
//! is merged to the next.
//!
//! What is done is saved after each chunk but the last of a layer, which is saved with the merged
//! layer: most layers are small.

use super::candidates::{Candidates, joined, merge};
use super::estimate;
use super::expand::{Expanded, Expander, Lookout};
use super::folder::{Folder, name};
use super::layers::{Known, LayerWriter};
use super::limits::Limits;
use super::manifest::{Chunk, End, Manifest};
use super::problem::Problem;
use super::recent::Recent;
use crate::frame::check::search::peak_memory_bytes;
use crate::frame::claim::{Checked, Claim};
use crate::frame::coverage;
use crate::frame::progress::{Expected, Phase};
use crate::frame::subject::Subject;
use crate::frame::threads::for_each;
use crate::frame::visit::{fingerprint, starts};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How to go about it.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) threads: usize,
    pub(super) limits: Limits,
    /// How many states are generated at least before the search is given up, if ever.
    pub(super) give_up_after: Option<usize>,
    /// How many states there are, if that is known.
    pub(super) pinned: Option<usize>,
}

/// A search under way.
pub(super) struct Work<'a, S: Subject> {
    checked: &'a Checked<S>,
    folder: &'a Folder,
    plan: Plan,
    manifest: Mutex<Manifest>,
    lookout: Lookout<S>,
    recent: Recent,
    /// The number of the next run.
    run: AtomicUsize,
    visited: AtomicUsize,
    is_over: AtomicBool,
    /// When this process began, and what had been done by then.
    start: Instant,
    before: Before,
}

#[derive(Clone, Copy)]
struct Before {
    visited: usize,
    milliseconds: u64,
}

impl<'a, S: Subject> Work<'a, S> {
    /// Goes on with what is done. These properties are to be seen.
    pub(super) fn new(
        checked: &'a Checked<S>,
        to_see: &[Claim<S>],
        folder: &'a Folder,
        plan: Plan,
        manifest: Manifest,
    ) -> Self {
        let before = Before {
            visited: manifest.counts.visited,
            milliseconds: manifest.milliseconds,
        };
        Self {
            checked,
            folder,
            plan,
            lookout: Lookout::new(to_see, |name| manifest.seen.contains(name)),
            recent: Recent::new(plan.limits.recent),
            run: AtomicUsize::new(manifest.run_number),
            visited: AtomicUsize::new(before.visited),
            is_over: AtomicBool::new(false),
            start: Instant::now(),
            before,
            manifest: Mutex::new(manifest),
        }
    }

    /// Runs until there is an end. What was done until then is in the folder, whatever happens.
    pub(super) fn run(&self) -> Result<(), Problem> {
        loop {
            let (is_new, is_over) = {
                let manifest = self.manifest();
                (manifest.layers.is_empty(), manifest.end.is_some())
            };
            if is_over {
                return Ok(());
            }
            if is_new {
                self.begin()?;
            } else {
                self.expand()?;
            }
            if self.manifest().end.is_none() {
                self.merge()?;
            }
        }
    }

    pub(super) fn into_manifest(self) -> Manifest {
        let manifest = self.manifest.into_inner();
        manifest.unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is.
    pub(super) fn phase(&self) -> Phase {
        let manifest = self.manifest();
        let sizes: Vec<_> = manifest.layers.iter().map(|layer| layer.states).collect();
        let guessed = || estimate::total(&sizes).map(Expected::Guessed);
        let pinned = self.plan.pinned.map(Expected::Pinned);
        Phase::Layers {
            layers: sizes.len(),
            visited: self.visited.load(Ordering::Relaxed),
            before: self.before.visited,
            expected: pinned.or_else(guessed).unwrap_or(Expected::Unknown),
        }
    }

    /// A thread that panicked ends the search; nothing is saved after that.
    fn manifest(&self) -> MutexGuard<'_, Manifest> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The initial states are candidates of the first layer.
    fn begin(&self) -> Result<(), Problem> {
        let mut candidates = Candidates::default();
        for start in starts(self.checked) {
            candidates.push(fingerprint(&start), 0, &start);
        }
        let mut manifest = self.manifest();
        manifest.runs = vec![candidates.write(self.folder.path(), name(0, "candidates-0"))?];
        manifest.counts.generated = manifest.runs[0].candidates;
        manifest.coverage = coverage::Counter::new().taken(S::KINDS);
        Ok(())
    }

    /// Expands what is left of the last layer.
    fn expand(&self) -> Result<(), Problem> {
        let chunks = self.manifest().frontier.clone();
        let next = AtomicUsize::new(0);
        let mut outcomes: Vec<_> = (0..self.plan.threads).map(|_| Ok(())).collect();
        for_each(&mut outcomes, |outcome| {
            *outcome = self.expand_some(&chunks, &next);
            if outcome.is_err() {
                self.is_over.store(true, Ordering::Relaxed);
            }
        });
        outcomes.into_iter().collect()
    }

    /// What one thread does.
    fn expand_some(&self, chunks: &[Chunk], next: &AtomicUsize) -> Result<(), Problem> {
        let expander = Expander {
            checked: self.checked,
            lookout: &self.lookout,
            recent: &self.recent,
            folder: self.folder.path(),
            layer: self.manifest().layers.len(),
            gathered: self.plan.limits.gathered,
            run: &self.run,
            visited: &self.visited,
            is_over: &self.is_over,
        };
        while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(expanded) = expander.expand(chunk)? else {
                break;
            };
            self.note(chunk, expanded)?;
        }
        Ok(())
    }

    /// The chunk is done, or the search at its end.
    fn note(&self, chunk: &Chunk, expanded: Expanded) -> Result<(), Problem> {
        let mut manifest = self.manifest();
        if manifest.end.is_some() {
            return Ok(());
        }
        let taken = expanded.counter.taken(S::KINDS);
        manifest.coverage = coverage::add(&manifest.coverage, &taken);
        manifest.counts.add(expanded.counts);
        manifest.end = match expanded.violation {
            Some((fingerprint, claims)) => Some(End::Violated {
                fingerprint,
                claims,
            }),
            None => {
                manifest.frontier.retain(|it| it != chunk);
                manifest.runs.extend(expanded.runs);
                let most = self.plan.give_up_after;
                let is_enough = most.is_some_and(|most| manifest.counts.generated >= most);
                is_enough.then_some(End::GivenUp)
            }
        };
        if manifest.end.is_some() {
            self.is_over.store(true, Ordering::Relaxed);
        } else if manifest.frontier.is_empty() {
            return Ok(());
        }
        self.save(&mut manifest)?;
        match manifest.end {
            Some(_) => Ok(()),
            None => self.folder.remove(&chunk.packed),
        }
    }

    /// Makes the next layer of what is new among the candidates.
    fn merge(&self) -> Result<(), Problem> {
        let mut manifest = self.manifest().clone();
        let folder = self.folder.path();
        self.join_runs(&mut manifest)?;
        let candidates = manifest.runs.iter().map(|run| run.candidates).sum();
        let chunk_states = self.plan.limits.chunk(candidates, self.plan.threads);
        let mut known = Known::open(folder, &manifest.layers)?;
        let mut layer = LayerWriter::create(folder, manifest.layers.len(), chunk_states)?;
        merge(folder, &manifest.runs, |candidate| {
            match known.contains(candidate.fingerprint)? {
                true => Ok(()),
                false => layer.put(candidate),
            }
        })?;
        let (layer, chunks) = layer.finish()?;
        manifest.runs.clear();
        manifest.frontier = chunks;
        if layer.states == 0 {
            manifest.end = Some(End::Complete);
        } else {
            manifest.layers.push(layer);
        }
        self.save(&mut manifest)?;
        self.folder.remove_leftovers(&manifest)?;
        *self.manifest() = manifest;
        Ok(())
    }

    /// Of more runs than are merged at once, makes fewer.
    fn join_runs(&self, manifest: &mut Manifest) -> Result<(), Problem> {
        let most = self.plan.limits.merged.max(2);
        let (folder, layer) = (self.folder.path(), manifest.layers.len());
        while manifest.runs.len() > most {
            let run = self.run.fetch_add(1, Ordering::Relaxed);
            let name = name(layer, &format!("candidates-{run}"));
            let some: Vec<_> = manifest.runs.drain(..most).collect();
            manifest.runs.push(joined(folder, &some, name)?);
        }
        Ok(())
    }

    fn save(&self, manifest: &mut Manifest) -> Result<(), Problem> {
        let milliseconds = u64::try_from(self.start.elapsed().as_millis());
        let milliseconds = milliseconds.unwrap_or(u64::MAX);
        manifest.milliseconds = self.before.milliseconds.saturating_add(milliseconds);
        manifest.peak_memory_bytes = manifest.peak_memory_bytes.max(peak_memory_bytes());
        manifest.run_number = self.run.load(Ordering::Relaxed);
        manifest.seen.extend(self.lookout.seen().map(str::to_owned));
        self.folder.save(manifest)
    }
}
