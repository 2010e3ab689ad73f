//! A path through the model, told in the terms of the algorithm.

use crate::check::Trace;
use crate::liveness::Lasso;
use crate::server::{Server, Wait};
use crate::system::{Action, State, System, sends};
use crate::vote::sid;

/// The path's start, then its steps, a line each.
#[must_use]
pub fn narrate<const N: usize>(system: &System<N>, path: &Trace<N>) -> Vec<String> {
    let path = path.clone().into_vec();
    let start = path.first().map(|(state, _)| beginning(state));
    let steps = path
        .into_iter()
        .filter_map(|(state, action)| tell(system, &state, action?));
    start.into_iter().chain(steps).collect()
}

/// The way in, its start first, and the cycle, a line for each step.
#[must_use]
pub fn narrate_lasso<const N: usize>(
    system: &System<N>,
    lasso: &Lasso<State<N>, Action>,
) -> (Vec<String>, Vec<String>) {
    let start = lasso.way_in.first().map_or(&lasso.knot, |(state, _)| state);
    let steps = |steps: &[(State<N>, Action)]| -> Vec<String> {
        let told = |(state, action): &(_, _)| tell(system, state, *action);
        steps.iter().filter_map(told).collect()
    };
    let way_in = [vec![beginning(start)], steps(&lasso.way_in)].concat();
    (way_in, steps(&lasso.cycle))
}

fn beginning<const N: usize>(state: &State<N>) -> String {
    let servers = state.servers.iter().enumerate().map(|(id, server)| {
        format!(
            "{} looks in round {} ({:?})",
            sid(id),
            server.round.0,
            server.credentials
        )
    });
    servers.collect::<Vec<_>>().join("; ")
}

fn tell<const N: usize>(system: &System<N>, before: &State<N>, action: Action) -> Option<String> {
    let (after, effects) = system.step(before, action)?;
    let (event, actor) = match action {
        Action::Deliver { src, dst } => {
            let vote = before.network.link(src, dst).head()?;
            (
                format!("{} receives from {}: {vote:?}", sid(dst), sid(src)),
                dst,
            )
        }
        Action::Resend { src, dst } => {
            let (to, from) = (sid(dst), sid(src));
            (
                format!("{from} has waited and announces its vote again; {to} receives it"),
                dst,
            )
        }
        Action::Supersede { src, dst } => {
            let lost = before.network.link(src, dst).head()?;
            let line = format!(
                "what {} had for {} is replaced unsent: {lost:?}",
                sid(src),
                sid(dst)
            );
            return Some(line);
        }
        Action::CollectTimeout { server } => (
            format!("{} has waited for votes in vain", sid(server)),
            server,
        ),
        Action::FinalizeTimeout { server } => (
            format!("{} has waited for a better proposal in vain", sid(server)),
            server,
        ),
    };
    let mut told = vec![event];
    told.extend(changes(&before.servers[actor], &after.servers[actor]));
    let mut receivers: Vec<String> = sends(&effects).map(|(to, _)| sid(to).to_string()).collect();
    if receivers.len() == N {
        receivers = vec!["everyone".to_owned()];
    }
    told.extend(receivers.iter().map(|to| format!("tells {to}")));
    Some(told.join("; "))
}

/// What became of the server that acted.
fn changes<const N: usize>(before: &Server<N>, after: &Server<N>) -> Vec<String> {
    let mut told = Vec::new();
    if before.round != after.round {
        told.push(format!("enters round {}", after.round.0));
    }
    match (before.looking(), after.looking()) {
        (Some(was), Some(is)) => {
            if was.proposal != is.proposal {
                told.push(format!("adopts {:?}", is.proposal));
            }
            match (was.wait, is.wait) {
                (Wait::Collecting, Wait::Finalizing) => {
                    told.push("has a quorum, waits for a better proposal".to_owned());
                }
                (Wait::Finalizing, Wait::Collecting) => {
                    told.push("collects votes again".to_owned());
                }
                _ => {}
            }
        }
        (Some(_), None) => told.extend(after.settled().map(|vote| format!("is {vote:?}"))),
        (None, _) => {}
    }
    told
}
