//! Takes the production node through a trace: over real sockets, with peers made by hand, under a
//! clock that stands still.
//!
//! One socket for each peer carries the trace's messages to the node as bytes and what the node
//! sends back. What is expected is what the core does with the same inputs, so replay the trace on
//! the core first. After each input the node must have sent exactly what is expected, byte by byte
//! and no less, must show the expected status, and must have heard what it sent to itself; what it
//! sends beyond that is noticed with a later message to the same peer, at the latest when it is
//! shut down.
//!
//! # How a trace fits a node
//! - Its own messages come back to a node at once; a trace brings them whenever it likes, or never.
//!   So the inputs are put in the node's order ([`script`]). Steps that cannot happen then, or not
//!   over sockets, are left out and told ([`script::Omission`]).
//! - A wait runs out when the clock is advanced by just its length, and not one millisecond
//!   earlier. The clock is tokio's, paused; it would jump whenever the runtime is idle, even with
//!   bytes on their way through the system, so the task that replays never sleeps: what it waits
//!   for, it waits for in turn with all other tasks.
//! - "Nothing is delivered" when a wait runs out: for that moment the peers do not read, so what
//!   the node writes stays where it is, and every voter asks two [questions](script::question), of
//!   which one answer is stuck in the connection and one in the queue. Servers that no
//!   configuration knows disconnect for it.
//! - That an input has been handled shows in [`Status::notifications`]; a message that does not
//!   count there is followed by a question.
//! - To a server that does not vote the node does not repeat an answer (`impl/DEVIATIONS.md`), and
//!   neither does the expectation.
//! - What the node's guard keeps from its election, and what it would only take a newer
//!   configuration from, is left out and told, too. With such a step, at which the election
//!   restarts, a trace ends.
//!
//! No step sends one peer two messages, so the queue of one message for each peer loses none here.
//!
//! # Not seen
//! Whether the node reconnects when told to: all its connections stand. Its round while it is
//! settled, and its proposal then: only its vote is shown.

mod network;
mod peer;
pub mod script;
mod stage;

pub use stage::NodeError;

use crate::replay::Difference;
use fle_model::election::trace::format::{Output, Server, Standing, Trace};
use script::{Act, Script};
use stage::{Stage, TooEarly};
use std::time::Duration;

#[cfg(doc)]
use fle::node::Status;

/// Acts take less than a millisecond, on a busy machine tens of them. Only differences take this
/// long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came of a trace on the node.
#[derive(Clone, PartialEq, Debug)]
pub struct Played {
    /// Where the node did something else.
    pub difference: Option<Difference>,
    /// What was left out.
    pub omissions: Vec<script::Omission>,
}

/// Replays a trace on the production node; the first difference, if there is one, and the steps
/// that were left out.
///
/// # Errors
/// When a configuration cannot be read, or there are no sockets.
pub fn replay(trace: &Trace) -> Result<Played, NodeError> {
    let script = Script::of(trace)?;
    Ok(Played {
        difference: play(&trace.server, &script, PATIENCE)?,
        omissions: script.omissions,
    })
}

/// Takes the node through a script, with so much patience for each act, in real time: what is
/// missing then counts as missing.
///
/// # Errors
/// When a configuration cannot be read, or there are no sockets.
pub fn play(
    server: &Server,
    script: &Script,
    patience: Duration,
) -> Result<Option<Difference>, NodeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let mut stage = Stage::new(server, script, patience).await?;
        let mut before: Option<&Act> = None;
        for act in &script.acts {
            let actual = match stage.play(act).await {
                Ok(actual) => actual,
                Err(TooEarly) => return Ok(before.map(no_wait)),
            };
            if actual != act.outcome {
                return Ok(Some(difference(act, actual)));
            }
            before = Some(act);
        }
        let surplus = stage.close().await;
        let more = before.filter(|_| !surplus.is_empty());
        Ok(more.map(|last| {
            let mut actual = last.outcome.clone();
            actual.sends.extend(surplus);
            difference(last, actual)
        }))
    })
}

fn difference(act: &Act, actual: Standing) -> Difference {
    Difference {
        step: act.step,
        input: act.input.clone(),
        expected: Output::Standing(act.outcome.clone()),
        actual: Output::Standing(actual),
    }
}

/// After this step the node does not wait as long as it should.
fn no_wait(act: &Act) -> Difference {
    let mut actual = act.outcome.clone();
    actual.wait = None;
    difference(act, actual)
}
