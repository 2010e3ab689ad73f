//! What one server reads before it starts: the static file, the files that it names, and `myid`.

use fle::Sid;
use fle::config::{ClientAddress, ConfigVersion, Diagnostic, LearnerType, Parsed, ServerConfig};
use std::fs;
use std::path::PathBuf;

/// A folder with a server's files.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        // Left over from the last run, if there was one.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.0.join(name), text).expect("a file for the test");
        self
    }

    /// A static file with what is always needed and these lines, of which the first is line 4.
    fn zoo_cfg(self, more: &str) -> Self {
        let folder = self.0.display().to_string();
        let text =
            format!("dataDir={folder}\ninitLimit=10\nsyncLimit=5\n{more}").replace('@', &folder);
        self.with("zoo.cfg", text)
    }

    fn load(&self) -> Result<Parsed<ServerConfig>, Vec<String>> {
        let loaded = ServerConfig::load(&self.0.join("zoo.cfg"));
        loaded.map_err(|errors| self.lines(errors.diagnostics()))
    }

    fn lines(&self, diagnostics: &[Diagnostic]) -> Vec<String> {
        let folder = format!("{}/", self.0.display());
        let lines = diagnostics.iter().map(Diagnostic::to_string);
        lines.map(|line| line.replace(&folder, "")).collect()
    }

    fn warnings(&self) -> Vec<String> {
        self.lines(&self.load().expect("a good configuration").warnings)
    }
}

const THREE: &str =
    "server.1=zoo1:2888:3888\nserver.2=zoo2:2888:3888\nserver.3=zoo3:2888:3888:observer;2181\n";
const FIVE: &str = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\nserver.4=d:1:2\nserver.5=e:1:2:observer;2181\n";

/// The same the other way round: a participant with `peerType=observer`.
#[test]
fn a_participant_that_says_it_observes_is_told() {
    let folder = Folder::new("role-participant");
    let folder = folder.with("myid", "1\n");
    let folder = folder.zoo_cfg(&format!("peerType=observer\n{FIVE}"));
    assert!(folder.warnings().iter().any(|warning| {
        warning.ends_with("as participant, and the list wins; write peerType=participant")
    }));
}

/// No proposed configuration, and one that is there but cannot be read.
#[test]
fn a_proposed_configuration_may_be_missing_but_not_unreadable() {
    let folder = Folder::new("last-seen").with("myid", "1\n");
    let dynamic =
        "reconfigEnabled=true\nstandaloneEnabled=false\ndynamicConfigFile=@/zoo.cfg.dynamic\n";
    let folder = folder.with("zoo.cfg.dynamic", FIVE).zoo_cfg(dynamic);
    let unreadable = |warnings: Vec<String>| {
        let mut warnings = warnings.into_iter();
        warnings.any(|warning| warning.ends_with("make the file readable, or remove it"))
    };
    assert!(!unreadable(folder.warnings()));
    fs::create_dir(folder.0.join("zoo.cfg.dynamic.next")).expect("a folder in the file's place");
    assert!(unreadable(folder.warnings()));
}

/// `QuorumPeerMainTest.testInconsistentPeerType`: an observer in the list without
/// `peerType=observer`.
#[test]
fn the_server_list_decides_the_role() {
    let folder = Folder::new("role").with("myid", "3\n").zoo_cfg(THREE);
    let config = folder.load().unwrap().value;
    assert_eq!(
        (config.sid(), config.learner_type()),
        (Sid(3), LearnerType::Observer)
    );
    assert_eq!(
        folder.warnings(),
        [
            "zoo.cfg: warning: the ensemble has two participants and survives no failure; \
             use an odd number of participants, three at least",
            "zoo.cfg: warning: peerType: the server list has this server as observer, and the list wins; \
             write peerType=observer",
        ]
    );
    let folder = Folder::new("role-set")
        .with("myid", "3")
        .zoo_cfg(&format!("{THREE}peerType=observer\n"));
    assert_eq!(folder.warnings().len(), 1, "two participants");
}

#[test]
fn a_dynamic_file_has_its_version_in_its_name() {
    for (name, version) in [
        ("zoo.cfg.dynamic.1000000a1", 0x1_0000_00a1),
        ("zoo.cfg.dynamic", 0),
        ("members", 0),
    ] {
        let folder = Folder::new(&format!("version-{name}"))
            .with("myid", "1")
            .with(name, FIVE)
            .zoo_cfg(&format!("dynamicConfigFile=@/{name}\n"));
        let config = folder.load().unwrap().value;
        assert_eq!(config.dynamic().version(), ConfigVersion(version), "{name}");
        assert_eq!(config.dynamic().servers().len(), 5);
        assert_eq!(config.last_seen(), None);
    }
}

#[test]
fn a_newer_proposal_is_the_configuration_last_seen() {
    let folder = Folder::new("next")
        .with("myid", "1")
        .with("dyn.5", FIVE)
        .with(
            "zoo.cfg.dynamic.next",
            format!("{FIVE}server.6=f:1:2\nversion=6"),
        )
        .zoo_cfg("dynamicConfigFile=@/dyn.5\n");
    let config = folder.load().unwrap().value;
    let last_seen = config.last_seen().unwrap();
    assert_eq!(last_seen.version(), ConfigVersion(6));
    assert_eq!(last_seen.servers().len(), 6);
    assert_eq!(config.dynamic().servers().len(), 5);
}

#[test]
fn a_proposal_that_is_not_newer_or_not_readable_is_left_out() {
    let even = "dyn.5: warning: the ensemble has 4 participants and survives no more failures than with one fewer; \
                use an odd number of participants, three at least";
    let stale = Folder::new("stale")
        .with("myid", "1")
        .with("dyn.5", FIVE)
        .with("zoo.cfg.dynamic.next", format!("{FIVE}version=5"))
        .zoo_cfg("dynamicConfigFile=@/dyn.5\n");
    assert_eq!(stale.load().unwrap().value.last_seen(), None);
    assert_eq!(
        stale.warnings(),
        [
            even,
            "zoo.cfg.dynamic.next: warning: the configuration proposed last is not newer than the committed one \
             and is left out; nothing needs to be done",
        ]
    );
    let unreadable = Folder::new("unreadable")
        .with("myid", "1")
        .with("dyn.5", FIVE)
        .zoo_cfg("dynamicConfigFile=@/dyn.5\n");
    fs::create_dir(unreadable.0.join("zoo.cfg.dynamic.next")).unwrap();
    assert_eq!(unreadable.load().unwrap().value.last_seen(), None);
    let [_, warning] = &unreadable.warnings()[..] else {
        panic!("{:?}", unreadable.warnings());
    };
    assert!(
        warning.starts_with(
            "zoo.cfg.dynamic.next: warning: the configuration proposed last cannot be read"
        ),
        "{warning}"
    );
}

#[test]
fn every_mistake_in_every_file_is_told_at_once() {
    let folder = Folder::new("mistakes")
        .with("myid", "one\n")
        .with("dyn", "version=1\nserver.1=a:1:1\n")
        .with("zoo.cfg.dynamic.next", "server.1=a:1:1\n")
        .zoo_cfg("dynamicConfigFile=@/dyn\ntickTime=x\n");
    assert_eq!(
        folder.load().unwrap_err(),
        [
            "zoo.cfg:5: tickTime: \"x\" is not a number from 1 to 2147483647; write a number in that range",
            "dyn:1: version: a dynamic file's version does not stand inside it; \
             remove the line; the version is the end of the file's name",
            "dyn:2: server.1: the quorum port and the election port are both 1; give the server two ports",
            "zoo.cfg.dynamic.next:1: server.1: the quorum port and the election port are both 1; \
             give the server two ports",
            "myid:1: \"one\" is not a server's id; write nothing but the server's number into it",
        ]
    );
    let [missing] = &Folder::new("nothing").load().unwrap_err()[..] else {
        panic!("one mistake");
    };
    assert!(
        missing.starts_with("zoo.cfg: the file cannot be read: "),
        "{missing}"
    );
    assert!(
        missing.ends_with("; create the file, or correct the path to it"),
        "{missing}"
    );
}

#[test]
fn a_server_must_be_in_its_ensemble() {
    let folder = Folder::new("stranger")
        .with("myid", "300")
        .zoo_cfg("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n");
    assert_eq!(
        folder.load().unwrap_err(),
        [
            "myid:1: server 300 is not in the ensemble; correct myid, or add a server line with that number",
            "myid:1: warning: server id 300 is outside 1 to 255; use an id from 1 to 255",
        ]
    );
    let [missing] = &Folder::new("no-myid")
        .zoo_cfg("server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n")
        .load()
        .unwrap_err()[..]
    else {
        panic!("one mistake");
    };
    assert!(
        missing.starts_with("myid: the file cannot be read: "),
        "{missing}"
    );
}

/// `QuorumPeerConfigTest.testClientAddrFromClientPort` and `setupClientPort`.
#[test]
fn the_ensemble_decides_the_client_address() {
    let load = |name: &str, fixed: &str, own: &str| {
        let folder = Folder::new(&format!("client-{name}"))
            .with("myid", "1")
            .zoo_cfg(&format!(
                "{fixed}server.1=a:1:2{own}\nserver.2=b:1:2\nserver.3=c:1:2\n"
            ));
        let config = folder.load()?.value;
        let address = config.options().client_address.as_ref();
        // What the static file says does not become part of the ensemble.
        assert_eq!(
            config
                .dynamic()
                .server(Sid(1))
                .unwrap()
                .client_address()
                .is_some(),
            !own.is_empty()
        );
        Ok::<_, Vec<String>>(address.map(ClientAddress::to_string))
    };
    assert_eq!(load("none", "", ""), Ok(None));
    assert_eq!(
        load("fixed", "clientPort=12345\n", ""),
        Ok(Some("0.0.0.0:12345".to_owned()))
    );
    assert_eq!(load("listed", "", ";h:2181"), Ok(Some("h:2181".to_owned())));
    assert_eq!(
        load("both", "clientPort=2181\n", ";h:2181"),
        Ok(Some("h:2181".to_owned()))
    );
    let differs = |fixed: &str| {
        Err(vec![format!(
            "zoo.cfg:4: clientPort: the static file says {fixed}, and the ensemble says h:2181; \
             remove the one in the static file"
        )])
    };
    assert_eq!(
        load("port", "clientPort=2182\n", ";h:2181"),
        differs("0.0.0.0:2182")
    );
    let named = "clientPort=2181\nclientPortAddress=g\n";
    assert_eq!(load("host", named, ";h:2181"), differs("g:2181"));
}

#[test]
fn a_file_that_is_not_utf8_is_latin1() {
    let folder = Folder::new("latin1").with("myid", "1");
    let path = folder.0.display().to_string();
    let mut text = format!("# caf\u{e9}\ndataDir={path}\noraclePath=/\u{e9}\n")
        .chars()
        .map(|c| u8::try_from(c).unwrap())
        .collect::<Vec<u8>>();
    text.extend_from_slice(b"initLimit=1\nsyncLimit=1\nserver.1=a:1:2\nserver.2=b:1:2\n");
    let config = folder.with("zoo.cfg", text).load().unwrap().value;
    assert_eq!(
        config.options().oracle_path.as_deref(),
        Some("/\u{e9}".as_ref())
    );
}

/// `Long.parseLong` takes no blanks.
#[test]
fn blanks_in_myid_are_a_mistake() {
    let servers = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";
    for (name, text) in [("behind", "1 \n"), ("before", "\t1")] {
        let folder = Folder::new(&format!("blank-{name}")).with("myid", text);
        let [mistake] = &folder.zoo_cfg(servers).load().unwrap_err()[..] else {
            panic!("one mistake");
        };
        assert!(
            mistake.starts_with("myid:1: blanks stand around the id in "),
            "{mistake}"
        );
    }
    let folder = Folder::new("blank-none").with("myid", "1\r\n");
    assert!(folder.zoo_cfg(servers).load().is_ok());
}

#[test]
fn a_port_serves_one_purpose() {
    let servers = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n";
    let taken = |name: &str, lines: &str| {
        let folder = Folder::new(&format!("taken-{name}")).with("myid", "1");
        folder.zoo_cfg(&format!("{lines}{servers}")).load().err()
    };
    let mistake = |place: &str, port: u16, other: &str| {
        Some(vec![format!(
            "zoo.cfg:{place}: port {port} is the server's {other} port too; \
             use another port for clients"
        )])
    };
    assert_eq!(
        taken("quorum", "clientPort=1\n"),
        mistake("4: clientPort", 1, "quorum")
    );
    assert_eq!(
        taken("election", "secureClientPort=2\n"),
        mistake("4: secureClientPort", 2, "election")
    );
    assert_eq!(
        taken("both", "clientPort=3\nsecureClientPort=3\n"),
        mistake("5: secureClientPort", 3, "client")
    );
    assert_eq!(
        taken("elsewhere", "clientPort=1\nclientPortAddress=127.0.0.1\n"),
        None
    );
}

#[test]
fn a_file_in_utf16_is_named_as_one() {
    let text = "dataDir=/data".encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(text).collect();
    let [mistake] = &Folder::new("utf16")
        .with("zoo.cfg", bytes)
        .load()
        .unwrap_err()[..]
    else {
        panic!("one mistake");
    };
    assert!(
        mistake.starts_with("zoo.cfg: the file is written in UTF-16; "),
        "{mistake}"
    );
}

/// A lone participant is a standalone server to ZooKeeper, which then wants no `myid`.
#[test]
fn a_lone_participant_without_myid_is_zookeepers_alone() {
    let [_, mistake] = &Folder::new("lone")
        .zoo_cfg("server.1=a:1:2\n")
        .load()
        .unwrap_err()[..]
    else {
        panic!("two remarks");
    };
    assert_eq!(
        mistake,
        "myid: fle serve does not support it: a standalone server does without it, and fle serve \
         needs it; write the server's number into it"
    );
}

#[test]
fn a_server_that_wants_one_port_twice_is_told() {
    let told = |name: &str, more: &str, own: &str| {
        let folder = Folder::new(&format!("ports-{name}"))
            .with("myid", "1")
            .zoo_cfg(&format!(
                "{more}\nserver.1={own}\nserver.2=b:1:2\nserver.3=c:1:2\n"
            ));
        folder.load().map(|_| ()).map_err(|errors| {
            let lines = errors.iter().filter_map(|line| line.split_once("; "));
            lines.map(|(what, _)| what.to_owned()).collect::<Vec<_>>()
        })
    };
    let port = |key: &str, port: u16, other: &str| {
        Err(vec![format!(
            "zoo.cfg:4: {key}: port {port} is the server's {other} port too"
        )])
    };
    let own = "a:2888:3888";
    assert_eq!(
        told("quorum", "clientPort=2888", own),
        port("clientPort", 2888, "quorum")
    );
    assert_eq!(
        told("election", "clientPort=3888", own),
        port("clientPort", 3888, "election")
    );
    let secure = "secureClientPort=3888\nclientPort=2181";
    assert_eq!(
        told("secure", secure, own),
        port("secureClientPort", 3888, "election")
    );
    let both = "secureClientPort=2181\nclientPort=2181";
    assert_eq!(
        told("both", both, own),
        port("secureClientPort", 2181, "client")
    );
    // On another address of the machine, the port is free.
    let elsewhere = "clientPort=2888\nclientPortAddress=b";
    assert_eq!(told("elsewhere", elsewhere, own), Ok(()));
    let there = "clientPort=2888\nclientPortAddress=A";
    assert_eq!(
        told("there", there, own),
        port("clientPort", 2888, "quorum")
    );
    let everywhere = "clientPort=2888\nclientPortAddress=b";
    let wild = "0.0.0.0:2888:3888";
    assert_eq!(
        told("wild", everywhere, wild),
        port("clientPort", 2888, "quorum")
    );
    assert_eq!(
        told("free", "clientPort=2181\nsecureClientPort=2182", own),
        Ok(())
    );
}
