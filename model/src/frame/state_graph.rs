//! The states of a small scenario and the steps between them, for Graphviz.
//!
//! They are those that a check visits, as many as it counts. What is written of a state is not all
//! of it, so two may read alike.

use super::claim::Checked;
use super::scenario::{Scenario, Task};
use super::shard::Shard;
use super::subject::{StateOf, Subject};
use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, NodeIndex};
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
        let initial = reached.graph.node_count();
        while let Some((node, state)) = reached.unexpanded.pop() {
            reached.expand(node, &state)?;
        }
        let Reached { graph, .. } = reached;
        Some(StateGraph {
            states: graph.node_count(),
            steps: graph.edge_count(),
            dot: dot(scenario.about().name, &graph, initial),
        })
    }
}

/// What was reached so far.
struct Reached<'a, S: Subject> {
    checked: &'a Checked<S>,
    /// A text for each state, and for each step.
    graph: DiGraph<String, String>,
    nodes: HashMap<StateOf<S>, NodeIndex>,
    unexpanded: Vec<(NodeIndex, StateOf<S>)>,
}

impl<'a, S: Subject> Reached<'a, S> {
    fn new(checked: &'a Checked<S>) -> Self {
        Self {
            checked,
            graph: DiGraph::new(),
            nodes: HashMap::new(),
            unexpanded: Vec::new(),
        }
    }

    /// The state's node; `None` if it is one too many.
    fn node(&mut self, state: StateOf<S>) -> Option<NodeIndex> {
        if let Some(&node) = self.nodes.get(&state) {
            return Some(node);
        }
        if self.nodes.len() == MOST {
            return None;
        }
        let text = self.checked.sketch(&state) + "\n";
        let node = self.graph.add_node(text);
        self.nodes.insert(state, node);
        self.unexpanded.push((node, state));
        Some(node)
    }

    fn expand(&mut self, node: NodeIndex, state: &StateOf<S>) -> Option<()> {
        let mut actions = Vec::new();
        self.checked.actions(state, &mut actions);
        for action in actions {
            if let Some(next) = self.checked.next_state(state, action) {
                let next = self.node(next)?;
                self.graph.add_edge(node, next, action.to_string());
            }
        }
        Some(())
    }
}

/// The graph, whose first nodes are the initial states.
fn dot(name: &str, graph: &DiGraph<String, String>, initial: usize) -> String {
    let marked = |_, (node, _): (NodeIndex, &String)| {
        let colour = "style=filled fillcolor=\"#bae3ff\" peripheries=2";
        if node.index() < initial { colour } else { "" }.to_owned()
    };
    let plain = |_, _| String::new();
    let content = Dot::with_attr_getters(graph, &[Config::GraphContentOnly], &plain, &marked);
    format!("digraph \"{name}\" {{\n    node [shape=box]\n{content}}}\n")
}
