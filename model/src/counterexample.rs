//! Counterexamples as files: `--trace-dir DIR` has each there as JSON, for programs, as SVG, for readers, and as the trace of each
//! server's lives, for the implementation to replay.
//!
//! A trace says what the model's servers did. Those of a mutant do what the mutant does, so that the replay ends with a difference
//! where the broken rule first shows in what a server sends, proposes or decides. It ends without one where it has not shown
//! yet, and where servers keep every rule: a mutant of the network, of the oracle, of the peer's main loop.

use crate::catalogue::Scenario;
use crate::check::Trace;
use crate::diagram::draw;
use crate::liveness::Lasso;
use crate::mutants::Mutant;
use crate::properties::Claim;
use crate::report::Row;
use crate::story::Story;
use crate::system::{Action, State, System};
use crate::trace::{Recorder, Recording};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// A way to a state in which a property does not hold.
#[derive(Clone, Debug, Serialize)]
pub struct Counterexample {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Which rule is broken, if any is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutant: Option<Mutant>,
    /// The property's name.
    pub property: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How the way begins, in a sentence.
    pub beginning: String,
    /// How it goes on, if it never ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// The way.
    #[serde(flatten)]
    pub story: Story,
    /// The way as each server saw it; of one that never ends, once round.
    #[serde(skip)]
    pub recordings: Vec<Recording>,
}

/// A folder for counterexamples.
#[derive(Clone, Debug)]
pub struct TraceDir(PathBuf);

impl Counterexample {
    /// A path of the scenario's system to a state in which the property does not hold.
    #[must_use]
    pub fn of_path<const N: usize>(
        scenario: &Scenario,
        claim: &Claim<N>,
        system: &System<N>,
        path: &Trace<N>,
    ) -> Self {
        let start = path.clone().into_vec()[0].0;
        let actions = path.clone().into_actions();
        let recordings = Recorder::new(system).record(start, actions);
        Self::new(scenario, claim, Story::new(system, path), recordings)
    }

    /// A fair run of the scenario's system on which the property fails again and again.
    #[must_use]
    pub fn of_lasso<const N: usize>(
        scenario: &Scenario,
        claim: &Claim<N>,
        system: &System<N>,
        lasso: &Lasso<State<N>, Action>,
    ) -> Self {
        let start = lasso.way_in.first().map_or(lasso.knot, |(state, _)| *state);
        let steps = lasso.way_in.iter().chain(&lasso.cycle);
        let actions = steps.map(|(_, action)| *action);
        let recordings = Recorder::new(system).record(start, actions);
        let story = Story::of_lasso(system, lasso);
        Self::new(scenario, claim, story, recordings)
    }

    fn new<const N: usize>(
        scenario: &Scenario,
        claim: &Claim<N>,
        story: Story,
        recordings: Vec<Recording>,
    ) -> Self {
        Self {
            scenario: scenario.name,
            mutant: scenario.mutant,
            property: claim.name,
            statement: claim.statement,
            beginning: story.told().swap_remove(0),
            ending: story.goes_on(),
            story,
            recordings,
        }
    }

    /// The name of its files, without the extension.
    #[must_use]
    pub fn file_stem(&self) -> String {
        let mutant = self.mutant.map(|mutant| format!("{}-", mutant.name()));
        let mutant = mutant.unwrap_or_default();
        format!("{mutant}{}-{}", self.scenario, self.property).replace(' ', "-")
    }
}

impl TraceDir {
    /// The folder, made if it is missing.
    ///
    /// # Errors
    /// If it cannot be made, or no file can be created in it.
    pub fn create(path: PathBuf) -> Result<Self, String> {
        let usable = fs::create_dir_all(&path).and_then(|()| tempfile::tempfile_in(&path));
        match usable {
            Ok(_) => Ok(Self(path)),
            Err(error) => Err(cannot_write(&path, &error)),
        }
    }

    /// Writes the counterexamples of these properties.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write_all(&self, properties: &[Row]) -> Result<(), String> {
        let mut found = properties
            .iter()
            .filter_map(|row| row.counterexample.as_ref());
        found.try_for_each(|counterexample| self.write(counterexample))
    }

    /// Writes `<scenario>-<property>.json`, `.svg`, and `-s<sid>-g<life>.jsonl` for each server and each of its lives, over what
    /// an earlier run left there. Of a mutant the names begin with its name.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, counterexample: &Counterexample) -> Result<(), String> {
        let json =
            serde_json::to_string_pretty(counterexample).map_err(|error| error.to_string())?;
        let svg = draw(counterexample).to_string();
        for (extension, text) in [("json", json), ("svg", svg)] {
            let file = format!("{}.{extension}", counterexample.file_stem());
            let path = self.0.join(file);
            fs::write(&path, text + "\n").map_err(|error| cannot_write(&path, &error))?;
        }
        for recording in &counterexample.recordings {
            let file = recording.file_name(&counterexample.file_stem());
            let written = recording.trace.write(&self.0.join(file));
            written.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
