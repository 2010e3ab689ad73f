//! The liveness checker on small graphs: drawn by hand, where the answer is known, and at random,
//! against the definition.
//!
//! A graph is written as its edges, `from class to`. States are letters, and the goal fails in the
//! capital ones; the first one is initial. Classes `v` and `w` are owed weakly, `s` and `t`
//! strongly, `-` is not owed. `Y` and `z` lie beyond the boundary.

use fle_model::frame::liveness::{Lasso, Reachable};
use fle_model::frame::system::Fairness;
use proptest::prelude::*;
use stateright::Model;

/// From, class, to. An edge to `!` is an action that is listed and leads nowhere.
type Edge = (char, char, char);

#[derive(Clone, Debug)]
struct Drawing(Vec<Edge>);

impl Model for Drawing {
    type State = char;
    type Action = Edge;

    fn init_states(&self) -> Vec<char> {
        vec![self.0[0].0]
    }

    fn actions(&self, state: &char, actions: &mut Vec<Edge>) {
        actions.extend(self.0.iter().filter(|(from, ..)| from == state));
    }

    fn next_state(&self, _: &char, (_, _, to): Edge) -> Option<char> {
        (to != '!').then_some(to)
    }

    fn within_boundary(&self, state: &char) -> bool {
        !['Y', 'z'].contains(state)
    }
}

fn drawing(edges: &[&str]) -> Drawing {
    let edges = edges.iter().map(|edge| {
        let letters: Vec<char> = edge.chars().collect();
        (letters[0], letters[2], letters[4])
    });
    Drawing(edges.collect())
}

fn scheduler(_: &Drawing, &(_, class, _): &Edge) -> Option<(char, Fairness)> {
    match class {
        'v' | 'w' => Some((class, Fairness::Weak)),
        's' | 't' => Some((class, Fairness::Strong)),
        _ => None,
    }
}

fn violation(drawing: &Drawing) -> Option<Lasso<char, Edge>> {
    Reachable::explore(
        drawing.clone(),
        scheduler,
        &[|_, state| state.is_lowercase()],
    )
    .violation(0)
}

fn holds(edges: &[&str]) -> bool {
    violation(&drawing(edges)).is_none()
}

/// The states up to the knot, and the classes and states after it.
fn lasso(edges: &[&str]) -> (String, String) {
    let lasso = violation(&drawing(edges)).expect("a violation");
    let way_in = lasso.way_in.iter().map(|(state, _)| *state);
    let cycle = lasso.cycle.iter();
    let cycle = cycle.flat_map(|(_, (_, class, to))| [*class, *to]);
    (way_in.chain([lasso.knot]).collect(), cycle.collect())
}

fn told(way_in: &str, cycle: &str) -> (String, String) {
    (way_in.to_owned(), cycle.to_owned())
}

#[test]
fn a_fair_cycle_is_a_violation() {
    assert_eq!(lasso(&["a w B", "B w c", "c w B"]), told("aB", "wcwB"));
}

#[test]
fn a_cycle_that_fairness_leaves_is_none() {
    assert!(holds(&["A - B", "B - A", "A w c", "B w c"]));
}

/// The second path comes to states that are known already.
#[test]
fn a_cycle_that_joins_another_path_is_a_violation() {
    let edges = ["a w b", "a v C", "b w d", "C w d", "d w C"];
    assert_eq!(lasso(&edges), told("aC", "wdwC"));
}

#[test]
fn a_terminal_state_is_a_violation_if_the_goal_fails_there() {
    assert_eq!(lasso(&["a w b", "b w C"]), told("abC", ""));
    assert_eq!(lasso(&["a w B", "B w !"]), told("aB", ""));
    assert!(holds(&["A w B", "B w c"]));
}

#[test]
fn a_run_may_stay_where_nothing_is_owed() {
    assert_eq!(lasso(&["a w B", "B - c"]), told("aB", ""));
}

/// The way out is open now and then. Weak fairness lets it be passed over for ever, strong fairness
/// does not.
#[test]
fn strong_fairness_takes_what_weak_fairness_passes_over() {
    assert_eq!(lasso(&["A - B", "B - A", "A w c"]), told("A", "-B-A"));
    assert!(holds(&["A w B", "B w A", "A s c"]));
}

/// `s` can be taken in `B` and never is; among the others it cannot.
#[test]
fn a_fair_part_of_an_unfair_component_is_a_violation() {
    let edges = ["a w B", "B w C", "C w B", "C v D", "D v C", "B s e"];
    assert_eq!(lasso(&edges), told("aBC", "vDvC"));
}

/// Without `A` nothing takes `t`, which `B` enables.
#[test]
fn a_part_of_a_part_is_searched() {
    let edges = ["A - B", "B t A", "B - C", "C - B", "A s e"];
    assert_eq!(lasso(&edges), told("ABC", ""));
    assert!(holds(&["A - B", "B t A", "A s c"]));
}

#[test]
fn a_boundary_hides_what_lies_behind_it() {
    assert!(holds(&["A w z", "z w A"]));
    assert!(holds(&["a w Y"]));
    assert_eq!(lasso(&["A - z"]), told("A", ""));
}

#[test]
fn where_the_goal_holds_everywhere_it_is_not_violated() {
    assert!(holds(&["a w b", "b w a", "b v c"]));
}

#[test]
fn the_cycle_gives_all_that_is_owed() {
    let edges = ["A v B", "B v A", "B s c", "c t B", "A w d", "d - A"];
    assert_eq!(lasso(&edges), told("A", "vBsctBvA"));
}

fn is_connected(within: &[char], drawing: &Drawing) -> bool {
    let reaches_all = |from: &char| {
        let mut reached = vec![*from];
        let mut next = 0;
        while let Some(&state) = reached.get(next) {
            for &(source, _, to) in &drawing.0 {
                if source == state && within.contains(&to) && !reached.contains(&to) {
                    reached.push(to);
                }
            }
            next += 1;
        }
        reached.len() == within.len()
    };
    within.iter().all(reaches_all)
}

/// Whether a run that visits these states again and again, by these edges, owes nothing.
fn owes_nothing(states: &[char], taken: &[Edge], drawing: &Drawing) -> bool {
    let enabled = |state: &char, class| {
        let mut edges = drawing.0.iter();
        edges.any(|&(from, of, to)| from == *state && of == class && to != '!')
    };
    let is_taken = |class| taken.iter().any(|&(_, of, _)| of == class);
    ['v', 'w']
        .into_iter()
        .all(|class| is_taken(class) || !states.iter().all(|state| enabled(state, class)))
        && ['s', 't']
            .into_iter()
            .all(|class| is_taken(class) || !states.iter().any(|state| enabled(state, class)))
}

/// Whether some set of states violates the goal, trying each.
fn is_violated(drawing: &Drawing) -> bool {
    let initial = drawing.0[0].0;
    let mut reachable = vec![initial];
    let mut next = 0;
    while let Some(state) = reachable.get(next) {
        let steps = drawing.next_steps(state).into_iter().map(|(_, to)| to);
        for to in steps.filter(|to| drawing.within_boundary(to)) {
            if !reachable.contains(&to) {
                reachable.push(to);
            }
        }
        next += 1;
    }
    (1_u32..1 << reachable.len()).any(|set| {
        let chosen = (0..reachable.len()).filter(|place| set >> place & 1 == 1);
        let states: Vec<char> = chosen.map(|place| reachable[place]).collect();
        let inner = drawing
            .0
            .iter()
            .copied()
            .filter(|(from, _, to)| states.contains(from) && states.contains(to));
        states.iter().any(|state| state.is_uppercase())
            && is_connected(&states, drawing)
            && owes_nothing(&states, &inner.collect::<Vec<_>>(), drawing)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_violation_is_found_if_and_only_if_there_is_one(
        edges in prop::collection::vec(
            (prop::sample::select(vec!['A', 'B', 'c', 'D']),
             prop::sample::select(vec!['-', '-', '-', 'w', 's', 't']),
             prop::sample::select(vec!['A', 'B', 'c', 'D', 'Y', '!'])),
            1..12,
        )
    ) {
        let drawing = Drawing(edges);
        let found = violation(&drawing);
        prop_assert_eq!(found.is_some(), is_violated(&drawing));
        let Some(lasso) = found else { return Ok(()) };
        let steps: Vec<_> = [lasso.way_in, lasso.cycle.clone()].concat();
        let ends: Vec<_> = steps.iter().skip(1).map(|(state, _)| *state).chain([lasso.knot]).collect();
        for ((state, edge), end) in steps.into_iter().zip(ends) {
            prop_assert_eq!((state, edge.2), (edge.0, end));
        }
        let back_to = lasso.cycle.first().map(|(state, _)| *state);
        prop_assert!(back_to.is_none_or(|state| state == lasso.knot));
        let (mut states, taken): (Vec<_>, Vec<_>) = lasso.cycle.into_iter().unzip();
        states.push(lasso.knot);
        prop_assert!(lasso.knot.is_uppercase() && owes_nothing(&states, &taken, &drawing));
    }
}
