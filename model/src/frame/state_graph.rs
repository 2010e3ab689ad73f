//! The states of a small scenario and the steps between them, for Graphviz.
//!
//! They are those that a check visits, as many as it counts. What is written of a state is not all
//! of it, so two may read alike.

use super::claim::Checked;
use super::scenario::{Scenario, Task};
use super::shard::Shard;
use super::subject::{StateOf, Subject};
use stateright::Model;
use std::collections::HashMap;

/// More states than these nobody can read, and Graphviz takes long to place.
pub const MOST: usize = 2_000;

/// The states and steps of a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateGraph {
    /// How many states there are.
    pub states: usize,
    /// How many steps lead from one to another.
    pub steps: usize,
    /// Both, as Graphviz reads them: a state with a line for each server, in colour if it is an
    /// initial one; a step in a sentence.
    pub dot: String,
}

/// What can be reached from this part of the initial states; `None` if that is more than [`MOST`].
/// No state is beyond the bounds: only a mutant's can be.
///
/// # Panics
/// If the catalogue has a scenario with a number of servers that the model is not built for.
pub fn state_graph<C: Scenario>(scenario: &C, shard: Shard) -> Option<StateGraph> {
    scenario.run(Draw(shard))
}

struct Draw(Shard);

impl<C: Scenario> Task<C> for Draw {
    type Output = Option<StateGraph>;

    fn run<const N: usize>(self, scenario: &C) -> Self::Output {
        let checked = scenario.checked::<N>(|number| self.0.holds(number), Vec::new());
        let mut reached = Reached::new(&checked);
        for start in checked.init_states() {
            reached.node(start)?;
        }
        let initial = reached.texts.len();
        while let Some((node, state)) = reached.unexpanded.pop() {
            reached.expand(node, &state)?;
        }
        Some(StateGraph {
            states: reached.texts.len(),
            steps: reached.steps.len(),
            dot: reached.dot(scenario.about().name, initial),
        })
    }
}

/// What was reached so far.
struct Reached<'a, S: Subject> {
    checked: &'a Checked<S>,
    nodes: HashMap<StateOf<S>, usize>,
    unexpanded: Vec<(usize, StateOf<S>)>,
    /// What is written of each state.
    texts: Vec<String>,
    /// Each step: from where to where, and what it is.
    steps: Vec<(usize, usize, S::Action)>,
}

impl<'a, S: Subject> Reached<'a, S> {
    fn new(checked: &'a Checked<S>) -> Self {
        Self {
            checked,
            nodes: HashMap::new(),
            unexpanded: Vec::new(),
            texts: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// The state's node; `None` if it is one too many.
    fn node(&mut self, state: StateOf<S>) -> Option<usize> {
        if let Some(&node) = self.nodes.get(&state) {
            return Some(node);
        }
        let node = self.texts.len();
        if node == MOST {
            return None;
        }
        self.texts.push(self.checked.sketch(&state) + "\n");
        self.nodes.insert(state, node);
        self.unexpanded.push((node, state));
        Some(node)
    }

    fn expand(&mut self, node: usize, state: &StateOf<S>) -> Option<()> {
        let mut actions = Vec::new();
        self.checked.actions(state, &mut actions);
        for action in actions {
            if let Some(next) = self.checked.next_state(state, action) {
                let next = self.node(next)?;
                self.steps.push((node, next, action));
            }
        }
        Some(())
    }

    /// All of it in Graphviz's language; the first states are the initial ones.
    fn dot(&self, name: &str, initial: usize) -> String {
        const INITIAL: &str = " style=filled fillcolor=\"#bae3ff\" peripheries=2";
        let states = self.texts.iter().enumerate().map(|(node, text)| {
            let marked = if node < initial { INITIAL } else { "" };
            format!("    {node} [label=\"{}\"{marked}]\n", escaped(text))
        });
        let steps = self.steps.iter().map(|(from, to, action)| {
            let action = escaped(&action.to_string());
            format!("    {from} -> {to} [label=\"{action}\"]\n")
        });
        let content: String = states.chain(steps).collect();
        format!("digraph \"{name}\" {{\n    node [shape=box]\n{content}}}\n")
    }
}

/// As it stands between quotes; lines are aligned to the left.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    text.replace('\n', "\\l")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_label_is_escaped() {
        assert_eq!(escaped("a \"b\" \\\n"), "a \\\"b\\\" \\\\\\l");
    }
}
