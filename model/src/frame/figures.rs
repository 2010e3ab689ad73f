//! Numbers as they are printed.

/// The number with its digits in groups of three.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups = groups.map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// So many a second.
#[expect(clippy::cast_precision_loss, reason = "a rate is an approximation")]
#[must_use]
pub fn rate(number: usize, seconds: f64) -> f64 {
    number as f64 / seconds
}

/// How likely it is at most that of so many different states two have one 64-bit fingerprint: the
/// number of pairs, n²/2, over that of fingerprints.
#[expect(
    clippy::cast_precision_loss,
    reason = "a probability is an approximation"
)]
#[must_use]
pub fn collision_probability(states: usize) -> f64 {
    let pairs = (states as f64).powi(2) / 2.0;
    (pairs / 64.0_f64.exp2()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_states_collide_more_often_and_at_most_always() {
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
        assert!(close(collision_probability(1 << 16), (-33.0_f64).exp2()));
        assert!(close(collision_probability(20_000_000), 1.084_202_2e-5));
        assert!(close(collision_probability(usize::MAX), 1.0));
    }
}
