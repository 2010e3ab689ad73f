//! What sounds right of the election and is false: the shortest way to each, as it is told, and where it ends.

use fle_model::catalogue;
use fle_model::check::shortest;
use fle_model::story::Story;

/// The shortest way to what the pitfall claims. 1 and 2 start with the same credentials, 3 with a greater zxid: the initial state
/// of `fault-free` whose digits, to base 4 and one a server, are 0, 0, 1.
fn story(pitfall: &str) -> Vec<String> {
    let scenario = catalogue::find("fault-free").expect("a scenario");
    let mut claims = scenario.claims();
    claims.retain(|claim| claim.name == pitfall);
    let system = scenario.system::<3>(|number| number == 16, claims);
    Story::new(&system, &shortest(&system).expect("it happens")).told()
}

/// 1 votes for 2 and then, when 3's better proposal reaches it, for 3. Each of them counts 1's vote and its own.
#[test]
fn two_servers_lead_at_once() {
    let told = [
        "1 looks in round 1 (epoch 1, zxid 0x1); 2 looks in round 1 (epoch 1, zxid 0x1); 3 looks in round 1 (epoch 1, zxid 0x2)",
        "2 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1",
        "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; adopts 2 (epoch 1, zxid 0x1); tells everyone",
        "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1",
        "2 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal",
        "2 has waited for a better proposal in vain; is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1",
        "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; adopts 3 (epoch 1, zxid 0x2); tells everyone",
        "3 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1",
        "3 receives from 1: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1",
        "3 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1; has a quorum, waits for a better proposal",
        "3 has waited for a better proposal in vain; is LEADING, settled on 3 (epoch 1, zxid 0x2) in round 1",
    ];
    assert_eq!(story("two servers lead"), told);
    assert_eq!(story("two servers lead in one round"), told);
}

/// 3's notifications are slow, and the other two are a quorum.
#[test]
fn a_better_server_is_passed_over() {
    let told = story("a better server is passed over");
    assert_eq!(told.len() - 1, 7);
    let end = "is LEADING, settled on 2 (epoch 1, zxid 0x1) in round 1";
    assert!(told.last().unwrap().ends_with(end), "{told:#?}");
    assert!(
        !told.iter().any(|step| step.contains("receives from 3")),
        "{told:#?}"
    );
}

/// 1 has 2's vote and its own for 2; then 2 turns to 3, and 3 leads with 2 behind it before 1's wait is over.
#[test]
fn an_election_ends_beside_an_ensemble() {
    let told = story("an election ends beside an ensemble");
    assert_eq!(told.len() - 1, 9);
    let count_of_1 = "1 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal";
    assert!(told.iter().any(|step| step == count_of_1), "{told:#?}");
    let end = "is LEADING, settled on 3 (epoch 1, zxid 0x2) in round 1";
    assert!(told.last().unwrap().ends_with(end), "{told:#?}");
}

/// 3 joins 2, who leads; its own better proposal was replaced in the slot before 1 could hear of it, and 1 counts 3 for 2.
#[test]
fn a_counted_voter_outranks_the_leader() {
    let told = story("a counted voter outranks the leader");
    assert_eq!(told.len() - 1, 14);
    assert_eq!(
        told[12..],
        [
            "what 3 had for 1 is replaced unsent: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1",
            "1 receives from 3: FOLLOWING, settled on 2 (epoch 1, zxid 0x1) in round 1",
            "1 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; has a quorum, waits for a better proposal",
        ]
    );
}
