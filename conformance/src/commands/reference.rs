//! `fle-conformance reference`: the implementation, the model and traces against the real class,
//! live.

use super::{Output, Result, scenario};
use fle_conformance::compare::{Disagreement, Finding, beside_the_class, compare, confirm};
use fle_conformance::engine::Engine;
use fle_conformance::reference::Stopped;
use fle_conformance::replay::{Difference, replay};
use fle_conformance::{describe, random, reference};
use fle_model::election::scenario::Scenario;
use fle_model::election::trace::format::Trace;
use fle_model::election::trace::record_walk;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Reference {
    /// The scenarios to walk through. [default: those of tier ci, without the two in which a
    /// deviation shows]
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenarios: Vec<&'static Scenario>,
    /// How many walks through each scenario.
    #[arg(long, value_name = "N", default_value_t = 10)]
    walks: u32,
    /// How many random traces.
    #[arg(long, value_name = "N", default_value_t = 500)]
    random: u32,
    /// The seed of the first random trace and of each scenario's first walk; each further one has
    /// the next number. [default: a random one, which is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// A trace file, or a folder of them.
    #[arg(long, value_name = "PATH")]
    traces: Vec<PathBuf>,
    /// Writes each trace that shows a difference to this folder, as the real class takes it, for
    /// `replay`.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// Any number, short enough to be typed again. The standard library draws the keys of its hash maps
/// at random.
fn random_seed() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000
}

/// As many as there are to be, one after the other.
fn seeds(first: u64, count: u32) -> impl Iterator<Item = u64> {
    (0..count).map(move |further| first.wrapping_add(further.into()))
}

/// What is compared, and what came of it so far.
struct Comparison {
    class: reference::Reference,
    keep: Option<PathBuf>,
    out: Box<dyn Write>,
    groups: Vec<Group>,
    differences: Vec<Value>,
}

/// Traces of one origin.
#[derive(serde::Serialize)]
struct Group {
    name: String,
    traces: usize,
    steps: usize,
    differ: usize,
}

impl Reference {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if let Some(folder) = &self.keep {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let seed = self.seed.unwrap_or_else(random_seed);
        let mut comparison = Comparison {
            class: reference::Reference::start()?,
            keep: self.keep.clone(),
            out: self.output.text(),
            groups: Vec::new(),
            differences: Vec::new(),
        };
        writeln!(comparison.out, "seed {seed}")?;
        if self.random > 0 {
            comparison.random(seeds(seed, self.random))?;
        }
        if self.walks > 0 {
            for scenario in self.scenarios() {
                comparison.walks(scenario, seeds(seed, self.walks))?;
            }
        }
        for path in &self.traces {
            comparison.files(path)?;
        }
        let total = |count: fn(&Group) -> usize| comparison.groups.iter().map(count).sum::<usize>();
        let (traces, differ) = (total(|it| it.traces), total(|it| it.differ));
        writeln!(comparison.out, "{} agree, {differ} differ", traces - differ)?;
        self.output.json(&json!({
            "seed": seed,
            "agree": traces - differ,
            "differ": differ,
            "groups": comparison.groups,
            "differences": comparison.differences,
        }))?;
        Ok(ExitCode::from(u8::from(differ > 0)))
    }

    fn scenarios(&self) -> Vec<&'static Scenario> {
        if self.scenarios.is_empty() {
            return beside_the_class().collect();
        }
        self.scenarios.clone()
    }
}

impl Comparison {
    fn random(&mut self, seeds: impl Iterator<Item = u64>) -> Result<()> {
        self.begin("random");
        for seed in seeds {
            let traces = random::trace(seed);
            let steps = traces.current().steps.len();
            let found = compare(&mut self.class, traces, replay)?;
            self.count(&format!("random-{seed}"), steps, found)?;
        }
        self.end()
    }

    fn walks(&mut self, scenario: &Scenario, seeds: impl Iterator<Item = u64>) -> Result<()> {
        self.begin(scenario.name);
        for seed in seeds {
            for recording in record_walk(scenario, seed) {
                let name = recording.file_name(&format!("{}-{seed}", scenario.name));
                self.expecting(name.trim_end_matches(".jsonl"), &recording.trace)?;
            }
        }
        self.end()
    }

    fn files(&mut self, path: &Path) -> Result<()> {
        self.begin(&path.display().to_string());
        for file in Trace::files(path)? {
            let trace = Trace::read(&file)?;
            Engine::new(&trace.server).map_err(|errors| {
                let file = file.display();
                format!("{file}:1: a configuration cannot be read:\n{errors}")
            })?;
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            self.expecting(&name, &trace)?;
        }
        self.end()
    }

    /// All three: engine and class, then the trace's own word and the class's.
    fn expecting(&mut self, name: &str, trace: &Trace) -> Result<()> {
        let mut found = compare(&mut self.class, random::parts(trace, usize::MAX), replay)?;
        if found.is_none() {
            found = confirm(&mut self.class, trace)?;
        }
        self.count(name, trace.steps.len(), found)
    }

    fn begin(&mut self, name: &str) {
        self.groups.push(Group {
            name: name.to_owned(),
            traces: 0,
            steps: 0,
            differ: 0,
        });
    }

    fn count(&mut self, name: &str, steps: usize, found: Option<Disagreement>) -> Result<()> {
        let group = self.groups.last_mut().expect("a group has begun");
        group.traces += 1;
        group.steps += steps;
        let Some(Disagreement { trace, finding }) = found else {
            return Ok(());
        };
        group.differ += 1;
        writeln!(self.out, "{name}: {}", title(&finding, &trace))?;
        writeln!(
            self.out,
            "{}{}",
            describe::trace(&trace),
            description(&finding)
        )?;
        if let Some(folder) = &self.keep {
            trace.write(&folder.join(format!("{name}.jsonl")))?;
        }
        self.differences.push(as_json(name, &trace, &finding));
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let Group {
            name,
            traces,
            steps,
            differ,
        } = self.groups.last().expect("a group has begun");
        Ok(writeln!(
            self.out,
            "{name}: {traces} traces with {steps} steps, {differ} differ"
        )?)
    }
}

fn title(finding: &Finding, trace: &Trace) -> String {
    let steps = trace.steps.len();
    match finding {
        Finding::Engine(it) => format!("fle does something else at step {}", it.step),
        Finding::Trace(it) => format!("the trace says something else at step {}", it.step),
        Finding::Stopped(_) => format!("the class does not go on after step {steps}"),
    }
}

fn description(finding: &Finding) -> String {
    match finding {
        Finding::Engine(it) | Finding::Trace(it) => describe::difference(it),
        Finding::Stopped(Stopped { input, reason }) => {
            let event = input.as_ref().map(describe::input).unwrap_or_default();
            format!("  event     {event}\n  class     {reason}\n")
        }
    }
}

fn as_json(name: &str, trace: &Trace, finding: &Finding) -> Value {
    let difference = |of: &str, it: &Difference| json!({ "of": of, "step": it.step, "expected": it.expected, "actual": it.actual });
    let finding = match finding {
        Finding::Engine(it) => difference("fle", it),
        Finding::Trace(it) => difference("trace", it),
        Finding::Stopped(it) => json!({ "of": "class", "in": it.input, "reason": it.reason }),
    };
    json!({ "name": name, "difference": finding, "server": trace.server, "steps": trace.steps })
}
