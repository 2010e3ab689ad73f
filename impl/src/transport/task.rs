//! A task that has an owner.

use tokio::task::AbortHandle;

/// A task that ends when this is dropped.
pub(super) struct Task(Option<AbortHandle>);

impl From<AbortHandle> for Task {
    fn from(task: AbortHandle) -> Self {
        Self(Some(task))
    }
}

impl Task {
    /// Lets the task end by itself.
    pub(super) fn detach(mut self) {
        self.0 = None;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
