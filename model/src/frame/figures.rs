//! Numbers as they are printed.

/// The number with its digits in groups of three.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups = groups.map(|group| String::from_utf8_lossy(group).into_owned());
    groups.collect::<Vec<_>>().join(",")
}

/// The number in few letters: from ten thousand on in thousands, from a million on in millions,
/// rounded down.
#[must_use]
pub fn short(number: usize) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{} k", number / 1_000),
        _ => {
            let tenths = number / 100_000;
            format!("{}.{} M", grouped(tenths / 10), tenths % 10)
        }
    }
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

/// That probability, as every report says it.
#[must_use]
pub fn collision(probability: f64) -> String {
    format!("two states with one fingerprint: a probability of at most {probability:.1e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_number_is_short() {
        for (number, text) in [
            (9_999, "9,999"),
            (10_000, "10 k"),
            (999_999, "999 k"),
            (1_000_000, "1.0 M"),
            (2_345_678_901, "2,345.6 M"),
        ] {
            assert_eq!(short(number), text);
        }
    }

    #[test]
    fn more_states_collide_more_often_and_at_most_always() {
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-6;
        assert!(close(collision_probability(1 << 16), (-33.0_f64).exp2()));
        assert!(close(collision_probability(20_000_000), 1.084_202_2e-5));
        assert!(close(collision_probability(usize::MAX), 1.0));
    }
}
