//! The way to a state: back from parent to parent, and forward again by what can happen.
//!
//! It is a shortest one, as every state is in the layer of its distance.

use super::layers::parent;
use super::manifest::Layer;
use super::problem::Problem;
use crate::frame::claim::Checked;
use crate::frame::subject::{StateOf, Subject, Way};
use crate::frame::visit::{fingerprint, starts};
use stateright::Model;
use std::path::Path;

/// The way to the state of this fingerprint, which is in the last of these layers.
pub(super) fn way<S: Subject>(
    checked: &Checked<S>,
    folder: &Path,
    layers: &[Layer],
    to: u64,
) -> Result<Way<S>, Problem> {
    let mut back = vec![to];
    for layer in layers.iter().skip(1).rev() {
        back.push(parent(folder, layer, back[back.len() - 1])?);
    }
    let mut forward = back.into_iter().rev();
    let lost = || {
        let why = "no way leads to a state that was found in it";
        Problem::damaged(folder, why)
    };
    let first = forward.next();
    let mut starts = starts(checked).into_iter();
    let start = starts.find(|state| Some(fingerprint(state)) == first);
    let start = start.ok_or_else(lost)?;
    let (mut state, mut actions) = (start, Vec::new());
    for wanted in forward {
        let (action, next) = step(checked, &state, wanted).ok_or_else(lost)?;
        actions.push(action);
        state = next;
    }
    Way::taken(&checked.system, start.state, &actions).ok_or_else(lost)
}

/// What leads from this state to that of the fingerprint.
fn step<S: Subject>(
    checked: &Checked<S>,
    from: &StateOf<S>,
    to: u64,
) -> Option<(S::Action, StateOf<S>)> {
    let mut actions = Vec::new();
    checked.actions(from, &mut actions);
    let mut steps = actions.into_iter().filter_map(|action| {
        let next = checked.next_state(from, action)?;
        Some((action, next))
    });
    steps.find(|(_, next)| fingerprint(next) == to)
}
