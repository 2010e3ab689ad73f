//! Lengths of time, as arguments: a number of seconds, with a fraction or without.

use std::time::Duration;

/// # Errors
/// When it is no number, or no length of time.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// The same, and more than none.
///
/// # Errors
/// The same, and when it is no time at all.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let interval = seconds(text)?;
    if interval.is_zero() {
        return Err("no time at all; give some for things to happen in".to_owned());
    }
    Ok(interval)
}
