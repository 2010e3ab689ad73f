//! What stateright's Explorer shows in the browser: a state field by field, an action as a sentence, a path as a diagram.
//!
//! The Explorer is stateright's own and remembers nothing of what is seen in it. It lists all initial states at once, each with a
//! diagram, so of many only some are shown.

use crate::catalogue::Scenario;
use crate::check::Trace;
use crate::diagram::draw_story;
use crate::dispatch::with_servers;
use crate::faults::Crash;
use crate::finalizing::Awaited;
use crate::network::Network;
use crate::properties::Claim;
use crate::server::{Election, Looking, Server};
use crate::set::ServerSet;
use crate::steps::StepRule;
use crate::story::{Story, StoryStep};
use crate::system::{Action, State, System};
use crate::vote::{Vote, sid, state_name};
use fle::ServerState;
use stateright::Model;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::num::NonZeroU16;

/// How many initial states are shown at most.
pub const STARTS: usize = 64;

/// An address for the Explorer, on this machine only.
///
/// # Errors
/// If nothing can listen there, as when something does already.
pub fn address(port: NonZeroU16) -> Result<SocketAddr, String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.get()));
    // stateright panics if it cannot listen.
    match TcpListener::bind(address) {
        Ok(_) => Ok(address),
        Err(error) => Err(format!(
            "cannot listen on {address}: {error} (choose another with --port)"
        )),
    }
}

/// Which of so many initial states are shown: at most [`STARTS`], evenly spread.
pub fn shown(initial_states: usize) -> impl Fn(usize) -> bool {
    let every = initial_states.div_ceil(STARTS).max(1);
    move |number| number % every == 0
}

/// Serves the scenario to browsers until the process ends.
///
/// # Panics
/// If the address cannot be listened on, or the catalogue has a scenario with a number of servers that the model is not built for.
pub fn serve(scenario: &Scenario, address: SocketAddr) {
    with_servers!(scenario.servers, serve_servers(scenario, address));
}

fn serve_servers<const N: usize>(scenario: &Scenario, address: SocketAddr) {
    let mut claims: Vec<Claim<N>> = scenario.claims();
    // What stateright calls `eventually` is something else than what a fair run comes to.
    claims.retain(|claim| !claim.kind.is_of_runs());
    let system = scenario.system(shown(scenario.initial_states()), claims);
    system.checker().serve(address);
}

/// What happens in a step, in a sentence, and the state that it leads to; `None` if it changes nothing.
pub(crate) fn step<const N: usize>(
    system: &System<N>,
    before: &State<N>,
    action: Action,
) -> Option<String> {
    let after = system.next_state(before, action)?;
    let step = StoryStep::new(system, 1, before, action)?;
    Some(format!("{}\n\n{after:#?}", step.told.replace("; ", ";\n")))
}

/// The path as a diagram; `None` if one of its actions changes nothing.
pub(crate) fn svg<const N: usize>(system: &System<N>, path: &Trace<N>) -> Option<String> {
    let mut steps = path.clone().into_vec().into_iter();
    let changes = |(state, action): (State<N>, Option<Action>)| match action {
        Some(action) => system.next_state(&state, action).is_some(),
        None => true,
    };
    let story = steps.all(changes).then(|| Story::new(system, path))?;
    let title = format!("After {} step(s)", story.steps.len());
    Some(draw_story(&title, "", &story).to_string())
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Deliver { src, dst } => write!(f, "{} receives from {}", sid(dst), sid(src)),
            Self::Supersede { src, dst } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "what {from} had for {to} is replaced unsent")
            }
            Self::Resend { src, dst } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "{from} announces its vote again, to {to}")
            }
            Self::CollectTimeout { server } => {
                write!(f, "{} has waited for votes in vain", sid(server))
            }
            Self::FinalizeTimeout { server } => {
                let server = sid(server);
                write!(f, "{server} has waited for a better proposal in vain")
            }
            Self::Lose { src, dst } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "what {from} had sent {to} is lost")
            }
            Self::GiveUp { server } => write!(f, "{} gives up", sid(server)),
            Self::Activate { server } => write!(f, "{} is synchronized", sid(server)),
            Self::Start { server } => write!(f, "{} is started", sid(server)),
            Self::Crash { server, crash } => {
                let how = match crash {
                    Crash::Restarts => "",
                    Crash::ForGood => " for good",
                    Crash::LosesDisk => " and loses its disk",
                };
                write!(f, "{} crashes{how}", sid(server))
            }
            Self::Break { a, b } => {
                write!(f, "the connection between {} and {} breaks", sid(a), sid(b))
            }
            Self::LoseLeader { server } => {
                write!(f, "{} returns to looking for no reason", sid(server))
            }
        }
    }
}

/// Servers by their sids instead of their places, what is there instead of what is not.
impl<const N: usize> fmt::Debug for State<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            servers,
            network,
            faults,
            repeated,
            awaited,
            broken,
        } = self;
        let mut fields = f.debug_struct("State");
        for (place, server) in servers.iter().enumerate() {
            fields.field(&format!("server {}", sid(place)), &Shown(server));
        }
        fields.field("under way", &Shown(network));
        if faults.any() {
            fields.field("may still go wrong", faults);
        }
        if repeated.iter().next().is_some() {
            fields.field("announced again", repeated);
        }
        if awaited.iter().any(|awaited| *awaited != Awaited::NOTHING) {
            fields.field("awaited", awaited);
        }
        let broken = StepRule::ALL
            .into_iter()
            .filter(|&rule| broken.contains(rule));
        fields.field("rules broken", &Listed(broken.collect()));
        fields.finish()
    }
}

/// A part of a state, as it is shown.
struct Shown<'a, T>(&'a T);
struct Listed(Vec<StepRule>);

impl<const N: usize> fmt::Debug for Shown<'_, Server<N>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Server {
            credentials,
            round,
            config,
            granted,
            active,
            election,
        } = self.0;
        let mut fields = f.debug_struct(match election {
            Election::Down { returns: true } => "DOWN",
            Election::Down { returns: false } => "DOWN for good",
            Election::Looking(_) => state_name(ServerState::Looking),
            Election::Settled(vote) => state_name(vote.state),
        });
        fields.field("credentials", credentials);
        fields.field("round", &round.0);
        if config.0 > 1 {
            fields.field("configuration", &config.0);
        }
        if *granted {
            fields.field("granted by the oracle", granted);
        }
        if *active {
            fields.field("synchronized", active);
        }
        match election {
            Election::Down { .. } => {}
            Election::Looking(looking) => show_looking(looking, &mut fields),
            Election::Settled(vote) => {
                fields.field("vote", vote);
            }
        }
        fields.finish()
    }
}

fn show_looking<const N: usize>(looking: &Looking<N>, fields: &mut fmt::DebugStruct<'_, '_>) {
    let Looking {
        proposal,
        wait,
        recv_set,
        out_of_election,
        vote_set,
        heard,
        settled_before,
    } = looking;
    fields
        .field("proposal", proposal)
        .field("wait", wait)
        .field("recv_set", &Shown(recv_set))
        .field("out_of_election", &Shown(out_of_election));
    if let Some(vote_set) = vote_set {
        fields.field("vote_set", vote_set);
    }
    if *heard != ServerSet::NONE {
        fields.field("heard", heard);
    }
    if let Some(proposal) = settled_before {
        fields.field("settled before on", proposal);
    }
}

impl<const N: usize> fmt::Debug for Shown<'_, [Option<Vote>; N]> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let votes = self.0.iter().enumerate();
        let votes = votes.filter_map(|(place, vote)| Some((sid(place).0, (*vote)?)));
        f.debug_map().entries(votes).finish()
    }
}

impl<const N: usize> fmt::Debug for Shown<'_, Network<N>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let links = (0..N).flat_map(|src| (0..N).map(move |dst| (src, dst)));
        let links = links.flat_map(|(src, dst)| {
            let link = self.0.link(src, dst).notifications();
            let broken = self.0.is_broken(src, dst);
            let how = if broken { ", once connected" } else { "" };
            link.map(move |notification| {
                (format!("{} to {}{how}", sid(src), sid(dst)), notification)
            })
        });
        let mut map = f.debug_map();
        for (link, vote) in links {
            map.entry(&format_args!("{link}"), &vote);
        }
        map.finish()
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(&self.0).finish()
    }
}
