//! A search that keeps on disk what it has met: for more states than fit into memory, and for
//! searches that are to outlive a process.
//!
//! # How it goes
//!
//! Breadth first, layer by layer. A layer is the states that are as many steps away from the
//! initial ones. Its states are *expanded*: judged, and what they lead to gathered as *candidates*,
//! sorted and written in *runs*, new or not. When all are, the runs are *merged* with one another
//! and with the fingerprints of all earlier layers, every one of these files in ascending order and
//! read once; what is new is the next layer. (Korf calls it delayed duplicate detection.)
//!
//! A state costs 16 bytes for good, its fingerprint and that of a state which leads to it, and is
//! itself kept only until it is expanded. What takes most of the disk are the candidates of one
//! layer, 80 bytes for each of four servers, 120 of five, and as many as there are steps from its
//! states, less those that were met a moment ago. The states of a layer are divided into *chunks*,
//! which threads expand, each at its own pace; one thread merges.
//!
//! # What holds
//!
//! - **Memory is bounded** ([`Limits`]), however many states there are: so much for the candidates
//!   that a thread gathers, for those that were met lately, and for the buffer of each file that is
//!   merged.
//! - **Nothing done is lost.** A manifest says what is done, and is replaced after each chunk and
//!   each merged layer. A process that ends at any moment, by a signal, by a full disk, with the
//!   power, loses what it was at: a chunk for each thread, or a layer's last chunk and the merging.
//!   The same command goes on. What it left half done is removed.
//! - **The counts are those of a search in memory**, whatever happens meanwhile, and so are the
//!   verdicts on what must always hold and what should be seen sometimes. Both searches hold two
//!   states with one fingerprint for one. A violation's counterexample is a shortest one: the way
//!   goes back from parent to parent.
//! - **Fair runs are not judged.** What must hold eventually is judged on the graph of all states,
//!   for which every step would have to be kept. Such a property is [`Verdict::NotJudged`], and
//!   that fails the check: a check that passes has judged what it was asked.
//! - **A store is one search's**: of one scenario, mutant and shard, by one model. Whatever else is
//!   found in the folder is refused, in a line that says what to do ([`Problem`]), and left as it
//!   is.
//!
//! # What is deliberately absent
//!
//! A choice of order or of what is kept; the repair of a damaged store; one store for several
//! machines, for which there are shards.

mod candidates;
mod estimate;
mod expand;
mod file;
mod folder;
mod layers;
mod limits;
mod manifest;
mod problem;
mod recent;
mod rules;
mod way;
mod work;

pub use limits::Limits;
pub use problem::Problem;

use super::check::search::{MUTANT_STATES, Search};
use super::check::{Options, Run, row, violated};
use super::claim::{Checked, Claim, Kind};
use super::mutant::Mutant as _;
use super::progress::{Watch, Watcher};
use super::report::{Report, Row, Verdict};
use super::scenario::{Scenario, Task};
use super::visit::Tally;
use folder::Folder;
use manifest::{End, Identity, Manifest};
use std::path::Path;
use way::way;
use work::{Plan, Work};

/// Where a search is kept, and within which limits it works.
#[derive(Clone, Copy, Debug)]
pub struct Store<'a> {
    /// The folder. It is made if it is missing.
    pub folder: &'a Path,
    /// The limits, which may be others each time.
    pub limits: Limits,
}

/// Checks the scenario in a store.
///
/// # Errors
/// If the folder cannot be used, or the disk is full.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn check_in_store<C: Scenario>(
    scenario: &C,
    store: Store<'_>,
    options: Options,
    watcher: Option<Watcher<'_>>,
) -> Result<Report, Problem> {
    let watch = Watch(watcher);
    scenario.run(Check {
        store,
        options,
        watch,
    })
}

struct Check<'a, 'w> {
    store: Store<'a>,
    options: Options,
    watch: Watch<'w>,
}

impl<C: Scenario> Task<C> for Check<'_, '_> {
    type Output = Result<Report, Problem>;

    fn run<const N: usize>(self, scenario: &C) -> Self::Output {
        let Self {
            store,
            options,
            watch,
        } = self;
        let run: Run<'_, '_, C, N> = Run {
            scenario,
            options,
            watch,
        };
        Stored::new(run, store)?.check()
    }
}

/// A check in a store that nobody else uses.
struct Stored<'a, 'w, C: Scenario, const N: usize> {
    run: Run<'a, 'w, C, N>,
    checked: Checked<C::System<N>>,
    /// What should be seen.
    sometimes: Vec<Claim<C::System<N>>>,
    limits: Limits,
    folder: Folder,
}

impl<'a, 'w, C: Scenario, const N: usize> Stored<'a, 'w, C, N> {
    fn new(run: Run<'a, 'w, C, N>, store: Store<'_>) -> Result<Self, Problem> {
        let always = run.claims(|kind| matches!(kind, Kind::Always { .. }));
        Ok(Self {
            checked: run.checked(always),
            sometimes: run.claims(|kind| matches!(kind, Kind::Witness | Kind::Pitfall)),
            limits: store.limits,
            folder: Folder::open(store.folder)?,
            run,
        })
    }

    fn check(mut self) -> Result<Report, Problem> {
        let manifest = self.manifest()?;
        let plan = self.plan();
        let work = Work::new(&self.checked, &self.sometimes, &self.folder, plan, manifest);
        let watch = &mut self.run.watch;
        watch.during(|| work.phase(), || work.run())?;
        let manifest = work.into_manifest();
        self.report(&manifest)
    }

    /// What is done, or that nothing is.
    fn manifest(&self) -> Result<Manifest, Problem> {
        let ours = Identity {
            scenario: self.run.scenario.about().name.to_owned(),
            mutant: self.run.scenario.mutant().map(|mutant| mutant.name()),
            shard: self.run.options.shard,
            rules: rules::digest(&self.checked, &self.sometimes),
        };
        let Some(manifest) = self.folder.load()? else {
            let manifest = Manifest::new(ours);
            self.folder.save(&manifest)?;
            return Ok(manifest);
        };
        let (path, theirs) = (self.folder.path().to_owned(), &manifest.search);
        if theirs.to_string() != ours.to_string() {
            return Err(Problem::OtherSearch {
                path,
                theirs: theirs.to_string(),
                ours: ours.to_string(),
            });
        }
        if theirs.rules != ours.rules {
            return Err(Problem::OtherRules(path));
        }
        self.folder.remove_leftovers(&manifest)?;
        Ok(manifest)
    }

    fn plan(&self) -> Plan {
        let Run {
            scenario, options, ..
        } = &self.run;
        let is_mutant = scenario.mutant().is_some();
        let is_pinned = !is_mutant && options.shard.is_whole();
        let pinned = Some(scenario.about().unique_states).filter(|&pinned| pinned > 0);
        Plan {
            threads: options.threads.get(),
            limits: self.limits,
            give_up_after: is_mutant.then_some(MUTANT_STATES),
            pinned: pinned.filter(|_| is_pinned),
        }
    }

    fn report(&self, manifest: &Manifest) -> Result<Report, Problem> {
        let search = self.found(manifest);
        let came_to_end = search.came_to_end();
        let mut properties = Vec::new();
        for claim in &self.checked.claims {
            properties.push(match &manifest.end {
                Some(End::Violated {
                    fingerprint,
                    claims,
                }) if claims.iter().any(|it| it == claim.name) => {
                    self.violation(claim, manifest, *fingerprint)?
                }
                _ if search.exhausted() => row(claim, Verdict::Holds),
                _ => row(claim, Verdict::Undecided),
            });
        }
        let unless_stopped = |verdict| match came_to_end {
            true => verdict,
            false => Verdict::Undecided,
        };
        let of_runs = self.run.claims(Kind::is_of_runs).into_iter();
        let of_runs = of_runs.map(|claim| row(&claim, unless_stopped(Verdict::NotJudged)));
        let sometimes = self.sometimes.iter().map(|claim| {
            let verdict = match manifest.seen.contains(claim.name) {
                true => Verdict::Seen,
                false => unless_stopped(self.run.unseen()),
            };
            row(claim, verdict)
        });
        properties.extend(of_runs.chain(sometimes));
        let (scenario, shard) = (self.run.scenario, self.run.options.shard);
        let report = search.report(scenario, shard, None, properties);
        Ok(Report {
            peak_memory_bytes: manifest.peak_memory_bytes.max(report.peak_memory_bytes),
            ..report
        })
    }

    /// What the search came to, as of one in memory.
    #[expect(clippy::cast_precision_loss, reason = "no search takes as long")]
    fn found(&self, manifest: &Manifest) -> Search {
        let is_violated = |claim: &&Claim<_>| match &manifest.end {
            Some(End::Violated { claims, .. }) => claims.iter().any(|it| it == claim.name),
            Some(End::Complete | End::GivenUp) | None => false,
        };
        let violated = self.checked.claims.iter().filter(is_violated);
        Search {
            violated: violated.map(|claim| claim.name).collect(),
            given_up: manifest.end == Some(End::GivenUp),
            initial_states: self.checked.starts.len(),
            coverage: manifest.coverage.clone(),
            tally: Tally {
                unique: manifest.unique(),
                generated: manifest.counts.generated,
                visited: manifest.counts.visited,
                beyond: manifest.counts.beyond,
                depth: manifest.layers.len(),
            },
            seconds: manifest.milliseconds as f64 / 1e3,
        }
    }

    fn violation(
        &self,
        claim: &Claim<C::System<N>>,
        manifest: &Manifest,
        fingerprint: u64,
    ) -> Result<Row, Problem> {
        let (folder, layers) = (self.folder.path(), &manifest.layers);
        let way = way(&self.checked, folder, layers, fingerprint)?;
        Ok(violated(
            self.run.scenario,
            claim,
            &self.checked.system,
            &way,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;
    use tempfile::TempDir;

    const OPTIONS: Options = Options {
        threads: NonZeroUsize::MIN,
        shard: crate::frame::shard::Shard::WHOLE,
    };

    fn check_in(folder: &Path) -> Result<Report, Problem> {
        let limits = Limits::default();
        let scenario = crate::models::find("timely-oracle-wires").expect("a scenario");
        scenario.check_in_store(Store { folder, limits }, OPTIONS, None)
    }

    #[test]
    fn a_search_by_other_rules_is_refused() {
        let folder = TempDir::new().expect("a folder");
        check_in(folder.path()).expect("a store");
        let store = Folder::open(folder.path()).expect("nobody uses it");
        let mut manifest = store.load().expect("it is whole").expect("there is one");
        manifest.search.rules = "others".to_owned();
        store.save(&manifest).expect("it is written");
        drop(store);
        let problem = check_in(folder.path()).expect_err("it is refused");
        assert!(matches!(problem, Problem::OtherRules(_)), "{problem}");
    }

    /// Chunks are for all threads, and within their limits.
    #[test]
    fn a_chunk_is_a_part_of_a_layer() {
        let limits = Limits {
            chunk_from: 10,
            chunk_to: 100,
            ..Limits::default()
        };
        let sizes = [0, 800, 1_600_000].map(|candidates| limits.chunk(candidates, 2));
        assert_eq!(sizes, [10, 50, 100]);
    }
}
