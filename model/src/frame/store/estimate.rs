//! How many states there may be in all, from the layers that are known.
//!
//! The sizes of layers rise and fall like a bell: a state has many successors at first, and most of
//! them are known later. The logarithm of such sizes is about a parabola. One that opens downwards
//! is laid through the last layers, and what it says of the layers to come is added up.
//!
//! It is a guess, better from layer to layer. Of the 31,981,119 states of `four` it says, with a
//! tenth of them known, 1.9 times as many; with a third, 1.25 times; with half, a tenth too many;
//! once the sizes fall, with three quarters, a hundredth. Before a tenth it says anything.

/// Through how many layers the parabola is laid at most.
const LAYERS: usize = 5;

/// It takes a layer more than a parabola has coefficients to say anything about one.
const FEWEST: usize = 4;

/// So many layers are looked ahead at most.
const AHEAD: u32 = 10_000;

/// How many states there may be, those of the known layers included; `None` as long as the layers
/// do not tell.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is an estimate"
)]
pub(super) fn total(layers: &[usize]) -> Option<usize> {
    let known: usize = layers.iter().sum();
    let last = &layers[layers.len().saturating_sub(LAYERS)..];
    if last.len() < FEWEST || last.contains(&0) {
        return None;
    }
    let logarithms: Vec<f64> = last.iter().map(|&size| (size as f64).ln()).collect();
    let parabola = Parabola::through(&logarithms)?;
    let first = logarithms.len() as f64;
    let ahead = (0..AHEAD).map(|layer| parabola.at(first + f64::from(layer)).exp());
    let ahead: f64 = ahead.take_while(|&size| size >= 1.0).sum();
    Some(known.saturating_add(ahead as usize))
}

/// A parabola that opens downwards, by its coefficients; it is told from the middle of what it is
/// laid through.
struct Parabola {
    middle: f64,
    constant: f64,
    linear: f64,
    quadratic: f64,
}

impl Parabola {
    /// The one with the least squares of distances to these values at 0, 1, 2 and so on; `None` if
    /// it opens upwards.
    #[expect(clippy::cast_precision_loss, reason = "there are few values")]
    fn through(values: &[f64]) -> Option<Self> {
        let count = values.len() as f64;
        let middle = (count - 1.0) / 2.0;
        let places = || (0..values.len()).map(|place| place as f64 - middle);
        let power = |exponent: i32| places().map(|x| x.powi(exponent)).sum::<f64>();
        let moment = |exponent: i32| {
            let terms = places().zip(values);
            terms.map(|(x, y)| x.powi(exponent) * y).sum::<f64>()
        };
        // Odd powers add up to nothing, for the places are taken from their middle.
        let (squares, fourths) = (power(2), power(4));
        let quadratic =
            (count * moment(2) - squares * moment(0)) / (count * fourths - squares * squares);
        (quadratic < 0.0).then(|| Self {
            middle,
            constant: (moment(0) - quadratic * squares) / count,
            linear: moment(1) / squares,
            quadratic,
        })
    }

    fn at(&self, place: f64) -> f64 {
        let x = place - self.middle;
        self.constant + self.linear * x + self.quadratic * x * x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bell with its top at the twentieth layer.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a test"
    )]
    fn bell() -> Vec<usize> {
        let sizes = (0..41).map(|layer| (f64::from(layer) - 20.0).powi(2) / -50.0);
        sizes.map(|it| (it.exp() * 1e6) as usize).collect()
    }

    #[test]
    fn a_bell_is_known_before_its_top() {
        let all: usize = bell().iter().sum();
        for known in 12..41 {
            let total = total(&bell()[..known]).expect("an estimate");
            assert!(
                total.abs_diff(all) < all / 100,
                "{known} layers: {total} of {all}"
            );
        }
    }

    #[test]
    fn layers_that_grow_faster_and_faster_tell_nothing() {
        assert_eq!(total(&[1, 2, 8, 64, 1024]), None);
        assert_eq!(total(&[]), None);
        assert_eq!(total(&[1, 2, 3]), None);
    }
}
