//! The times of a walk. The model has none: it says when one is over.

use std::time::Duration;

/// For how long a promise binds.
pub(super) const PROMISE: Duration = Duration::from_secs(1);
/// For how long patience lasts, longer than any walk takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(1_000_000);
/// For how long others may count on a learner's answers, until the model says that nobody does.
pub(super) const UNSETTLED: Duration = PATIENCE;
