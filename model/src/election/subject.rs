//! An election as it is judged: what is remembered of the way to a state, and how a way reads.

use crate::election::coverage;
use crate::election::narrate::{tell, tell_start};
use crate::election::past::Past;
use crate::election::picture::{NOTATION, head, picture, sketch};
use crate::election::rules;
use crate::election::scenario::Scenario;
use crate::election::story::{Scene, Start};
use crate::election::system::{Action, State, System};
use crate::election::trace::Recorder;
use crate::frame::coverage::{Kind, Kinds};
use crate::frame::story::{self, Recorded, Story, facts};
use crate::frame::subject::{Step, Subject, Way};
use crate::terms::vote::sid;

impl<const N: usize> Subject for System<N> {
    type Scenario = Scenario;
    type Past = Past<N>;

    const KINDS: &'static [Kind] = coverage::KINDS;

    fn kinds(&self, before: &State<N>, action: Action, after: &State<N>) -> Kinds {
        coverage::kinds(self, before, action, after)
    }

    fn remember(&self, start: &State<N>) -> Past<N> {
        Past::of(start)
    }

    fn observe(&self, past: Past<N>, step: &Step<'_, Self>) -> Past<N> {
        let Step {
            before,
            action,
            after,
            effects,
        } = *step;
        let step = (before, action, after);
        past.after(&rules::Step::new(&self.election, step, effects))
    }

    fn sketch(&self, state: &State<N>) -> String {
        sketch(state)
    }

    fn story(&self, way: &Way<Self>) -> Story {
        let starts = way.start.servers.iter().map(|server| Start {
            credentials: server.credentials,
            round: server.round,
            up: server.is_up(),
        });
        let starts: Vec<_> = starts.collect();
        let told = starts.iter().enumerate();
        let told: Vec<_> = told
            .map(|(place, start)| tell_start(place, start))
            .collect();
        let initial = starts.iter().zip(&way.start.servers).enumerate();
        let common = self.election.common();
        let initial = initial.map(|(place, (start, server))| {
            let knows = Some(server.known).filter(|&it| it != common.composition().begins());
            story::Start {
                sid: sid(place).0,
                facts: facts(start),
                shown: head(server, common.role(place), knows),
            }
        });
        let steps = way.steps.iter().zip(1..).map(|((before, action), number)| {
            let scene = Scene::of(self, before, *action).expect("the model took this step");
            let voters = |server: usize| {
                let ensemble = self.election.ensemble(before.servers[server].known);
                ensemble.voters().iter().count()
            };
            let everyone = action.actor().map_or(0, voters);
            story::Step {
                number,
                facts: facts(&scene),
                told: tell(everyone, &scene),
                picture: picture(&scene),
            }
        });
        Story {
            beginning: told.join("; "),
            initial: initial.collect(),
            steps: steps.collect(),
            notation: NOTATION,
            for_ever_from: way.for_ever_from,
        }
    }

    fn record(&self, way: &Way<Self>) -> Option<Vec<Recorded>> {
        let recordings = Recorder::new(self).record(way.start, way.actions());
        Some(recordings.iter().map(Recorded::from).collect())
    }
}
