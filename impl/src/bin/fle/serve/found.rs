//! The file in the data directory that tells where a running server's HTTP endpoints are.
//!
//! It is a convenience: a disk that does not take it keeps no server from running.

use crate::log::PROGRAM;
use fle::config::Options;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Its path.
pub(crate) fn http_file(options: &Options) -> PathBuf {
    options.data_dir.join("fle.http")
}

/// That file, for as long as the server runs.
pub(super) struct Found(PathBuf);

impl Found {
    pub(super) fn announce(options: &Options, address: SocketAddr) -> Self {
        let file = http_file(options);
        if let Err(error) = write(&file, address) {
            tracing::warn!(
                target: PROGRAM,
                file = %file.display(),
                %error,
                "cannot say where HTTP is; ask with `fle status --http {address}`"
            );
            // What an earlier server left behind is wrong.
            let _ = fs::remove_file(&file);
        }
        Self(file)
    }
}

/// Replaces the file at once, so that nobody reads half of it.
fn write(file: &Path, address: SocketAddr) -> io::Result<()> {
    let draft = file.with_extension("http.new");
    // Whatever stands there, such as a pipe that nobody reads, is not written to.
    let _ = fs::remove_file(&draft);
    let mut new = File::create_new(&draft)?;
    writeln!(new, "{address}")?;
    fs::rename(draft, file)
}

impl Drop for Found {
    fn drop(&mut self) {
        // One that stays behind names an address where nobody answers.
        let _ = fs::remove_file(&self.0);
    }
}
