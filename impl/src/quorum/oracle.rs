//! The tie-breaker of an ensemble of two voters (ZOOKEEPER-3922): somebody outside who says whether
//! the one that is left may lead. Asked only when a majority is missing.

use crate::small_file;
use std::io::Read;
use std::path::PathBuf;

/// Somebody outside the ensemble who may grant a lone voter what its missing peer would.
///
/// An oracle that grants both voters at the same time splits the ensemble; nothing here can prevent
/// that. A `bool` is the oracle that always gives that answer.
pub trait Oracle {
    /// Whether this server may go on without its peer.
    fn grants(&self) -> bool;
}

impl Oracle for bool {
    fn grants(&self) -> bool {
        *self
    }
}

/// The reference's oracle (`oraclePath`): a file that is read at each question and grants when its
/// first byte is `1`. A file that cannot be read denies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OracleFile(pub PathBuf);

impl Oracle for OracleFile {
    fn grants(&self) -> bool {
        let mut first = [0];
        small_file::open(&self.0)
            .and_then(|mut file| file.read_exact(&mut first))
            .is_ok_and(|()| first == *b"1")
    }
}
