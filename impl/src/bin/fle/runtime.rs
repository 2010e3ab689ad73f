//! What servers run on.

use crate::failure::Failure;
use tokio::runtime::{Builder, Runtime};

/// A runtime for servers, on all cores and with as many descriptors as the system allows: every
/// pair of servers has a connection.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    // With fewer it may do as well.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut builder = Builder::new_multi_thread();
    Ok(builder.enable_all().build()?)
}
