//! Files that were gathered from several machines: the `dataDir` of each, with the server's id in it,
//! is where the file comes from.

use super::sources::LONGEST;
use fle::Sid;
use fle::config::{EnsembleSource, Machine, ServerSpec, ZooConfig};
use fle::small_file;
use std::io;
use std::path::{Path, PathBuf};

/// The machine that a file comes from, as far as the file tells of it.
pub(super) struct Elsewhere {
    my_id: PathBuf,
    sid: Sid,
    is_told: bool,
}

impl Elsewhere {
    /// `None` where the file's `dataDir` is here, or does not come into it.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let text = String::from_utf8(small_file::read(path, LONGEST).ok()?).ok()?;
        let config = ZooConfig::parse(&text).ok()?.value;
        let EnsembleSource::Inline(ensemble) = config.ensemble else {
            return None;
        };
        let data_dir = &config.options.data_dir;
        // One voter alone needs no id.
        if data_dir.exists() || ensemble.verifier().voters().len() < 2 {
            return None;
        }
        let is_own = |it: &&ServerSpec| it.addresses().iter().all(|at| at.host.is_wildcard());
        let own: Vec<&ServerSpec> = ensemble.servers().filter(is_own).collect();
        let (sid, is_told) = match own[..] {
            [own] => (own.sid(), true),
            _ => (ensemble.servers().next()?.sid(), false),
        };
        Some(Self {
            my_id: data_dir.join("myid"),
            sid,
            is_told,
        })
    }

    /// Whether the file tells which server is its own: the one that listens on every address.
    pub(super) fn is_told(&self) -> bool {
        self.is_told
    }
}

impl Machine for Elsewhere {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.my_id {
            return Ok(self.sid.to_string().into_bytes());
        }
        small_file::read(path, LONGEST)
    }

    /// The names are those of another network.
    fn resolves(&self, _: &str) -> bool {
        true
    }
}
