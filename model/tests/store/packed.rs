//! States as they are written.

use fle_model::frame::scenario::{Scenario, Task};
use fle_model::frame::subject::{StateOf, Subject};
use fle_model::frame::walk::Walk;
use fle_model::{election, establishment};

/// Takes random walks.
struct Walks;

impl<C: Scenario> Task<C> for Walks {
    /// How many states there were, and in how many bytes.
    type Output = (usize, usize);

    fn run<const N: usize>(self, scenario: &C) -> (usize, usize) {
        let checked = scenario.checked::<N>(|number| number < 40, Vec::new());
        let (mut states, mut bytes) = (0, 0);
        for seed in 0..4 {
            let mut walk = Walk::new(&checked, seed);
            let start = *walk.state();
            let met = walk.by_ref().take(150).map(|(_, state)| state);
            for state in std::iter::once(start).chain(met) {
                bytes += assert_is_read_as_written::<C::System<N>>(&state);
                states += 1;
            }
        }
        (states, bytes)
    }
}

fn assert_is_read_as_written<S: Subject>(state: &StateOf<S>) -> usize {
    let packed = borsh::to_vec(state).expect("it is packed");
    let unpacked: StateOf<S> = borsh::from_slice(&packed).expect("it is unpacked");
    assert_eq!(unpacked, *state);
    packed.len()
}

/// On walks through every scenario of both models.
#[test]
fn a_state_is_read_as_it_was_written() {
    for scenario in election::catalogue::SCENARIOS.iter() {
        let (states, bytes) = scenario.run(Walks);
        let most = 30 * scenario.servers * scenario.servers;
        assert!(
            bytes < states * most,
            "{}: {} bytes",
            scenario.name,
            bytes / states
        );
    }
    for scenario in establishment::catalogue::SCENARIOS.iter() {
        let (states, bytes) = scenario.run(Walks);
        assert!(
            bytes < states * 400,
            "{}: {} bytes",
            scenario.name,
            bytes / states
        );
    }
}
