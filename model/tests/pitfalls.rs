//! What sounds right of the election and is false: the shortest way to each, as it is told, and
//! where it ends.

use fle::ServerState;
use fle_model::election::catalogue;
use fle_model::election::claims::Claim;
use fle_model::election::faults::Crash;
use fle_model::election::rules::StepRule;
use fle_model::election::system::{Action, State, System};
use fle_model::frame::check::shortest;
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::liveness::Reachable;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::subject::{StateOf, Subject, Trace, Way};
use fle_model::terms::vote::Credentials;
use stateright::{Model, Path};

const LOW: Credentials = Credentials::new(1, 1);
const HIGH: Credentials = Credentials::new(1, 2);

/// The scenario from its first state with these on the servers' disks, and one of its properties.
fn system(scenario: &str, disks: [Credentials; 3], property: &str) -> Checked<System<3>> {
    let scenario = catalogue::find(scenario).expect("a scenario");
    let mut claims = scenario.claims();
    claims.retain(|claim| claim.name == property);
    let mut system = scenario.checked(|_| true, claims);
    let starts_so = |state: &State<3>| state.servers.map(|server| server.credentials) == disks;
    system.starts.retain(starts_so);
    system
}

/// The path as it is told.
fn told<const N: usize>(system: &Checked<System<N>>, path: &Trace<System<N>>) -> Vec<String> {
    system.story(&Way::of_path(path)).told()
}

/// The shortest way to what the pitfall claims, where 1 and 2 start with the same credentials and 3
/// with a greater zxid.
fn story(scenario: &str, pitfall: &str) -> Vec<String> {
    let system = system(scenario, [LOW, LOW, HIGH], pitfall);
    told(&system, &shortest(&system).expect("it happens"))
}

/// 1 votes for 2 and then, when 3's better proposal reaches it, for 3. Each of them counts 1's vote
/// and its own.
#[test]
fn two_servers_lead_at_once() {
    let told = [
        "1 looks in round 1 (epoch 1, zxid 0x1); 2 looks in round 1 (epoch 1, zxid 0x1); 3 looks in round 1 (epoch 1, zxid 0x2)",
        "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; adopts 2 (epoch 1, zxid 0x1); \
         has a quorum, waits for a better proposal; tells everyone",
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal",
        "2 has waited for a better proposal in vain; is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; adopts 3 (epoch 1, zxid 0x2); \
         has a quorum, waits for a better proposal; tells everyone",
        "3 receives from 1: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; has a quorum, waits for a better proposal",
        "3 has waited for a better proposal in vain; is LEADING, settled on 3 (epoch 1, zxid 0x2) in round 1",
    ];
    assert_eq!(story("fault-free-slots", "two servers lead"), told);
    assert_eq!(
        story("fault-free-slots", "two servers lead in one round"),
        told
    );
}

/// 3's notifications are slow, and the other two are a quorum.
#[test]
fn a_better_server_is_passed_over() {
    let told = story("fault-free-slots", "a better server is passed over");
    assert_eq!(told.len() - 1, 4);
    let end = "is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1";
    assert!(told.last().unwrap().ends_with(end), "{told:#?}");
    let from_3 = told.iter().any(|step| step.contains("receives from 3"));
    assert!(!from_3, "{told:#?}");
}

/// 1 has 2's vote and its own for 2; then 2 turns to 3, and 3 leads with 2 behind it before 1's
/// wait is over.
#[test]
fn an_election_ends_beside_an_ensemble() {
    let told = story("fault-free-slots", "an election ends beside an ensemble");
    assert_eq!(told.len() - 1, 5);
    let count_of_1 = "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; adopts 2 (epoch 1, zxid 0x1); \
                      has a quorum, waits for a better proposal; tells everyone";
    assert_eq!(told[1], count_of_1);
    let end = "is LEADING, settled on 3 (epoch 1, zxid 0x2) in round 1";
    assert!(told.last().unwrap().ends_with(end), "{told:#?}");
}

/// 3 joins 2, who leads; its own better proposal was replaced in the slot before 1 could hear of
/// it, and 1 counts 3 for 2. (That no way is shorter is for `check` to find: it is too long a
/// search for this build.)
#[test]
fn a_counted_voter_outranks_the_leader() {
    let deliver = |src, dst| Action::Deliver { src, dst };
    let way = [
        deliver(0, 1),
        deliver(0, 2),
        deliver(1, 0),
        deliver(0, 1),
        deliver(0, 2),
        deliver(1, 1),
        Action::FinalizeTimeout { server: 1 },
        deliver(1, 2),
        deliver(2, 1),
        deliver(1, 2),
        Action::Resend { src: 0, dst: 2 },
        Action::Supersede { src: 2, dst: 0 },
        deliver(2, 0),
        deliver(0, 0),
    ];
    let pitfall = "a counted voter outranks the leader";
    let system = system("fault-free", [LOW, LOW, HIGH], pitfall);
    let path = Path::from_actions(&system, system.begin(system.starts[0]), &way).expect("a path");
    let told = told(&system, &path);
    assert_eq!(
        told[12..],
        [
            "what 3 had for 1 is replaced unsent: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1",
            "1 receives from 3: FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
            "1 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal",
        ]
    );
    assert!(shows_at_last_only(&system, path));
}

/// Whether the pitfall is seen where the path ends, and nowhere before.
fn shows_at_last_only(system: &Checked<System<3>>, path: Trace<System<3>>) -> bool {
    let shows = |state: &StateOf<System<3>>| (system.claims[0].condition)(system, state);
    let shown: Vec<_> = path.into_states().iter().map(shows).collect();
    let (last, before) = shown.split_last().expect("states");
    *last && !before.contains(&true)
}

/// 2 settles on 3, and 3 leads; 1 hears of the one, and the word of the other stays under way. 3
/// crashes, 1 elects 2 in the next round, and 3 joins that. Then 1 reads what 3 said before it
/// crashed. (That no way is shorter is for `check` to find.)
#[test]
fn a_joiner_passes_an_ensemble_by_on_words_that_were_true_once() {
    let deliver = |src, dst| Action::Deliver { src, dst };
    let settle = |server| Action::FinalizeTimeout { server };
    let crash = Crash::Restarts;
    let way = [
        deliver(0, 1),
        deliver(0, 2),
        deliver(2, 0),
        deliver(0, 1),
        deliver(0, 2),
        deliver(1, 1),
        settle(1),
        Action::Resend { src: 0, dst: 1 },
        deliver(1, 0),
        deliver(1, 0),
        deliver(2, 2),
        settle(2),
        Action::Resend { src: 0, dst: 2 },
        Action::Crash { server: 2, crash },
        Action::GiveUp { server: 1 },
        deliver(1, 0),
        deliver(0, 1),
        deliver(1, 1),
        settle(1),
        deliver(2, 1),
        Action::Start { server: 2 },
        deliver(0, 2),
        deliver(1, 2),
    ];
    let pitfall = "a joiner passes an ensemble by";
    let system = system("crash-wires", [LOW; 3], pitfall);
    let begin = system.begin(system.starts[0]);
    let path = Path::from_actions(&system, begin, &way).expect("a path");
    assert!(shows_at_last_only(&system, path));
    let joins = [&way[..], &[deliver(2, 0)]].concat();
    let path = Path::from_actions(&system, begin, &joins).expect("a path");
    assert_eq!(
        told(&system, &path)[23..],
        [
            "3 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2; \
             is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 2",
            "1 receives from 3: LEADING, settled on 3 (epoch 1, zxid 0x1) in round 1; \
             is FOLLOWING, settled on 3 (epoch 1, zxid 0x1) in round 1",
        ]
    );
}

/// 1 settles on 2, which 3 hears. Then it crashes, forgets its round, and has a quorum for 3 in the
/// same round.
#[test]
fn a_server_decides_twice_in_one_round() {
    let told = [
        "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; adopts 2 (epoch 1, zxid 0x1); \
         has a quorum, waits for a better proposal; tells everyone",
        "1 has waited for a better proposal in vain; is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; tells 3",
        "3 receives from 1: FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "1 crashes",
        "1 is started; looks in round 1; tells everyone",
        "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; adopts 3 (epoch 1, zxid 0x2); \
         has a quorum, waits for a better proposal; tells everyone",
    ];
    assert_eq!(
        story("crash", "a server decides twice in one round")[1..],
        told
    );
}

/// Neither follower notices that 3 has crashed. Its round is again theirs, and their two words are
/// a quorum without its own vote, which nobody counts, nor 3 itself. It is for the leader to look
/// at its disk.
#[test]
fn a_leader_has_lost_its_data() {
    let told = story("wipe", "a leader has lost its data");
    let end = [
        "3 announces its vote again, to 1; tells 3",
        "2 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; tells 3",
        "3 crashes and loses its disk",
        "3 is started; looks in round 1; tells everyone",
        "3 receives from 1: FOLLOWING, settled on 3 (epoch 1, zxid 0x2) in round 1",
        "3 receives from 2: FOLLOWING, settled on 3 (epoch 1, zxid 0x2) in round 1; \
         is LEADING, settled on 3 (epoch 1, zxid 0x2) in round 1",
    ];
    assert_eq!(told[5..], end);
}

/// The shortest way to where 2 is about to answer 3, which then joins it on votes of two elections;
/// and that it does.
fn quorum_of_two_elections(scenario: &str) -> Vec<String> {
    let system = system(scenario, [LOW, LOW, HIGH], "two elections make a quorum");
    let way = shortest(&system).expect("it happens");
    let mut actions = way.into_actions();
    actions.push(Action::Deliver { src: 1, dst: 2 });
    let path =
        Path::from_actions(&system, system.begin(system.starts[0]), &actions).expect("a path");
    told(&system, &path)
}

/// 1 settles on 2, which 3 hears; then 1 looks again, for no reason, and only then 2 is elected: in
/// the next round. 3 counts the leader and what its voter said a round ago.
#[test]
fn two_rounds_make_a_quorum() {
    let told = quorum_of_two_elections("loss");
    let after_1_settled = [
        "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; tells 3",
        "3 receives from 1: FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "1 returns to looking for no reason; looks in round 2; tells everyone",
        "2 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 2; enters round 2; tells everyone",
        "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; adopts 2 (epoch 1, zxid 0x1); \
         has a quorum, waits for a better proposal; tells everyone",
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 2; has a quorum, waits for a better proposal",
        "2 has waited for a better proposal in vain; is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2",
        "2 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; tells 3",
        "3 receives from 2: LEADING, settled on 2 (epoch 1, zxid 0x1) in round 2; \
         is FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 2",
    ];
    assert_eq!(told[3..], after_1_settled);
}

/// The votes are of 3's own round, in which not even the epoch is compared.
#[test]
fn two_epochs_make_a_quorum() {
    let told = quorum_of_two_elections("activation");
    let after_2_leads = [
        "2 is synchronized; has epoch 2, zxid 0x1 now",
        "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; tells 3",
        "3 receives from 1: FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "2 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; tells 3",
        "3 receives from 2: LEADING, settled on 2 (epoch 2, zxid 0x1) in round 1; \
         is FOLLOWING, settled on 2 (epoch 2, zxid 0x1) in round 1",
    ];
    assert_eq!(told[5..], after_2_leads);
}

/// 2 has 1's vote and waits. Meanwhile 1 turns to 3, which begins epoch 2 with 1 behind it: 2's
/// wait will end in epoch 1.
#[test]
fn an_outdated_vote_elects() {
    let told = story("activation", "an outdated vote elects");
    assert_eq!(told.len() - 1, 8);
    let count_of_2 = "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal";
    assert_eq!(told[2], count_of_2);
    let end = [
        "3 is synchronized; has epoch 2, zxid 0x2 now",
        "1 is synchronized; has epoch 2, zxid 0x2 now",
    ];
    assert_eq!(told[7..], end);
}

/// 3 speaks the old format, in which its epoch is that of its last transaction: 1. It is the best
/// and proposes itself in vain.
#[test]
fn an_old_peer_hides_the_best() {
    let (behind, ahead) = (Credentials::new(1, 0b01_01), Credentials::new(2, 0b01_01));
    let disks = [behind, ahead, ahead];
    let system = system("timely-old-peer", disks, "an old peer hides the best");
    let goal = system.claims[0].condition;
    let reachable = Reachable::explore(system.clone(), Checked::fairness, &[goal]);
    let lasso = reachable.violation(0).expect("a fair run");
    let story = system.story(&Way::of_lasso(&lasso));
    assert_eq!(
        story.goes_on().as_deref(),
        Some("Then nothing more happens.")
    );
    let told = story.told();
    let proposals = told.iter().filter(|step| step.contains("receives from 3"));
    let loses_epoch = |step: &String| step.contains("proposes 3 (epoch 1, zxid 0x100000001)");
    assert!(
        proposals.clone().count() > 0 && proposals.clone().all(loses_epoch),
        "{told:#?}"
    );
    assert_eq!(lasso.knot.agreed_leader(), Some(1), "{told:#?}");
}

/// 3 has 2's vote for 4, and its own. When 4 says that it leads, that is a quorum, though 2 follows
/// 5 by now, and 1 with it. (Random walks found it, under the rule that a joiner follows the leader
/// that a quorum follows, whatever it joins by.)
#[test]
fn a_joiner_passes_an_ensemble_by() {
    let deliver = |src, dst| Action::Deliver { src, dst };
    let settle = |server| Action::FinalizeTimeout { server };
    let way = [
        deliver(3, 1),
        deliver(1, 0),
        deliver(0, 2),
        deliver(1, 3),
        deliver(2, 3),
        deliver(4, 1),
        deliver(1, 0),
        deliver(4, 0),
        deliver(0, 1),
        deliver(1, 4),
        settle(3),
        settle(0),
        Action::Resend { src: 4, dst: 0 },
        deliver(0, 4),
        Action::Resend { src: 2, dst: 3 },
        settle(1),
        deliver(3, 2),
    ];
    let five = catalogue::find("five").expect("a scenario");
    let system = five.checked::<5>(|number| number == 0, Vec::new());
    let path = Path::from_actions(&system, system.begin(system.starts[0]), &way).expect("a path");
    let told = told(&system, &path);
    assert_eq!(
        told.last().expect("a step"),
        "3 receives from 4: LEADING, settled on 4 (epoch 1, zxid 0x1) in round 1; \
         is FOLLOWING, settled on 4 (epoch 1, zxid 0x1) in round 1"
    );
    for state in &path.into_states()[16..] {
        assert_eq!(state.established_leader(&system.election), Some(4));
        assert!(!state.past.contains(StepRule::JoinerRespectsEnsemble));
    }
}

/// 1 and 3 follow 2, and nothing is under way.
fn ensemble() -> Checked<System<3>> {
    let elected_again = Claim {
        name: "a leader that restarted is elected again by its old followers",
        statement: "A server that crashed can settle as leader, by the answers that it gets.",
        kind: Kind::Pitfall,
        applies: |_| true,
        condition: |system, state| {
            let leads = |(action, next): (Action, StateOf<System<3>>)| matches!(action, Action::Deliver { dst: 2, .. } if next.servers[2].leads());
            state.servers[2].looking().is_some() && system.next_steps(state).into_iter().any(leads)
        },
    };
    let mut system = system("crash", [LOW; 3], "");
    system.claims = vec![elected_again];
    let deliver = |src, dst| Action::Deliver { src, dst };
    let settle = |server| Action::FinalizeTimeout { server };
    let way = [(2, 0), (2, 1), (0, 2), (1, 2), (0, 1), (1, 0)];
    let way = way
        .map(|(src, dst)| deliver(src, dst))
        .into_iter()
        .chain([0, 1, 2].map(settle));
    let way: Vec<_> = way.collect();
    let path = Path::from_actions(&system, system.begin(system.starts[0]), &way).expect("a path");
    let settled = *path.last_state();
    assert!(settled.is_silent(&system.election) && settled.agreed_leader() == Some(2));
    system.starts = vec![settled.state];
    system
}

/// Its round number is again that of the votes for it, so that they and its own come to a quorum.
#[test]
fn a_leader_that_restarted_is_elected_again_by_its_old_followers() {
    let system = ensemble();
    let way = shortest(&system).expect("it happens");
    let mut actions = way.into_actions();
    actions.push(Action::Deliver { src: 0, dst: 2 });
    let path =
        Path::from_actions(&system, system.begin(system.starts[0]), &actions).expect("a path");
    assert_eq!(
        told(&system, &path)[1..],
        [
            "3 crashes",
            "3 is started; looks in round 1; tells everyone",
            "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 1; tells 3",
            "3 receives from 1: FOLLOWING, settled on 3 (epoch 1, zxid 0x1) in round 1; \
             is LEADING, settled on 3 (epoch 1, zxid 0x1) in round 1",
        ]
    );
    let last = path.last_state().servers[2].settled().expect("a vote");
    assert_eq!(last.state, ServerState::Leading);
}
