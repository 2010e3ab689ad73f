//! Counterexamples as files: `--trace-dir DIR` has each there as JSON, for programs, and as SVG, for readers.

use crate::catalogue::Scenario;
use crate::diagram::draw;
use crate::mutants::Mutant;
use crate::properties::Claim;
use crate::story::Story;
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
}

/// A folder for counterexamples.
#[derive(Clone, Debug)]
pub struct TraceDir(PathBuf);

impl Counterexample {
    /// The story as a counterexample to the property.
    #[must_use]
    pub fn new<const N: usize>(scenario: &Scenario, claim: &Claim<N>, story: Story) -> Self {
        Self {
            scenario: scenario.name,
            mutant: scenario.mutant,
            property: claim.name,
            statement: claim.statement,
            beginning: story.told().swap_remove(0),
            ending: story.goes_on(),
            story,
        }
    }

    /// What fails, where, and how soon.
    #[must_use]
    pub fn fails_in(&self) -> String {
        let (property, scenario) = (self.property, self.scenario);
        let steps = self.story.steps.len();
        format!("{property} fails in {scenario} within {steps} steps")
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

    /// Writes `<scenario>-<property>.json` and `.svg`, over what an earlier run left there.
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
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}
