//! What a store says of itself: whose search it is, what is done of it, and in which files.
//!
//! The manifest is replaced as a whole, and names no file that is not on the disk as it is to stay.
//! So what it says is true whenever the process or the system ends. It carries a checksum of its
//! own. Numbers are whole ones, which are written and read without loss.

use super::file::Stored;
use super::problem::Problem;
use crate::frame::coverage::Taken;
use crate::frame::shard::Shard;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// The format of stores. It changes with what is written, and how.
const FORMAT: u64 = 1;

/// The manifest's name in the folder.
pub(super) const NAME: &str = "fle-model-store.json";

/// What is done of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) search: Identity,
    /// The layers that are known. States of one are as many steps away from the initial ones.
    pub(super) layers: Vec<Layer>,
    /// The states of the last layer that are not expanded yet.
    pub(super) frontier: Vec<Chunk>,
    /// What those that are expanded lead to.
    pub(super) runs: Vec<Run>,
    /// How many runs have been written for this layer: the next one's number.
    pub(super) run_number: usize,
    pub(super) counts: Counts,
    pub(super) coverage: Vec<Taken>,
    /// The properties, each to be seen sometimes, that were.
    pub(super) seen: BTreeSet<String>,
    pub(super) end: Option<End>,
    /// How long it has taken.
    pub(super) milliseconds: u64,
    /// The largest peak of a process's memory.
    pub(super) peak_memory_bytes: Option<u64>,
}

/// Which search it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) scenario: String,
    pub(super) mutant: Option<String>,
    pub(super) shard: Shard,
    /// A digest of what tells the model's rules from others: see `rules.rs`.
    pub(super) rules: String,
}

/// The states of a layer: in one file their fingerprints, ascending, in the other, in the same
/// order, that of a state in the layer before which leads there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Layer {
    pub(super) states: usize,
    pub(super) fingerprints: Stored,
    pub(super) parents: Stored,
}

/// Some states of the last layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chunk {
    pub(super) states: usize,
    pub(super) packed: Stored,
}

/// States that are met in steps from the last layer, new or not, ascending by fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) candidates: usize,
    pub(super) packed: Stored,
}

/// As in [`Tally`](crate::frame::visit::Tally), but for what the layers tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) generated: usize,
    pub(super) visited: usize,
    pub(super) beyond: usize,
}

/// How the search ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    /// Every state was visited.
    Complete,
    /// It took longer than a mutant's may.
    GivenUp,
    /// In this state, of the last layer, something does not hold.
    Violated {
        fingerprint: u64,
        claims: Vec<String>,
    },
}

/// The manifest as it is written.
#[derive(Serialize, Deserialize)]
struct Sealed {
    format: u64,
    sha256: String,
    manifest: Manifest,
}

/// What is to be known before the rest is read.
#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl Counts {
    pub(super) fn add(&mut self, more: Self) {
        let Self {
            generated,
            visited,
            beyond,
        } = more;
        self.generated += generated;
        self.visited += visited;
        self.beyond += beyond;
    }
}

impl Manifest {
    pub(super) fn new(search: Identity) -> Self {
        Self {
            search,
            layers: Vec::new(),
            frontier: Vec::new(),
            runs: Vec::new(),
            run_number: 0,
            counts: Counts::default(),
            coverage: Vec::new(),
            seen: BTreeSet::new(),
            end: None,
            milliseconds: 0,
            peak_memory_bytes: None,
        }
    }

    /// Every file that it names.
    pub(super) fn files(&self) -> impl Iterator<Item = &Stored> {
        let layers = self.layers.iter();
        let layers = layers.flat_map(|layer| [&layer.fingerprints, &layer.parents]);
        let chunks = self.frontier.iter().map(|chunk| &chunk.packed);
        let runs = self.runs.iter().map(|run| &run.packed);
        layers.chain(chunks).chain(runs)
    }

    /// How many different states are known.
    pub(super) fn unique(&self) -> usize {
        self.layers.iter().map(|layer| layer.states).sum()
    }

    pub(super) fn write(&self) -> String {
        let sealed = Sealed {
            format: FORMAT,
            sha256: self.digest(),
            manifest: self.clone(),
        };
        let text = serde_json::to_string_pretty(&sealed).expect("a manifest is JSON");
        text + "\n"
    }

    pub(super) fn read(folder: &Path, text: &[u8]) -> Result<Self, Problem> {
        let path = folder.join(NAME);
        let damaged = |error: serde_json::Error| Problem::damaged(&path, error.to_string());
        let Format { format } = serde_json::from_slice(text).map_err(damaged)?;
        if format != FORMAT {
            return Err(Problem::Format {
                path: folder.to_owned(),
                found: format,
                ours: FORMAT,
            });
        }
        let sealed: Sealed = serde_json::from_slice(text).map_err(damaged)?;
        if sealed.sha256 != sealed.manifest.digest() {
            return Err(Problem::damaged(&path, "its checksum differs"));
        }
        Ok(sealed.manifest)
    }

    fn digest(&self) -> String {
        let json = serde_json::to_vec(self).expect("a manifest is JSON");
        hex::encode(Sha256::digest(json))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scenario)?;
        if let Some(mutant) = &self.mutant {
            write!(f, ", mutant {mutant}")?;
        }
        match self.shard.is_whole() {
            true => Ok(()),
            false => write!(f, ", shard {}", self.shard),
        }
    }
}
