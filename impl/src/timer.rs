//! Waiting for a moment that may have come already, or may never come.

use tokio::time::Instant;

/// Waits until then; for ever, if that is never. May be given up at any time.
pub(crate) async fn sleep_until(at: Option<Instant>) {
    match at {
        // A sleep is never over when it is asked for the first time.
        Some(at) if at > Instant::now() => tokio::time::sleep_until(at).await,
        Some(_) => {}
        None => std::future::pending().await,
    }
}
