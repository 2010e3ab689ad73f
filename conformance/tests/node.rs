//! Traces on the production node: they pass, what is altered is noticed, what cannot happen is
//! told.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid, codec};
use fle_conformance::node::script::{Act, Reason, Script, TICK};
use fle_conformance::node::{Played, play, replay};
use fle_conformance::replay::Difference;
use fle_model::election::trace::format::{Credentials, Input, Output, Send, State, Step, Trace};
use std::path::Path;
use std::time::Duration;

const WINS: &str = "wins-a-majority-election";
/// Much longer than an act takes, and what a test spends on one that never ends.
const PATIENCE: Duration = Duration::from_secs(2);

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/traces"))
}

fn kept(name: &str) -> Trace {
    Trace::read(&folder().join(name).with_extension("jsonl")).unwrap()
}

fn all_pass(folder: &Path) {
    for file in Trace::files(folder).unwrap() {
        let Played { difference, .. } = replay(&Trace::read(&file).unwrap()).unwrap();
        assert_eq!(difference, None, "{}", file.display());
    }
}

#[test]
fn kept_traces_pass() {
    all_pass(folder());
}

#[test]
fn the_shared_corpus_passes() {
    let corpus = folder().join("../../../shared/traces");
    if corpus.is_dir() {
        all_pass(&corpus);
    } else {
        println!("skipped: no shared corpus at {}", corpus.display());
    }
}

/// Alters the expectation of the first act that fits. Returns that act's step, and what is found.
fn altered(
    name: &str,
    fits: impl Fn(&Act) -> bool,
    alter: impl Fn(&mut Act),
) -> (usize, Difference) {
    let trace = kept(name);
    let mut script = Script::of(&trace).unwrap();
    let act = script.acts.iter_mut().find(|act| fits(act)).unwrap();
    alter(act);
    let step = act.step;
    let found = play(&trace.server, &script, PATIENCE).unwrap();
    (step, found.expect("it is noticed"))
}

fn is_looking(act: &Act) -> bool {
    matches!(act.input, Input::Look(_))
}

fn sends(output: &Output) -> &[Send] {
    match output {
        Output::Standing(standing) => &standing.sends,
        Output::Restart { .. } => panic!("it restarts"),
    }
}

#[test]
fn other_bytes_are_noticed() {
    let (step, found) = altered(WINS, is_looking, |act| {
        *act.outcome.sends[0].hex.last_mut().unwrap() ^= 1;
    });
    assert_eq!(found.step, step);
    assert_ne!(sends(&found.actual)[0], sends(&found.expected)[0]);
    assert_eq!(sends(&found.actual)[1..], sends(&found.expected)[1..]);
}

#[test]
fn a_missing_message_is_noticed() {
    let (step, found) = altered(WINS, is_looking, |act| {
        let again = act.outcome.sends[1].clone();
        act.outcome.sends.insert(1, again);
    });
    assert_eq!(found.step, step);
    let count = sends(&found.expected).len();
    assert_eq!(sends(&found.actual).len(), count - 1);
}

/// To another it shows with the next message to the same peer, at the end of the trace at the
/// latest; to itself at once.
#[test]
fn a_message_too_many_is_noticed() {
    let own = kept(WINS).server.sid;
    let drop_one = |to_itself: bool| {
        altered(WINS, is_looking, move |act| {
            let sends = &mut act.outcome.sends;
            let dropped = sends.iter().position(|send| (send.to == own) == to_itself);
            sends.remove(dropped.unwrap());
        })
    };
    let (step, found) = drop_one(false);
    assert!(found.step >= step);
    let (step, found) = drop_one(true);
    assert_eq!(found.step, step);
    assert!(sends(&found.actual).len() > sends(&found.expected).len());
}

#[test]
fn another_state_proposal_or_decision_is_noticed() {
    let noticed_at_once = |fits: fn(&Act) -> bool, alter: fn(&mut Act)| {
        let (step, found) = altered(WINS, fits, alter);
        assert_eq!(found.step, step);
    };
    noticed_at_once(is_looking, |act| act.outcome.state = State::Observing);
    noticed_at_once(is_looking, |act| act.outcome.proposal.zxid += 1);
    let decides = |act: &Act| act.outcome.decided.is_some();
    noticed_at_once(decides, |act| {
        act.outcome.decided.as_mut().unwrap().leader += 1;
    });
}

#[test]
fn a_wait_too_short_or_too_long_is_noticed() {
    let runs_out = |act: &Act| matches!(act.input, Input::FinalizeTimeout {});
    let (step, found) = altered(WINS, runs_out, |act| act.pause += 3 * TICK);
    assert!(found.step < step, "since the step before");
    let Output::Standing(actual) = found.actual else {
        panic!("{:?}", found.actual);
    };
    assert_eq!(actual.wait, None);
    let (step, found) = altered(WINS, runs_out, |act| act.pause -= 3 * TICK);
    assert_eq!(found.step, step);
}

/// In the reference it restarts the election.
#[test]
fn a_configuration_that_the_node_does_not_take_is_told() {
    let trace = kept("restarts-for-a-newer-configuration");
    let played = replay(&trace).unwrap();
    assert_eq!(played.difference, None);
    let told = played.omissions.iter().map(|it| (it.step, it.reason));
    let last = trace.steps.len();
    assert!(
        told.eq([(last, Reason::NotTaken)]),
        "{:?}",
        played.omissions
    );
}

/// A looking server's vote in the last epoch.
fn absurd() -> Vec<u8> {
    let vote = Notification {
        state: ServerState::Looking,
        proposal: Proposal {
            peer_epoch: PeerEpoch::LAST,
            zxid: Zxid(0),
            leader: Sid(1),
        },
        election_epoch: ElectionEpoch(1),
    };
    codec::header(&vote, b"").into()
}

/// A trace's inputs with more of them at its start and its end.
#[test]
fn what_cannot_happen_over_sockets_is_told() {
    let mut trace = kept(WINS);
    trace.steps.pop(); // It would look again.
    let output = trace.steps[0].output.clone();
    let step = |input| Step {
        input,
        output: output.clone(),
    };
    let from = |from, hex: &[u8]| {
        let hex = hex.to_vec();
        step(Input::Recv { from, hex })
    };
    let own = trace.server.sid;
    trace.steps.insert(0, from(1, b"early"));
    let settled = trace.steps.len();
    let look = Input::Look(Credentials {
        zxid: 1,
        peer_epoch: 1,
    });
    trace.steps.extend([
        from(own, b"not its own"),
        from(1, b""),
        step(Input::Timeout { delivered: true }),
        step(look.clone()),
        step(look),
        step(Input::FinalizeTimeout {}),
        from(1, &absurd()),
    ]);
    let played = replay(&trace).unwrap();
    assert_eq!(played.difference, None);
    let omissions = played.omissions.iter();
    let told: Vec<_> = omissions.map(|it| (it.step, it.reason)).collect();
    let expected = [
        (1, Reason::NotStarted),
        (settled + 1, Reason::NotItsOwn),
        (settled + 2, Reason::NoFrame),
        (settled + 3, Reason::NoWait),
        (settled + 5, Reason::StillLooking),
        (settled + 6, Reason::NoWait),
        (settled + 7, Reason::NotBelieved),
    ];
    assert_eq!(told, expected);
}
