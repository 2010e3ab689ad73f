//! What the Explorer shows, and that it is served.

use fle_model::election::catalogue;
use fle_model::election::scenario::Scenario;
use fle_model::election::system::{Action, System};
use fle_model::frame::claim::Checked;
use fle_model::frame::explore::{STARTS, shown};
use fle_model::frame::scenario::Scenario as _;
use roxmltree::Document;
use serde_json::Value;
use stateright::{Model, Path};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// 1 and 2 start with the same credentials and 3 with a greater zxid.
fn system() -> Checked<System<3>> {
    let scenario = catalogue::find("fault-free").expect("a scenario");
    scenario.checked(|number| number == 1, Vec::new())
}

const FROM_3_TO_1: Action = Action::Deliver { src: 2, dst: 0 };

#[test]
fn actions_are_sentences_about_sids() {
    let system = system();
    for (action, sentence) in [
        (FROM_3_TO_1, "1 receives from 3"),
        (
            Action::Supersede { src: 2, dst: 0 },
            "what 3 had for 1 is replaced unsent",
        ),
        (
            Action::Resend { src: 2, dst: 0 },
            "3 announces its vote again, to 1",
        ),
        (
            Action::CollectTimeout { server: 1 },
            "2 has waited for votes in vain",
        ),
        (
            Action::FinalizeTimeout { server: 1 },
            "2 has waited for a better proposal in vain",
        ),
    ] {
        assert_eq!(system.format_action(&action), sentence);
    }
}

#[test]
fn a_step_tells_what_happens_and_shows_the_state_field_by_field() {
    let system = system();
    let shown = system.format_step(&system.begin(system.starts[0]), FROM_3_TO_1);
    let wanted = "\
1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1;
adopts 3 (epoch 1, zxid 0x2);
tells everyone

State {
    server 1: LOOKING {
        credentials: epoch 1, zxid 0x1,
        round: 1,
        proposal: 3 (epoch 1, zxid 0x2),
        wait: Collecting,
        recv_set: {
            3: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1,
        },
        out_of_election: {},
    },
";
    let text = shown.expect("it changes something");
    assert!(text.starts_with(wanted), "{text}");
    let under_way = "
        1 to 2: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1,
        1 to 2: LOOKING, proposes 3 (epoch 1, zxid 0x2) in round 1,
";
    assert!(text.contains(under_way), "{text}");
    assert!(text.contains("\n}\ndisks said: [\n    epoch 1"), "{text}");
    assert!(text.ends_with("\n]\nrules broken: {}"), "{text}");
}

#[test]
fn what_changes_nothing_is_no_step() {
    let system = system();
    let again = Action::Resend { src: 2, dst: 0 };
    let after = system.next_state(&system.begin(system.starts[0]), FROM_3_TO_1);
    let after = after.expect("it changes something");
    assert_eq!(system.format_step(&after, again), None);
}

#[test]
fn a_path_is_a_diagram() {
    let system = system();
    let path = Path::from_actions(&system, system.begin(system.starts[0]), &[FROM_3_TO_1])
        .expect("a path");
    let svg = system.as_svg(path).expect("a diagram");
    let svg = Document::parse(&svg).expect("XML");
    let rows = svg
        .descendants()
        .filter(|node| node.attribute("class") == Some("deliver"));
    assert_eq!(rows.count(), 1);
    let texts: Vec<_> = svg
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text().map(str::trim))
        .collect();
    assert!(texts.contains(&"server 3"), "{texts:?}");
    assert!(texts.contains(&"proposes 3"), "{texts:?}");
}

#[test]
fn of_many_initial_states_some_are_shown() {
    for (all, some) in [(1, 1), (64, 64), (65, 33), (4_096, 64), (16_384, 64)] {
        let chosen = shown(all);
        let count = (0..all).filter(|&number| chosen(number)).count();
        assert_eq!(count, some, "{all}");
        assert!(count <= STARTS);
    }
}

fn explore(port: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle-model"));
    command.args(["explore", "fault-free", "--port", &port.to_string()]);
    command
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
    let port = taken.local_addr().expect("an address").port();
    let output = explore(port).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(
        error.starts_with(&format!("fle-model: cannot listen on 127.0.0.1:{port}: ")),
        "{error}"
    );
    assert!(output.stdout.is_empty());
}

/// Ends with the test, whatever comes of it.
struct Served {
    process: Child,
    port: u16,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("some port is free");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let mut process = explore(port)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stdout = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        read.expect("it prints where it is");
        assert_eq!(
            line,
            format!("fault-free at http://127.0.0.1:{port}/; end with Ctrl-C\n")
        );
        Self { process, port }
    }

    /// Once it listens.
    fn get(&mut self, path: &str) -> Value {
        let mut stream = loop {
            match TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
                Ok(stream) => break stream,
                Err(_) => {
                    let ended = self.process.try_wait().expect("it can be asked");
                    assert!(ended.is_none(), "it serves until it is ended");
                    std::thread::yield_now();
                }
            }
        };
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").expect("it listens");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("it answers");
        let (_, body) = response.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }
}

#[test]
fn the_explorer_is_served() {
    let mut served = Served::start();
    let scenario: &Scenario = catalogue::find("fault-free").expect("a scenario");
    let starts = served.get("/.states");
    assert_eq!(
        starts.as_array().expect("states").len(),
        scenario.initial_states()
    );
    let next = served.get("/.states/16");
    let steps = next.as_array().expect("steps");
    let step = steps
        .iter()
        .find(|step| step["action"] == "1 receives from 3");
    let step = step.expect("it can be taken");
    let state = step["state"].as_str().expect("a state");
    assert!(
        state.starts_with("State {\n    server 1: LOOKING {\n"),
        "{state}"
    );
    assert!(step["outcome"].as_str().expect("text").ends_with(state));
    assert!(step["svg"].as_str().expect("a diagram").starts_with("<svg"));
}

/// In a sentence, since the list of the page only numbers them, and at the head of each lifeline.
#[test]
fn an_initial_state_shows_what_is_on_the_disks() {
    let system = system();
    let path = Path::from_actions(&system, system.begin(system.starts[0]), &[]).expect("a path");
    let svg = system.as_svg(path).expect("a diagram");
    let svg = Document::parse(&svg).expect("XML");
    let texts = |class| {
        let nodes = svg.descendants();
        let nodes = nodes.filter(move |node| node.attribute("class") == Some(class));
        let texts = nodes.filter_map(|node| node.text().map(str::trim));
        texts.collect::<Vec<_>>()
    };
    assert_eq!(texts("heading"), ["Initial state"]);
    let told = "1 looks in round 1 (epoch 1, zxid 0x1); 2 looks in round 1 (epoch 1, zxid 0x1); 3 \
                looks in round 1 (epoch 1, zxid 0x2)";
    assert_eq!(texts("statement").join(" "), told);
    assert_eq!(texts("credentials")[2], "epoch 1, zxid 0x2");
}

/// The page offers no such path, but it can be typed.
#[test]
fn a_path_over_a_step_that_changes_nothing_has_no_diagram() {
    let mut served = Served::start();
    let place = |steps: &Value, action: &str| {
        let mut steps = steps.as_array().expect("steps").iter();
        let place = steps.position(|step| step["action"] == action);
        place.expect("it can be taken")
    };
    let receives = place(&served.get("/.states/16"), "1 receives from 3");
    let after = served.get(&format!("/.states/16/{receives}"));
    let again = place(&after, "3 announces its vote again, to 1");
    assert_eq!(after[again]["state"], Value::Null, "it changes nothing");
    let beyond = served.get(&format!("/.states/16/{receives}/{again}"));
    assert_eq!(beyond[0]["action"], after[0]["action"]);
    assert_eq!(beyond[0]["svg"], Value::Null);
    assert_ne!(after[0]["svg"], Value::Null);
}
