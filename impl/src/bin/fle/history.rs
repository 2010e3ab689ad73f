//! The history that a server without a transaction log has: the epoch that ZooKeeper's servers keep in a file.

use crate::Failure;
use fle::election::Credentials;
use fle::{PeerEpoch, Zxid};
use std::io::ErrorKind;
use std::path::Path;

/// Reads `version-2/currentEpoch` in the data directory. A server of epoch `e` has at least the first transaction of it, so
/// that is its zxid; one without the file has seen nothing.
pub(crate) fn credentials(data_dir: &Path) -> Result<Credentials, Failure> {
    let path = data_dir.join("version-2").join("currentEpoch");
    let epoch = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().parse::<u32>().map_err(|_| {
            let text: String = text.chars().take(40).collect();
            Failure::Unusable(format!(
                "{}: {text:?} is not an epoch; restore the file from a backup, or remove it if the server's data is gone",
                path.display()
            ))
        })?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => {
            return Err(Failure::Unusable(format!(
                "{}: {error}; make the file readable",
                path.display()
            )));
        }
    };
    Ok(Credentials {
        zxid: Zxid(i64::from(epoch) << 32),
        peer_epoch: PeerEpoch(epoch.into()),
    })
}
