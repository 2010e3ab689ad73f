//! Everything that can be wrong with a configuration, and what to do about each.

use super::foreign::{excerpt, printable};
use super::slip::Slip;
use crate::id::Sid;
use crate::learner_type::LearnerType;
use crate::quorum::QuorumError;
use std::borrow::Cow;
use std::fmt;

/// One thing that is wrong with a configuration. Displays what is wrong; [`remedy`](Self::remedy)
/// says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Problem {
    /// A `\u` escape without four hexadecimal digits.
    #[error("a \\u stands without four hexadecimal digits")]
    MalformedEscape,
    /// Warning: a key stands twice in a file, and the later line counts.
    #[error("the key stands here for the second time, after line {first}")]
    DuplicateKey {
        /// Where it stood before.
        first: usize,
    },
    /// A key that has no place in an ensemble's text.
    #[error("the key does not belong to an ensemble's configuration")]
    NotAnEnsembleKey,
    /// The `N` of `server.N`, `group.N` or `weight.N` is no number.
    #[error("{} is not a number", excerpt(.0))]
    NotAnId(String),
    /// The version is no hexadecimal number.
    #[error("the version {} is not a hexadecimal number", excerpt(.0))]
    BadVersion(String),
    /// A dynamic file carries its version inside.
    #[error("a dynamic file's version does not stand inside it")]
    VersionInside,

    /// A server's value is not of the form that ZooKeeper knows.
    #[error("{} is not a server's address", excerpt(.0))]
    ServerForm(String),
    /// A client address is not of the form that ZooKeeper knows.
    #[error("{} is not a client address", excerpt(.0))]
    ClientForm(String),
    /// A `[` without its `]`, or a `]` that no `:` follows.
    #[error("{} opens a bracket that is not closed before a port", excerpt(.0))]
    Unclosed(String),
    /// Neither a host name nor an address literal.
    #[error("{} is neither a host name nor an address", excerpt(.0))]
    BadHost(String),
    /// Not a port, or not one that can be dialed.
    #[error("the {port} port {} is not a port ({range})", excerpt(.text), range = .port.range())]
    BadPort {
        /// Which of a server's ports.
        port: Port,
        /// What stands there.
        text: String,
    },
    /// Unsupported: a server's port that nobody can dial.
    #[error("the {0} port is 0, which nobody can dial")]
    PortZero(Port),
    /// The quorum port and the election port are the same.
    #[error("the quorum port and the election port are both {0}")]
    SamePort(u16),
    /// Neither participant nor observer.
    #[error("{} is not a role", excerpt(.0))]
    BadRole(String),
    /// A third part of a server's line in a file, which newer versions than 3.8 read.
    #[error("a second semicolon stands in {}", excerpt(.0))]
    SecondSemicolon(String),
    /// The addresses of one server carry different roles.
    #[error("the server's addresses carry different roles")]
    MixedRoles,
    /// Several addresses for a server while that is disabled.
    #[error("the server has {0} addresses, and multiAddress.enabled is false")]
    SeveralAddresses(usize),
    /// Refused: several addresses. While it reads them, ZooKeeper asks the system property alone,
    /// which no file sets (`QuorumServer.initializeWithAddressString`).
    #[error(
        "the server has {0} addresses, and ZooKeeper takes them from no file that allows them: its \
         process must be started so"
    )]
    AddressesByProperty(usize),
    /// A weight is no number.
    #[error("the weight {} is not a number from 0 on", excerpt(.0))]
    BadWeight(String),
    /// Unsupported: no quorum rule holds with such a weight.
    #[error("the weight {} is below 0", excerpt(.0))]
    NegativeWeight(String),
    /// A key that begins like those of groups and weights, as which ZooKeeper reads it.
    #[error("ZooKeeper takes the key for one of a group or a weight")]
    GroupKey {
        /// Whether a number follows that ZooKeeper finds.
        has_id: bool,
    },
    /// Groups and weights do not make a quorum rule.
    #[error("{0}")]
    Quorum(#[from] QuorumError),
    /// Nobody votes.
    #[error("no server is a participant")]
    NoVoters,
    /// Unsupported: no server is named, so that ZooKeeper runs a standalone one.
    #[error("no server.N line is there: the file is a standalone server's")]
    Standalone,
    /// Unsupported: a single participant without a usable `myid`, which a standalone server does
    /// without.
    #[error("a standalone server does without it, and fle serve needs it")]
    StandaloneMyId,
    /// One voter with observers, while a lone voter means a standalone server.
    #[error("there are observers beside a single participant, and standaloneEnabled is true")]
    ObserversOfStandalone,

    /// Neither `true` nor `false`.
    #[error("{} is neither true nor false", excerpt(.0))]
    NotABoolean(String),
    /// Unsupported: no rule for the finalizing wait.
    #[error("{} is neither fixed nor eager", excerpt(.0))]
    NotAFinalizeRule(String),
    /// Not a number in the key's range.
    #[error("{} is not a number from {min} to {max}", excerpt(.text))]
    NotInRange {
        /// What stands there.
        text: String,
        /// The smallest value allowed.
        min: i64,
        /// The greatest value allowed.
        max: i64,
    },
    /// Unsupported: ZooKeeper takes the number, and there is no use for it.
    #[error("{} is not a number from {min} on", excerpt(.text))]
    TooSmall {
        /// What stands there.
        text: String,
        /// The smallest value of use.
        min: i32,
    },
    /// Warning: a number is expected that ZooKeeper has a default for.
    #[error("{} is not a number, and means the default", excerpt(.0))]
    MeansDefault(String),
    /// Unsupported: ZooKeeper's parser hands it on, and the server ends where the number is read.
    #[error("{} is not a number, and ZooKeeper ends when it starts to elect", excerpt(.0))]
    ReadTooLate(String),
    /// A relative path of one character.
    #[error("ZooKeeper ends on {}, a relative path of one character", excerpt(.0))]
    ShortPath(String),
    /// Another election algorithm than the only one.
    #[error("there is no election algorithm {}", excerpt(.0))]
    ElectionAlgorithm(String),
    /// A key that must be set is not.
    #[error("the key is not set")]
    Missing,
    /// A limit of no ticks at all.
    #[error("a limit of 0 ticks passes at once")]
    ZeroLimit,
    /// Unsupported: the shortest interval between notifications is above the longest.
    #[error("the shortest interval, {min} ms, is above the longest, {max} ms")]
    IntervalsCrossed {
        /// `fastleader.minNotificationInterval`.
        min: u128,
        /// `fastleader.maxNotificationInterval`.
        max: u128,
    },
    /// The shortest time-out of a session is above the longest.
    #[error("minSessionTimeout, {min} ms, is above maxSessionTimeout, {max} ms")]
    SessionTimeoutsCrossed {
        /// `minSessionTimeout`, 2 ticks where it is not set.
        min: i32,
        /// `maxSessionTimeout`, 20 ticks where it is not set.
        max: i32,
    },
    /// A scheme for clients over TLS without its class.
    #[error("the key authProvider.{} is not set", printable(.0))]
    NoAuthProvider(String),
    /// A class of metrics that does not come with ZooKeeper.
    #[error("ZooKeeper has no metrics provider {}", excerpt(.0))]
    UnknownMetricsProvider(String),
    /// A name that the server itself must resolve, and this machine does not.
    #[error("this machine cannot resolve the name {}", excerpt(.0))]
    Unresolved(String),
    /// The server's clients connect to a port on which it listens for other servers.
    #[error("port {port} is the server's {other} port too")]
    PortTaken {
        /// The port.
        port: u16,
        /// The other use of it.
        other: Port,
    },
    /// A setting that has no meaning without another.
    #[error("the key has no meaning without {0}")]
    Needs(&'static str),
    /// An ensemble's line in a static file that names a dynamic one.
    #[error("the line stands beside dynamicConfigFile")]
    BesideDynamicFile,

    /// A file that must be read cannot be.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// The file is UTF-16, of which ZooKeeper makes nothing.
    #[error("the file is written in UTF-16")]
    Utf16,
    /// `myid` holds a number with blanks around it, which ZooKeeper does not take for a number.
    #[error("blanks stand around the id in {}", excerpt(.0))]
    BlankInMyId(String),
    /// `myid` holds no number.
    #[error("{} is not a server's id", excerpt(.0))]
    BadMyId(String),
    /// No line of the ensemble is about this server.
    #[error("server {0} is not in the ensemble")]
    NotAMember(Sid),
    /// This server's client address in the static file and in the ensemble differ.
    #[error("the static file says {fixed}, and the ensemble says {dynamic}")]
    ClientAddressDiffers {
        /// The address in the static file.
        fixed: String,
        /// The address in the ensemble.
        dynamic: String,
    },

    /// Warning: ZooKeeper does not know the key either.
    #[error("ZooKeeper knows no such key, and sets a system property that nobody reads")]
    UnknownKey {
        /// The key that was probably meant.
        nearest: Option<String>,
    },
    /// Warning: a switch that is off unless it is `true`.
    #[error("{} is not true, and means false", excerpt(.0))]
    MeansFalse(String),
    /// Warning: a byte order mark stands before the first key, which ZooKeeper does not know then.
    #[error("a byte order mark stands before the key, and ZooKeeper does not know the key by it")]
    ByteOrderMark,
    /// Warning: the value can be read, and holds what was probably not meant to be part of it.
    #[error("{0}")]
    Suspicious(Slip),
    /// The value cannot be read because of what was probably not meant to be part of it.
    #[error("{0}")]
    Slip(Slip),
    /// Warning: a single participant.
    #[error("the ensemble has one participant; ZooKeeper would run it as a standalone server")]
    OneVoter,
    /// Warning: two participants.
    #[error("the ensemble has two participants and survives no failure")]
    TwoVoters,
    /// Warning: an even number of participants.
    #[error("the ensemble has {0} participants and survives no more failures than with one fewer")]
    EvenVoters(usize),
    /// Warning: a server's address that nobody can dial.
    #[error("other servers cannot dial the wildcard address {0}")]
    Wildcard(String),
    /// An address in use twice.
    #[error("{address} is an address of server {other} too")]
    SharedAddress {
        /// Host and port.
        address: String,
        /// The server that has it too, perhaps the same one.
        other: Sid,
    },
    /// Warning: a server that only its own machine can dial, among others that are elsewhere.
    #[error("{0} is this machine alone, and other servers are elsewhere")]
    LoopbackAmongOthers(String),
    /// Warning: an oracle beside groups.
    #[error("an oracle decides between two voters only, and the ensemble has groups")]
    OracleWithGroups,
    /// Warning: an oracle for another number of participants than two.
    #[error("an oracle decides between two voters only, and the ensemble has {0}")]
    OracleVoters(usize),
    /// Warning: `peerType` is not the role that the server list gives this server.
    #[error("the server list has this server as {0}, and the list wins")]
    PeerTypeDiffers(LearnerType),
    /// Warning: an id that ZooKeeper's documentation does not allow.
    #[error("server id {0} is outside 1 to 255")]
    UnusualSid(Sid),
    /// Warning: the configuration seen last cannot be read and is left out.
    #[error("the configuration proposed last cannot be read and is left out: {0}")]
    LastSeenUnreadable(String),
    /// Warning: the configuration seen last is not newer than the committed one and is left out.
    #[error("the configuration proposed last is not newer than the committed one and is left out")]
    LastSeenStale,
}

/// Whether a configuration can be used all the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// It can be used, and probably does not do what was meant.
    Warning,
    /// This crate uses it, and ZooKeeper 3.8.0 does not, as far as the files tell.
    Refused,
    /// ZooKeeper 3.8.0 uses it, and this crate cannot.
    Unsupported,
    /// It cannot be used.
    Error,
}

/// One of a server's ports.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Port {
    /// Where followers reach the leader.
    Quorum,
    /// Where servers elect.
    Election,
    /// Where clients connect.
    Client,
    /// Where clients connect over TLS.
    SecureClient,
}

impl Problem {
    /// Whether the configuration can be used all the same.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.judgement().0
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        self.judgement().1.into_owned()
    }

    /// Severity and remedy stand together, and for each problem: a new one compiles with both only.
    #[deny(clippy::wildcard_enum_match_arm)]
    fn judgement(&self) -> (Severity, Cow<'static, str>) {
        use Severity::{Error, Refused, Unsupported, Warning};
        let (severity, remedy) = match self {
            Self::MalformedEscape => (Error, "write two backslashes where one is meant"),
            Self::DuplicateKey { .. } => (Warning, "keep one of the two lines; the later counts"),
            Self::NotAnEnsembleKey => {
                (Error, "keep only server.N, group.N and weight.N lines here")
            }
            Self::NotAnId(_) => (Error, "write the id as a decimal number"),
            Self::BadVersion(_) => (Error, "write it as in version=100000000"),
            Self::VersionInside => (
                Error,
                "remove the line; the version is the end of the file's name",
            ),
            Self::ServerForm(_) => (
                Error,
                "write host:quorumPort:electionPort[:role][;[host:]clientPort]",
            ),
            Self::ClientForm(_) => (
                Error,
                "write clientPort or host:clientPort after the semicolon",
            ),
            Self::Unclosed(_) => (Error, "write an IPv6 address as [::1]:2888:3888"),
            // ZooKeeper looks for any text as a name, and does not find it.
            Self::BadHost(_) => (
                Unsupported,
                "write a name, an IPv4 address, or an IPv6 address in brackets",
            ),
            Self::BadPort { .. } => (Error, "write a port that no other service uses"),
            Self::PortZero(_) => (Unsupported, "write the port on which it listens"),
            Self::SamePort(_) => (Error, "give the server two ports"),
            Self::SecondSemicolon(_) => (
                Error,
                "write one client address, and secureClientPort in the static file",
            ),
            Self::BadRole(_) => (Error, "write participant or observer"),
            Self::MixedRoles => (Error, "write the role once, at the last address"),
            Self::SeveralAddresses(_) => (
                Error,
                "set multiAddress.enabled=true on every server, or keep one address",
            ),
            Self::AddressesByProperty(_) => (
                Refused,
                "start ZooKeeper with -Dzookeeper.multiAddress.enabled=true (SERVER_JVMFLAGS), or \
                 keep one address",
            ),
            Self::BadWeight(_) => (
                Error,
                "write 0 for a server that must never lead, 1 for a usual one",
            ),
            Self::NegativeWeight(_) => (Unsupported, "write 0 for a server that must never lead"),
            Self::GroupKey { has_id } => {
                let severity = if *has_id { Unsupported } else { Error };
                (severity, "write group.N or weight.N, or remove the line")
            }
            Self::Quorum(error) => {
                // Java's sums overflow.
                let is_taken = matches!(error, QuorumError::TooHeavy(_));
                let severity = if is_taken { Unsupported } else { Error };
                (severity, quorum_remedy(error))
            }
            Self::NoVoters => (
                Error,
                "add server.N lines with the role participant, three at best",
            ),
            Self::ObserversOfStandalone => {
                (Error, "add participants, or set standaloneEnabled=false")
            }
            Self::Standalone => (
                Unsupported,
                "add server.N lines, three at best, where an ensemble is meant",
            ),
            Self::StandaloneMyId => (Unsupported, "write the server's number into it"),
            Self::NotABoolean(_) => (Error, "write true or false"),
            Self::NotAFinalizeRule(_) => (Unsupported, "write fixed or eager"),
            Self::NotInRange { .. } => (Error, "write a number in that range"),
            Self::TooSmall { .. } => (Unsupported, "write a greater number"),
            Self::MeansDefault(_) => (Warning, "write a number, or remove the line"),
            Self::ReadTooLate(_) => (Unsupported, "write a number"),
            Self::ShortPath(_) => (Error, "write the whole path"),
            Self::ElectionAlgorithm(_) => (Error, "write 3, or remove the line"),
            Self::Missing => (Error, "add a line with it"),
            Self::ZeroLimit => (Error, "write how many ticks it takes, 5 or 10 as a rule"),
            Self::IntervalsCrossed { .. } => {
                (Unsupported, "raise the longest or lower the shortest")
            }
            Self::SessionTimeoutsCrossed { .. } => {
                (Error, "raise the longest or lower the shortest")
            }
            Self::NoAuthProvider(_) => (Error, "add a line with it, or remove this one"),
            Self::UnknownMetricsProvider(_) => (
                Error,
                "write org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider, or remove the line",
            ),
            Self::Unresolved(_) => (
                Error,
                "write an address of this machine, or have it resolve",
            ),
            Self::PortTaken { .. } => (Error, "use another port for clients"),
            Self::Needs(_) => (Error, "set that too, or remove the line"),
            Self::BesideDynamicFile => (Error, "move the line to the dynamic file"),
            Self::Unreadable(_) => (Error, "create the file, or correct the path to it"),
            Self::Utf16 => (Error, "save the file as UTF-8 without a byte order mark"),
            Self::BlankInMyId(_) | Self::BadMyId(_) => {
                (Error, "write nothing but the server's number into it")
            }
            Self::NotAMember(_) => (Error, "correct myid, or add a server line with that number"),
            Self::ClientAddressDiffers { .. } => (Error, "remove the one in the static file"),

            Self::UnknownKey {
                nearest: Some(nearest),
            } => {
                return (Warning, format!("write {nearest} if that is meant").into());
            }
            Self::UnknownKey { nearest: None } => (Warning, "remove the line"),
            Self::MeansFalse(_) => (Warning, "write true or false"),
            Self::ByteOrderMark => (Warning, "save the file as UTF-8 without a byte order mark"),
            Self::Suspicious(slip) => (Warning, slip.remedy()),
            Self::Slip(slip) => (Error, slip.remedy()),
            Self::OneVoter | Self::TwoVoters | Self::EvenVoters(_) => {
                (Warning, "use an odd number of participants, three at least")
            }
            Self::Wildcard(_) => (Warning, "write the address that the other servers dial"),
            Self::SharedAddress { .. } => (Error, "give each server addresses of its own"),
            Self::LoopbackAmongOthers(_) => {
                (Warning, "write an address that the other machines can dial")
            }
            Self::OracleWithGroups => (
                Warning,
                "remove the groups, or the oracle, which is never asked",
            ),
            Self::OracleVoters(_) => (Warning, "remove the oracle, or use two participants"),
            Self::PeerTypeDiffers(LearnerType::Observer) => (Warning, "write peerType=observer"),
            Self::PeerTypeDiffers(LearnerType::Participant) => {
                (Warning, "write peerType=participant")
            }
            Self::UnusualSid(_) => (Warning, "use an id from 1 to 255"),
            Self::LastSeenUnreadable(_) => (Warning, "make the file readable, or remove it"),
            Self::LastSeenStale => (Warning, "nothing needs to be done"),
        };
        (severity, remedy.into())
    }
}

fn quorum_remedy(error: &QuorumError) -> &'static str {
    match error {
        QuorumError::InTwoGroups(_) => "name it in one group, once",
        QuorumError::InNoGroup(_) => "name it in a group",
        QuorumError::WithoutWeight { .. } => "remove it from the group, or give it a weight",
        QuorumError::TooHeavy(_) => "use small weights",
    }
}

impl Port {
    fn range(self) -> &'static str {
        match self {
            Self::Quorum | Self::Election => "1 to 65535",
            Self::Client | Self::SecureClient => "0 to 65535",
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quorum => "quorum",
            Self::Election => "election",
            Self::Client => "client",
            Self::SecureClient => "secure client",
        })
    }
}
