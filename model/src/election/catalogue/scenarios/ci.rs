//! Tier `ci`: three servers, each fault and each role by itself, asynchronous and timely.

use super::bases::{BLANK, EQUAL, NONE, OLD, THREE, TIMELY, TWO};
use crate::election::faults::Faults;
use crate::election::finalizing::{Early, Finalizing, Length};
use crate::election::network::Links;
use crate::election::scenario::Scenario;
use crate::terms::ensemble::Composition;

pub(super) const FILE: &str = file!();

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fault-free",
        covers: "three servers without faults, over links of two",
        links: Links::WireAndSlot,
        unique_states: 4_577_560,
        ..THREE
    },
    Scenario {
        name: "fault-free-slots",
        covers: "three servers without faults",
        unique_states: 101_680,
        ..THREE
    },
    Scenario {
        name: "rounds",
        covers: "three servers, each in its first or second round: some have looked once more than others",
        credentials: TWO,
        rounds: 2,
        unique_states: 57_720,
        ..THREE
    },
    Scenario {
        name: "crash",
        covers: "three servers, one of which crashes and restarts",
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 2_570_160,
        ..THREE
    },
    Scenario {
        name: "break",
        covers: "three servers, and a connection breaks",
        faults: Faults { breaks: 1, ..NONE },
        unique_states: 648_660,
        ..THREE
    },
    Scenario {
        name: "loss",
        covers: "three servers, one of which returns to looking for no reason",
        faults: Faults { losses: 1, ..NONE },
        unique_states: 777_560,
        ..THREE
    },
    Scenario {
        name: "wipe",
        covers: "three servers, one of which crashes, loses its disk and restarts",
        faults: Faults { wipes: 1, ..NONE },
        unique_states: 955_900,
        ..THREE
    },
    Scenario {
        name: "late",
        covers: "three servers, one of which starts later than the others",
        late: true,
        unique_states: 102_400,
        ..THREE
    },
    Scenario {
        name: "activation",
        covers: "three servers, leaders that begin new epochs, and a return to looking for no reason",
        activation: true,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 5_030_218,
        ..THREE
    },
    Scenario {
        name: "observer",
        covers: "two voters and an observer",
        composition: Composition::Observer,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 532_864,
        ..THREE
    },
    Scenario {
        name: "zero-weight",
        covers: "three voters, one of them without weight",
        composition: Composition::ZeroWeight,
        unique_states: 88_414,
        ..THREE
    },
    Scenario {
        name: "oracle",
        covers: "two voters with an oracle, one of which crashes and restarts",
        composition: Composition::Oracle,
        servers: 2,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 7_056,
        ..THREE
    },
    Scenario {
        name: "joint",
        covers: "a committed configuration of three voters and a proposed one of two",
        composition: Composition::Joint,
        unique_states: 167_304,
        ..THREE
    },
    Scenario {
        name: "groups",
        covers: "three voters in two groups, one of them of weight two",
        composition: Composition::Groups,
        unique_states: 164_880,
        ..THREE
    },
    Scenario {
        name: "growing",
        covers: "a committed configuration of two voters and a proposed one of three",
        composition: Composition::Growing,
        unique_states: 104_832,
        ..THREE
    },
    Scenario {
        name: "reweighing",
        covers: "a committed configuration in which one of three voters has no weight, and a proposed one in which it has",
        composition: Composition::Reweighing,
        unique_states: 88_414,
        ..THREE
    },
    Scenario {
        name: "ahead-joint",
        covers: "a voter is removed: one server knows it to be committed, others that it is proposed, and that voter perhaps neither",
        composition: Composition::Joint,
        ahead: true,
        credentials: TWO,
        unique_states: 113_959,
        ..THREE
    },
    Scenario {
        name: "ahead-growing",
        covers: "a voter is added: one server knows it to be committed, others that it is proposed, and that voter perhaps neither",
        composition: Composition::Growing,
        ahead: true,
        credentials: TWO,
        unique_states: 200_844,
        ..THREE
    },
    Scenario {
        name: "old-peer",
        covers: "three voters, one of which speaks the format without peer epoch and version",
        composition: Composition::OldPeer,
        credentials: OLD,
        activation: true,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 1_312_331,
        ..THREE
    },
    Scenario {
        name: "gossip",
        covers: "three voters, one of which knows a newer configuration",
        composition: Composition::Gossip,
        ahead: true,
        unique_states: 903_040,
        ..THREE
    },
    Scenario {
        name: "timely",
        covers: "three servers without faults, over links of two",
        links: Links::WireAndSlot,
        unique_states: 1_185_820,
        ..TIMELY
    },
    Scenario {
        name: "timely-slots",
        covers: "three servers without faults",
        unique_states: 35_160,
        ..TIMELY
    },
    Scenario {
        name: "timely-rounds",
        covers: "three servers, each in its first or second round: some have looked once more than others",
        credentials: TWO,
        rounds: 2,
        unique_states: 20_560,
        ..TIMELY
    },
    Scenario {
        name: "timely-torn",
        covers: "three servers, each in its first or second round, over links of two",
        credentials: EQUAL,
        rounds: 2,
        links: Links::WireAndSlot,
        unique_states: 475_352,
        ..TIMELY
    },
    Scenario {
        name: "timely-crash",
        covers: "three servers, one of which crashes and restarts",
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 433_980,
        ..TIMELY
    },
    Scenario {
        name: "timely-stop",
        covers: "three servers, one of which crashes for good",
        faults: Faults { stops: 1, ..NONE },
        unique_states: 62_000,
        ..TIMELY
    },
    Scenario {
        name: "timely-break",
        covers: "three servers, and a connection breaks",
        faults: Faults { breaks: 1, ..NONE },
        unique_states: 154_300,
        ..TIMELY
    },
    Scenario {
        name: "timely-loss",
        covers: "three servers, one of which returns to looking for no reason",
        faults: Faults { losses: 1, ..NONE },
        unique_states: 184_940,
        ..TIMELY
    },
    Scenario {
        name: "timely-wipe",
        covers: "three servers, one of which crashes, loses its disk and restarts",
        faults: Faults { wipes: 1, ..NONE },
        unique_states: 238_620,
        ..TIMELY
    },
    Scenario {
        name: "timely-late",
        covers: "three servers, one of which starts later than the others",
        late: true,
        unique_states: 51_200,
        ..TIMELY
    },
    Scenario {
        name: "timely-activation",
        covers: "three servers, leaders that begin new epochs, and a crash with restart",
        activation: true,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 3_607_708,
        ..TIMELY
    },
    Scenario {
        name: "timely-blank",
        covers: "three servers, some of them without data, perhaps most, and one that starts later than the others",
        credentials: BLANK,
        late: true,
        unique_states: 11_464,
        ..TIMELY
    },
    Scenario {
        name: "timely-observer",
        covers: "two voters and an observer",
        composition: Composition::Observer,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 402_752,
        ..TIMELY
    },
    Scenario {
        name: "timely-groups-of-one-stop",
        covers: "three voters, each a group by itself, one of which crashes for good",
        composition: Composition::GroupsOfOne,
        credentials: TWO,
        faults: Faults { stops: 1, ..NONE },
        unique_states: 24_800,
        ..TIMELY
    },
    Scenario {
        name: "timely-growing-wipe",
        covers: "a committed configuration of two voters and a proposed one of three, one of which \
                 crashes, loses its disk and restarts",
        composition: Composition::Growing,
        credentials: TWO,
        faults: Faults { wipes: 1, ..NONE },
        unique_states: 120_024,
        ..TIMELY
    },
    Scenario {
        name: "timely-ahead-growing-break",
        covers: "a third voter, which not all know to be one, and a connection breaks",
        composition: Composition::Growing,
        ahead: true,
        credentials: TWO,
        faults: Faults { breaks: 1, ..NONE },
        unique_states: 314_252,
        ..TIMELY
    },
    Scenario {
        name: "timely-old-peer-stop",
        covers: "three servers, one of which speaks the old wire format and one crashes for good",
        composition: Composition::OldPeer,
        credentials: OLD,
        faults: Faults { stops: 1, ..NONE },
        unique_states: 67_664,
        ..TIMELY
    },
    Scenario {
        name: "timely-zero-weight",
        covers: "three voters, one of them without weight",
        composition: Composition::ZeroWeight,
        unique_states: 37_910,
        ..TIMELY
    },
    Scenario {
        name: "timely-oracle",
        covers: "two voters with an oracle, one of which crashes and restarts",
        composition: Composition::Oracle,
        servers: 2,
        faults: Faults { crashes: 1, ..NONE },
        unique_states: 3_584,
        ..TIMELY
    },
    Scenario {
        name: "timely-joint",
        covers: "a committed configuration of three voters and a proposed one of two",
        composition: Composition::Joint,
        unique_states: 53_460,
        ..TIMELY
    },
    Scenario {
        name: "timely-groups",
        covers: "three voters in two groups, one of them of weight two",
        composition: Composition::Groups,
        unique_states: 58_712,
        ..TIMELY
    },
    Scenario {
        name: "timely-groups-loss",
        covers: "three voters in two groups, a finalizing wait of a round trip, and a return to looking for no reason",
        composition: Composition::Groups,
        finalizing: Finalizing {
            length: Length::Delays(2),
            early: Early::Never,
        },
        faults: Faults { losses: 1, ..NONE },
        unique_states: 82_340,
        ..TIMELY
    },
    Scenario {
        name: "timely-growing",
        covers: "a committed configuration of two voters and a proposed one of three",
        composition: Composition::Growing,
        unique_states: 44_096,
        ..TIMELY
    },
    Scenario {
        name: "timely-reweighing",
        covers: "a committed configuration in which one of three voters has no weight, and a proposed one in which it has",
        composition: Composition::Reweighing,
        unique_states: 37_910,
        ..TIMELY
    },
    Scenario {
        name: "timely-ahead-joint",
        covers: "a voter is removed: one server knows it to be committed, others that it is proposed, and that voter perhaps neither",
        composition: Composition::Joint,
        ahead: true,
        credentials: TWO,
        unique_states: 62_441,
        ..TIMELY
    },
    Scenario {
        name: "timely-ahead-growing",
        covers: "a voter is added: one server knows it to be committed, others that it is proposed, and that voter perhaps neither",
        composition: Composition::Growing,
        ahead: true,
        credentials: TWO,
        unique_states: 68_725,
        ..TIMELY
    },
    Scenario {
        name: "timely-old-peer",
        covers: "three voters, one of which speaks the format without peer epoch and version",
        composition: Composition::OldPeer,
        credentials: OLD,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 203_147,
        ..TIMELY
    },
    Scenario {
        name: "timely-old-peer-activation",
        covers: "three voters, one of which speaks the format without peer epoch and version, and leaders that begin new epochs",
        composition: Composition::OldPeer,
        credentials: OLD,
        activation: true,
        faults: Faults { losses: 1, ..NONE },
        unique_states: 357_964,
        ..TIMELY
    },
    Scenario {
        name: "timely-old-peer-late",
        covers: "three voters, one of which speaks the format without peer epoch and version, and one starts later",
        composition: Composition::OldPeer,
        credentials: OLD,
        late: true,
        unique_states: 55_089,
        ..TIMELY
    },
    Scenario {
        name: "timely-gossip",
        covers: "three voters, one of which knows a newer configuration",
        composition: Composition::Gossip,
        ahead: true,
        unique_states: 237_320,
        ..TIMELY
    },
];
