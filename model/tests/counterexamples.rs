//! Counterexamples as files. The model has none, so they are made: a property that is false, and a
//! path chosen by hand.

use fle::ServerState;
use fle_model::election::catalogue;
use fle_model::election::claims::Claim;
use fle_model::election::faults::{Crash, Faults};
use fle_model::election::mutants::Mutant;
use fle_model::election::scenario::Scenario;
use fle_model::election::system::{Action, State, System};
use fle_model::frame::check::{Options, check, shortest};
use fle_model::frame::claim::{Checked, Kind};
use fle_model::frame::counterexample::Counterexample;
use fle_model::frame::scenario::Scenario as _;
use fle_model::frame::shard::Shard;
use fle_model::frame::subject::{Trace, Way};
use fle_model::frame::trace_dir::TraceDir;
use fle_model::terms::vote::Credentials;
use roxmltree::{Document, Node};
use serde_json::{Value, json};
use stateright::{Model, Path};
use std::fs;
use std::num::NonZeroUsize;

/// The scenario where 1 and 2 start with the same credentials and 3 with a greater zxid, and the
/// opposite of a pitfall.
fn system(scenario: Scenario) -> Checked<System<3>> {
    let claim = Claim {
        name: "at most one leads",
        statement: "The LEADING servers are < 2 & \"never\" more.",
        kind: Kind::Always { witnesses: &[] },
        applies: |_| true,
        condition: |_, state| leaders(state) < 2,
    };
    let mut system = scenario.checked(|_| true, vec![claim]);
    let (low, high) = (Credentials::new(1, 1), Credentials::new(1, 2));
    let starts_so =
        |state: &State<3>| state.servers.map(|server| server.credentials) == [low, low, high];
    system.starts.retain(starts_so);
    system
}

fn scenario(name: &str) -> Scenario {
    *catalogue::find(name).expect("a scenario")
}

/// `fault-free`, but everything may go wrong, and new epochs begin.
fn eventful() -> Checked<System<3>> {
    system(Scenario {
        activation: true,
        faults: Faults {
            crashes: 1,
            stops: 1,
            wipes: 1,
            breaks: 1,
            losses: 1,
        },
        ..scenario("fault-free")
    })
}

fn leaders(state: &State<3>) -> usize {
    let votes = state.servers.iter().filter_map(|server| server.settled());
    votes
        .filter(|vote| vote.state == ServerState::Leading)
        .count()
}

/// Every kind of step that an asynchronous ensemble takes. 2 leads and 3 follows it; 3's own
/// proposal never reaches 1. Then what can go wrong does.
const EVERY_KIND: [Action; 27] = [
    Action::Deliver { src: 0, dst: 1 },
    Action::Deliver { src: 0, dst: 2 },
    Action::Deliver { src: 1, dst: 0 },
    Action::Deliver { src: 0, dst: 1 },
    Action::Deliver { src: 0, dst: 2 },
    Action::Deliver { src: 1, dst: 1 },
    Action::FinalizeTimeout { server: 1 },
    Action::Deliver { src: 1, dst: 2 },
    Action::Deliver { src: 2, dst: 1 },
    Action::Deliver { src: 1, dst: 2 },
    Action::Resend { src: 0, dst: 2 },
    Action::Supersede { src: 2, dst: 0 },
    Action::Deliver { src: 2, dst: 0 },
    Action::Deliver { src: 0, dst: 0 },
    Action::Activate { server: 1 },
    Action::Activate { server: 2 },
    Action::LoseLeader { server: 2 },
    Action::Deliver { src: 2, dst: 1 },
    Action::Break { a: 0, b: 2 },
    Action::Crash {
        server: 1,
        crash: Crash::Restarts,
    },
    Action::Lose { src: 1, dst: 2 },
    Action::Start { server: 1 },
    Action::Crash {
        server: 1,
        crash: Crash::LosesDisk,
    },
    Action::Start { server: 1 },
    Action::FinalizeTimeout { server: 0 },
    Action::Crash {
        server: 1,
        crash: Crash::ForGood,
    },
    Action::GiveUp { server: 0 },
];

/// The path as a counterexample to the system's one property.
fn told(system: &Checked<System<3>>, path: &Trace<System<3>>) -> Counterexample {
    let scenario = catalogue::find("fault-free").expect("a scenario");
    Counterexample::new(
        scenario,
        &system.claims[0],
        &system.system,
        &Way::of_path(path),
    )
}

/// The files of a counterexample, as JSON and as text.
fn written(counterexample: &Counterexample) -> (Value, String) {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("traces");
    let dir = TraceDir::create(folder.clone()).expect("it can be made");
    dir.write(counterexample).expect("it can be written");
    let files = counterexample.recordings.len() + 2;
    assert_eq!(folder.read_dir().expect("it is made").count(), files);
    let read = |extension: &str| {
        let file = folder.join(format!("fault-free-at-most-one-leads.{extension}"));
        fs::read_to_string(file).expect("it is written")
    };
    (
        serde_json::from_str(&read("json")).expect("JSON"),
        read("svg"),
    )
}

fn of_every_kind() -> (Value, String) {
    let system = eventful();
    let path =
        Path::from_actions(&system, system.begin(system.starts[0]), &EVERY_KIND).expect("a path");
    written(&told(&system, &path))
}

#[test]
fn the_shortest_counterexample_is_written_as_json() {
    let system = system(scenario("fault-free-slots"));
    let path = shortest(&system).expect("the claim is false");
    let counterexample = told(&system, &path);
    let (json, _) = written(&counterexample);
    assert_eq!(json["scenario"], "fault-free");
    assert_eq!(json["property"], "at most one leads");
    assert_eq!(json["statement"], system.claims[0].statement);
    let start = |sid, zxid| json!({ "sid": sid, "epoch": 1, "zxid": zxid, "round": 1, "up": true });
    assert_eq!(
        json["initial"],
        json!([start(1, 1), start(2, 1), start(3, 2)])
    );

    let steps = json["steps"].as_array().expect("steps");
    let told: Vec<_> = steps
        .iter()
        .map(|step| step["told"].as_str().expect("text"))
        .collect();
    assert_eq!(told, counterexample.story.told()[1..]);
    assert_eq!(steps.len(), 6);
    let notification =
        json!({ "state": "LOOKING", "leader": 2, "epoch": 1, "zxid": 1, "round": 1, "config": 1 });
    let told_everyone = [1, 2, 3].map(|to| json!({ "to": to, "notification": notification }));
    let first = json!({
        "number": 1,
        "action": { "kind": "deliver", "src": 2, "dst": 1, "notification": notification },
        "changes": [{ "kind": "adopts", "leader": 2, "epoch": 1, "zxid": 1 }, { "kind": "finalizes" }],
        "sent": told_everyone,
        "told": "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1; adopts 2 (epoch 1, zxid 0x1); \
                 has a quorum, waits for a better proposal; tells everyone",
    });
    let last = json!({
        "number": 6,
        "action": { "kind": "finalize_timeout", "server": 3 },
        "changes": [{ "kind": "settles", "state": "LEADING", "leader": 3, "epoch": 1, "zxid": 2, "round": 1 }],
        "sent": [],
        "told": "3 has waited for a better proposal in vain; is LEADING, settled on 3 (epoch 1, zxid 0x2) in round 1",
    });
    assert_eq!((&steps[0], &steps[5]), (&first, &last));
}

#[test]
fn the_json_says_what_became_of_the_server_and_what_it_sent() {
    let (json, _) = of_every_kind();
    let proposal =
        json!({ "state": "LOOKING", "leader": 2, "epoch": 1, "zxid": 1, "round": 1, "config": 1 });
    let sent = [1, 2, 3].map(|to| json!({ "to": to, "notification": proposal }));
    let step = |number: usize| &json["steps"][number - 1];
    assert_eq!(
        step(3)["changes"],
        json!([{ "kind": "adopts", "leader": 2, "epoch": 1, "zxid": 1 }])
    );
    assert_eq!(step(3)["sent"], json!(sent));
    assert_eq!(step(6)["changes"], json!([{ "kind": "finalizes" }]));
    let settled =
        json!({ "state": "LEADING", "leader": 2, "epoch": 1, "zxid": 1, "round": 1, "config": 1 });
    assert_eq!(
        step(9)["sent"],
        json!([{ "to": 3, "notification": settled }])
    );
    assert_eq!(
        step(11)["action"],
        json!({ "kind": "resend", "src": 1, "dst": 3, "notification": proposal })
    );
    let lost =
        json!({ "state": "LOOKING", "leader": 3, "epoch": 1, "zxid": 2, "round": 1, "config": 1 });
    assert_eq!(
        step(12)["action"],
        json!({ "kind": "supersede", "src": 3, "dst": 1, "notification": lost })
    );
}

/// What is drawn besides the legend, in order.
fn drawn<'a, 'input>(svg: &'a Document<'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    let is_legend = |node: Node<'_, '_>| node.attribute("class") == Some("legend");
    let nodes = svg.descendants();
    nodes.filter(move |node| !node.ancestors().any(is_legend))
}

/// The elements of this class, in order.
fn of_class<'a, 'input>(
    svg: &'a Document<'input>,
    class: &str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    let has = move |node: &Node<'_, '_>| node.attribute("class") == Some(class);
    drawn(svg).filter(has)
}

fn arrows<'a, 'input>(svg: &'a Document<'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    drawn(svg).filter(|node| node.has_attribute("marker-end"))
}

/// The texts of the legend.
fn legend<'a>(svg: &'a Document<'_>) -> Vec<&'a str> {
    let mut nodes = svg.descendants();
    let legend = nodes.find(|node| node.attribute("class") == Some("legend"));
    let nodes = legend.expect("a legend").descendants();
    let texts = nodes.filter(|node| node.has_tag_name("text"));
    texts.map(text).collect()
}

fn text<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().expect("text").trim()
}

/// Where an attribute puts the element.
fn place(node: Node<'_, '_>, attribute: &str) -> u32 {
    let value = node.attribute(attribute).expect("an attribute");
    value.parse().expect("a whole number of pixels")
}

#[test]
fn the_diagram_has_a_row_for_each_step_and_a_mark_for_its_kind() {
    let (json, svg) = of_every_kind();
    let svg = Document::parse(&svg).expect("XML");
    let steps = json["steps"].as_array().expect("steps");
    let numbers: Vec<_> = of_class(&svg, "number").collect();
    assert_eq!(numbers.len(), EVERY_KIND.len());
    for ((label, step), number) in numbers.into_iter().zip(steps).zip(1..) {
        let row = label.parent().expect("a row");
        let title = row.first_element_child().expect("a title");
        assert!(title.has_tag_name("title"));
        assert_eq!(text(label), format!("{number}."));
        assert_eq!(Some(text(title)), step["told"].as_str());
        assert_eq!(row.attribute("class"), step["action"]["kind"].as_str());
    }
    let marks = |class| of_class(&svg, class).count();
    let of_kind =
        |kind: fn(&Action) -> bool| EVERY_KIND.iter().filter(|action| kind(action)).count();
    let arrives =
        |action: &Action| matches!(action, Action::Deliver { .. } | Action::Resend { .. });
    assert_eq!(arrows(&svg).count(), of_kind(arrives));
    assert_eq!(
        marks("resend"),
        of_kind(|action| matches!(action, Action::Resend { .. }))
    );
    let is_cut = |action: &Action| {
        matches!(
            action,
            Action::Supersede { .. } | Action::Lose { .. } | Action::Break { .. }
        )
    };
    assert_eq!(marks("cross"), of_kind(is_cut));
    let runs_out = |action: &Action| {
        matches!(
            action,
            Action::FinalizeTimeout { .. } | Action::GiveUp { .. }
        )
    };
    assert_eq!(marks("clock"), of_kind(runs_out));
    let befalls = |action: &Action| {
        matches!(
            action,
            Action::Activate { .. }
                | Action::Start { .. }
                | Action::Crash { .. }
                | Action::LoseLeader { .. }
        )
    };
    assert_eq!(marks("label event"), of_kind(befalls));
    assert_eq!((marks("leading"), marks("following")), (1, 2));
    let of_votes = 3; // 1 turns to 2, and both have a quorum.
    let begins_anew = |action: &Action| befalls(action) && !matches!(action, Action::Crash { .. });
    let gives_up = of_kind(|action| matches!(action, Action::GiveUp { .. }));
    let anew = EVERY_KIND
        .iter()
        .filter(|action| begins_anew(action))
        .count();
    assert_eq!(marks("change"), of_votes + anew + gives_up);
}

#[test]
fn arrows_go_from_lifeline_to_lifeline_and_downwards() {
    let (_, svg) = of_every_kind();
    let svg = Document::parse(&svg).expect("XML");
    let lifelines: Vec<_> = of_class(&svg, "lifeline")
        .map(|line| place(line, "x1"))
        .collect();
    let arrivals = EVERY_KIND.iter().filter_map(|action| match *action {
        Action::Deliver { src, dst } | Action::Resend { src, dst } => Some((src, dst)),
        _ => None,
    });
    let mut above = 0;
    for (arrow, (src, dst)) in arrows(&svg).zip(arrivals) {
        let way = arrow.attribute("d").expect("a way");
        let (start, rest) = way.split_once(',').expect("a start");
        let (y, _) = rest.split_once(' ').expect("a height");
        let y: u32 = y.parse().expect("a whole number of pixels");
        assert_eq!(start, format!("M{}", lifelines[src]));
        assert!(way.ends_with(&format!(" H{}", lifelines[dst])), "{way}");
        assert!(y > above, "{way}");
        above = y;
    }
    assert!(above < place(svg.root_element(), "height"));
}

#[test]
fn the_diagram_names_the_property_and_each_server_and_escapes_what_it_says() {
    let (_, svg) = of_every_kind();
    assert!(svg.contains("are &lt; 2 &amp; "), "{svg}");
    let svg = Document::parse(&svg).expect("XML");
    let texts = |class| of_class(&svg, class).map(text).collect::<Vec<_>>();
    assert_eq!(
        texts("heading"),
        ["fault-free: a counterexample to “at most one leads”"]
    );
    assert_eq!(
        texts("statement"),
        ["The LEADING servers are < 2 & \"never\" more."]
    );
    assert_eq!(texts("sid"), ["server 1", "server 2", "server 3"]);
    assert_eq!(
        texts("credentials"),
        [
            "epoch 1, zxid 0x1",
            "epoch 1, zxid 0x1",
            "epoch 1, zxid 0x2"
        ]
    );
    let labels = texts("label");
    assert_eq!(labels[0], "LOOKING→1 r1");
    assert_eq!(
        labels[10..12],
        ["again: LOOKING→2 r1", "for 1, replaced: LOOKING→3 r1"]
    );
}

const NOTATION: &str = "LOOKING→2 r1: the sender is LOOKING, for server 2, in round 1";

#[test]
fn the_legend_says_what_the_marks_mean_that_there_are() {
    let (_, svg) = of_every_kind();
    let all = [
        "received, from another server or from itself",
        "announced again, and received",
        "never received: replaced unsent, or lost with its sender",
        "the connection breaks",
        "a wait of the server is over",
        "what becomes of the server",
        NOTATION,
    ];
    assert_eq!(legend(&Document::parse(&svg).expect("XML")), all);
    let system = system(scenario("fault-free"));
    let (start, deliver) = (system.begin(system.starts[0]), EVERY_KIND[0]);
    let path = Path::from_actions(&system, start, &[deliver]).expect("a path");
    let (_, svg) = written(&told(&system, &path));
    let some = [all[0], all[6]];
    assert_eq!(legend(&Document::parse(&svg).expect("XML")), some);
}

/// What stands at the heads of the lifelines, in the first initial state, besides credentials and
/// rounds.
fn roles<const N: usize>(name: &str) -> Vec<String> {
    let system = scenario(name).checked::<N>(|start| start == 0, Vec::new());
    let start = system.begin(system.starts[0]);
    let path = Path::from_actions(&system, start, &[]).expect("a path");
    let svg = system.as_svg(path).expect("a diagram");
    let svg = Document::parse(&svg).expect("XML");
    let roles = of_class(&svg, "role").map(text).map(str::to_owned);
    roles.collect()
}

#[test]
fn who_is_not_like_the_others_is_named() {
    assert_eq!(roles::<3>("timely-observer"), ["observer"]);
    assert_eq!(roles::<3>("timely-zero-weight"), ["voter without weight"]);
    assert_eq!(roles::<3>("joint"), ["no voter in the next"]);
    assert_eq!(roles::<3>("timely-growing"), ["voter in the next"]);
    assert_eq!(roles::<3>("timely-groups"), ["weight 2", "its own group"]);
    assert_eq!(roles::<3>("old-peer"), ["old wire format"]);
    assert_eq!(roles::<3>("gossip"), ["second configuration committed"]);
    assert_eq!(roles::<2>("oracle"), ["granted by the oracle"]);
    assert_eq!(roles::<3>("fault-free"), [""; 0]);
}

#[test]
fn the_mutant_is_in_the_title() {
    let broken = scenario("timely-zero-weight").mutated(Mutant::WeightIgnored);
    let options = Options {
        threads: NonZeroUsize::MIN,
        shard: Shard::WHOLE,
    };
    let report = check(&broken, options, None);
    let found = report.counterexamples().next().expect("it is killed");
    let svg = found.svg();
    let svg = Document::parse(&svg).expect("XML");
    let title: Vec<_> = of_class(&svg, "heading").map(text).collect();
    let wanted =
        "timely-zero-weight, mutant weight-ignored: a counterexample to “the best is proposed”";
    assert_eq!(title.join(" "), wanted);
}

#[test]
fn a_diagram_without_steps_is_a_diagram() {
    let system = system(scenario("fault-free"));
    let path = Path::from_actions(&system, system.begin(system.starts[0]), &[]).expect("a path");
    let (json, svg) = written(&told(&system, &path));
    assert_eq!(json["steps"], json!([]));
    let svg = Document::parse(&svg).expect("XML");
    assert_eq!(of_class(&svg, "lifeline").count(), 3);
}
