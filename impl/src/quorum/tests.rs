//! The quorum rules a second time, as naively as they can be said, and held against the module:
//! verdict by verdict from a table, and on random configurations.

use super::*;
use crate::id::Sid;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A configuration as its lines say it.
#[derive(Clone, Debug, Default)]
struct Lines {
    voters: BTreeSet<i64>,
    groups: Vec<(i64, BTreeSet<i64>)>,
    weights: BTreeMap<i64, u64>,
}

impl Lines {
    fn verifier(&self) -> QuorumVerifier {
        let voters = self.voters.iter().copied().map(Sid);
        if self.groups.is_empty() {
            return QuorumVerifier::majority(voters);
        }
        let groups: Vec<Group> = self
            .groups
            .iter()
            .map(|(id, members)| Group {
                id: *id,
                members: members.iter().copied().map(Sid).collect(),
            })
            .collect();
        let weights = self
            .weights
            .iter()
            .map(|(&sid, &weight)| (Sid(sid), weight))
            .collect();
        QuorumVerifier::hierarchical(voters, &groups, &weights).unwrap()
    }

    /// The rule, counted from scratch for each question.
    fn has_quorum(&self, acks: &BTreeSet<i64>) -> bool {
        let acks: BTreeSet<i64> = acks.intersection(&self.voters).copied().collect();
        if self.groups.is_empty() {
            return acks.len() > self.voters.len() / 2;
        }
        let weight = |sids: &BTreeSet<i64>| -> u64 {
            sids.iter()
                .map(|sid| self.weights.get(sid).copied().unwrap_or(1))
                .sum()
        };
        let counted = self
            .groups
            .iter()
            .filter(|(_, members)| weight(members) > 0);
        let won = counted.clone().filter(|(_, members)| {
            weight(&members.intersection(&acks).copied().collect()) > weight(members) / 2
        });
        won.count() > counted.count() / 2
    }
}

fn sids(acks: &BTreeSet<i64>) -> impl Iterator<Item = Sid> + '_ {
    acks.iter().copied().map(Sid)
}

#[test]
fn verdicts_are_those_of_the_table() {
    let table = include_str!("testdata/verdicts.txt");
    let mut verdicts = 0;
    for block in table.split("\n\n") {
        let mut configurations = vec![Lines::default()];
        let mut oracle = None;
        for line in block.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let numbers = || words.iter().filter_map(|word| word.parse().ok());
            let current = configurations.last_mut().unwrap();
            match words[0] {
                "voters" => current.voters = numbers().collect(),
                "group" => current
                    .groups
                    .push((numbers().next().unwrap(), numbers().skip(1).collect())),
                "weight" => {
                    let weight = words[2].parse().unwrap();
                    current.weights.insert(numbers().next().unwrap(), weight);
                }
                "next" => configurations.push(Lines::default()),
                "oracle" => oracle = Some(words[1] == "yes"),
                _ => {
                    let view = match &configurations[..] {
                        [committed] => QuorumView::new(committed.verifier()),
                        [committed, next] => {
                            QuorumView::joint(committed.verifier(), next.verifier())
                        }
                        _ => panic!("{block}"),
                    };
                    let tally = view.tally(sids(&numbers().collect()));
                    let oracle = oracle.as_ref().map(|answer| answer as &dyn Oracle);
                    let expected = words[words.len() - 1] == "yes";
                    assert_eq!(
                        view.has_quorum(&tally, oracle),
                        expected,
                        "{line} in\n{block}"
                    );
                    verdicts += 1;
                }
            }
        }
    }
    assert_eq!(
        verdicts,
        table.matches("\n  ").count(),
        "the indented lines"
    );
}

#[test]
fn groups_that_make_no_rule_are_errors() {
    let group = |id, members: &[i64]| Group {
        id,
        members: members.iter().copied().map(Sid).collect(),
    };
    let rule = |groups: &[Group], weights: &[(i64, u64)]| {
        let weights = weights
            .iter()
            .map(|&(sid, weight)| (Sid(sid), weight))
            .collect();
        QuorumVerifier::hierarchical([Sid(1), Sid(2)], groups, &weights).map(|_| ())
    };
    assert_eq!(rule(&[group(1, &[1, 2])], &[]), Ok(()));
    let twice = Err(QuorumError::InTwoGroups(Sid(1)));
    assert_eq!(rule(&[group(1, &[1, 2]), group(2, &[1])], &[]), twice);
    assert_eq!(rule(&[group(1, &[1, 2, 1])], &[]), twice);
    assert_eq!(
        rule(&[group(1, &[1])], &[]),
        Err(QuorumError::InNoGroup(Sid(2)))
    );
    let stranger = QuorumError::WithoutWeight {
        group: 1,
        sid: Sid(3),
    };
    assert_eq!(rule(&[group(1, &[1, 2, 3])], &[]), Err(stranger));
    let heavy = i64::MAX as u64;
    assert_eq!(rule(&[group(1, &[1, 2])], &[(1, heavy), (2, 0)]), Ok(()));
    let too_heavy = Err(QuorumError::TooHeavy(1));
    assert_eq!(rule(&[group(1, &[1, 2])], &[(1, heavy), (2, 1)]), too_heavy);
    assert_eq!(
        rule(&[group(1, &[1, 2])], &[(1, u64::MAX), (2, 1)]),
        too_heavy
    );
}

#[test]
fn only_voters_have_weight_and_the_committed_configuration_judges() {
    let groups = Lines {
        voters: [1, 2].into(),
        groups: vec![(1, [1, 2, 9].into())],
        weights: [(1, 4), (8, 6), (9, 5)].into(),
    };
    let majority = Lines {
        voters: [2, 3, 8].into(),
        ..Lines::default()
    };
    let weights = |view: &QuorumView| [1, 2, 3, 8, 9, 77].map(|sid| view.weight(Sid(sid)));
    let alone = QuorumView::new(groups.verifier());
    assert_eq!(
        weights(&alone),
        [4, 1, 0, 0, 0, 0],
        "8 and 9 have a weight but no vote"
    );
    let joint = QuorumView::joint(groups.verifier(), majority.verifier());
    assert_eq!(
        weights(&joint),
        [4, 1, 1, 6, 0, 0],
        "8 votes next; the groups know its weight"
    );
    let reverse = QuorumView::joint(majority.verifier(), groups.verifier());
    assert_eq!(
        weights(&reverse),
        [1, 1, 1, 1, 0, 0],
        "all alike in a majority"
    );

    let everywhere = [1, 2, 3, 8, 9].map(|sid| joint.votes_everywhere(Sid(sid)));
    assert_eq!(everywhere, [false, true, false, false, false]);
    let voters: Vec<Sid> = joint.voters().collect();
    assert_eq!(voters, [1, 2, 3, 8].map(Sid));
}

#[test]
fn slots_are_found_with_and_without_gaps_between_sids() {
    for voters in [
        vec![],
        vec![5, 6, 7],
        vec![-3, 0, 4, 5, 900],
        vec![i64::MIN, 0, i64::MAX],
    ] {
        let view = QuorumView::new(QuorumVerifier::majority(voters.iter().copied().map(Sid)));
        for (index, &sid) in voters.iter().enumerate() {
            let slot = view.slot(Sid(sid)).unwrap();
            assert_eq!(slot.index(), index, "{sid} among {voters:?}");
        }
        for stranger in [i64::MIN + 1, -1, 1, 8, i64::MAX - 1] {
            assert_eq!(
                view.slot(Sid(stranger)),
                None,
                "{stranger} among {voters:?}"
            );
        }
    }
}

#[test]
fn an_oracle_file_grants_by_its_first_byte() {
    let path = std::env::temp_dir().join(format!("fle-oracle-{}", std::process::id()));
    let oracle = OracleFile(path.clone());
    assert!(!oracle.grants(), "no file");
    for (content, grants) in [
        ("1", true),
        ("1\n", true),
        ("0", false),
        (" 1", false),
        ("", false),
    ] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(oracle.grants(), grants, "{content:?}");
    }
    std::fs::remove_file(&path).unwrap();
    // Nobody writes to it, and the question is asked where nothing may wait.
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
    assert!(!oracle.grants(), "a pipe");
    std::fs::remove_file(path).unwrap();
    assert!(!OracleFile("/dev/zero".into()).grants(), "a device");
}

const SERVERS: i64 = 7;

fn some_servers() -> impl Strategy<Value = BTreeSet<i64>> {
    prop::collection::btree_set(0..SERVERS, 0..=7)
}

/// A majority, or up to three groups with weights from 0 to 3.
fn configuration() -> impl Strategy<Value = Lines> {
    let hierarchical = (
        prop::collection::vec(0..=3_i64, 7),
        prop::collection::vec(0..=3_u64, 7),
    );
    let hierarchical = hierarchical.prop_map(|(seats, weights)| {
        let mut groups: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (sid, group) in (0..).zip(seats).filter(|(_, group)| *group > 0) {
            groups.entry(group).or_default().insert(sid);
        }
        Lines {
            voters: groups.values().flatten().copied().collect(),
            groups: groups.into_iter().collect(),
            weights: (0..).zip(weights).collect(),
        }
    });
    let majority = some_servers().prop_map(|voters| Lines {
        voters,
        ..Lines::default()
    });
    prop_oneof![majority, hierarchical]
}

proptest! {
    #[test]
    fn a_quorum_is_what_the_naive_rule_says(
        committed in configuration(),
        next in configuration(),
        acks in some_servers(),
    ) {
        let view = QuorumView::new(committed.verifier());
        prop_assert_eq!(view.has_quorum(&view.tally(sids(&acks)), None), committed.has_quorum(&acks));
        let joint = QuorumView::joint(committed.verifier(), next.verifier());
        prop_assert_eq!(
            joint.has_quorum(&joint.tally(sids(&acks)), None),
            committed.has_quorum(&acks) && next.has_quorum(&acks)
        );
    }

    #[test]
    fn any_two_quorums_of_a_configuration_intersect(
        lines in configuration(),
        one in some_servers(),
        other in some_servers(),
    ) {
        let view = QuorumView::new(lines.verifier());
        let is_quorum = |acks: &BTreeSet<i64>| view.has_quorum(&view.tally(sids(acks)), None);
        // Disjoint by construction: what one has, the other lacks.
        let rest: BTreeSet<i64> = other.difference(&one).copied().collect();
        prop_assert!(!(is_quorum(&one) && is_quorum(&rest)), "{one:?} and {rest:?}");
    }

    #[test]
    fn adding_taking_back_and_summing_votes_is_counting_them(
        committed in configuration(),
        next in configuration(),
        one in some_servers(),
        other in some_servers(),
    ) {
        let view = QuorumView::joint(committed.verifier(), next.verifier());
        let slots = |acks: &BTreeSet<i64>| -> Vec<Slot> {
            sids(acks).filter_map(|sid| view.slot(sid)).collect()
        };
        let mut tally = view.tally(sids(&one));
        let rest: BTreeSet<i64> = other.difference(&one).copied().collect();
        for slot in slots(&rest) {
            tally.add(slot, &view);
        }
        prop_assert_eq!(&tally, &view.tally(one.union(&other).copied().map(Sid)));
        for slot in slots(&one) {
            tally.remove(slot, &view);
        }
        prop_assert_eq!(&tally, &view.tally(sids(&rest)));
        let both = [tally.clone(), view.tally(sids(&one))];
        tally.set_to_sum(&both.iter());
        prop_assert_eq!(&tally, &view.tally(one.union(&other).copied().map(Sid)));
    }
}
