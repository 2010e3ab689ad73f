//! What each trouble is called, and what is to be done about it.

use super::{Grievance, Reason, Trouble};
use fle::Sid;

impl Grievance {
    /// What is wrong, `whose` being the servers that say so.
    #[must_use]
    pub fn words(&self, whose: &str) -> String {
        let peer = self.peer.map(|sid| format!("server {sid}"));
        let somebody = peer.clone().unwrap_or_else(|| "another server".to_owned());
        let leader = peer.map_or_else(|| "the leader".to_owned(), |it| format!("the leader, {it}"));
        let words = match self.trouble {
            Trouble::DiskFull => format!("the disk of {whose} is full"),
            Trouble::OutOfMemory => format!("{whose} is out of memory"),
            Trouble::TooManyFiles => format!("{whose} may open no more files"),
            Trouble::NoAccess => format!("{whose} may not use its files"),
            Trouble::DataBroken => format!("{whose} cannot load its database"),
            Trouble::EpochFiles => format!("the epoch files of {whose} contradict its data"),
            Trouble::NotInConfiguration => match self.peer {
                Some(sid) => {
                    format!("the configuration of {whose} has no server {sid}, its own id")
                }
                None => format!("the configuration of {whose} does not list its own id"),
            },
            Trouble::BadConfiguration => format!("the configuration of {whose} cannot be used"),
            Trouble::OwnId => format!("another server connects to {whose} with that one's own id"),
            Trouble::SameId => format!("{whose} sees two servers use the id of {somebody}"),
            Trouble::UnknownServer => {
                format!("{somebody} is not in the configuration of {whose}")
            }
            Trouble::CannotListen => format!("{whose} cannot listen on its port"),
            Trouble::LeftElections => format!("{whose} takes no part in elections any more"),
            Trouble::Expired => format!("{whose} meets a certificate that is expired"),
            Trouble::Unauthenticated => format!("{whose} cannot authenticate with {somebody}"),
            Trouble::WrongProtocol => {
                format!("somebody speaks another protocol or version to {whose}")
            }
            Trouble::EpochTooLow => format!("{whose} says that a leader's epoch is too low"),
            Trouble::Exits => format!("the process of {whose} exits"),
            Trouble::Unreachable => format!("{somebody} cannot be reached by {whose}"),
            Trouble::LeaderUnreachable => format!("{whose} cannot connect to {leader}"),
            Trouble::NotEstablished => {
                format!("no quorum joined {whose} within initLimit after its election")
            }
            Trouble::Paused => format!("the process of {whose} stood still"),
            Trouble::SlowDisk => format!("the disk of {whose} is slow"),
            Trouble::RolledOver => format!("the transaction counter of {whose} ran over"),
            Trouble::VotersLook => format!("the voters of {whose} look for another leader"),
            Trouble::TooFewFollowers => format!("too few servers follow {whose}"),
            Trouble::LeaderLost => format!("{whose} lost {leader}"),
            Trouble::PastUnknown => format!("{whose} does not know what it has promised"),
        };
        let address = self.address.iter().map(|it| format!(" ({it})"));
        let reason = self.reason.iter().map(|it| format!(": {}", it.words()));
        [words].into_iter().chain(address).chain(reason).collect()
    }

    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        let there = self.peer.map_or("the other server".to_owned(), of);
        match self.trouble {
            Trouble::DiskFull => "make room on the disk, then start the server again",
            Trouble::OutOfMemory => "give the process more memory, then start it again",
            Trouble::TooManyFiles => "raise the limit of open files (ulimit -n), look for leaks",
            Trouble::NoAccess => "let the server's user read and write dataDir and dataLogDir",
            Trouble::DataBroken => {
                "look at the disk; if a quorum has its data, empty this server's version-2 folder"
            }
            Trouble::EpochFiles => {
                "see who changed or restored dataDir; if a quorum has its data, empty version-2"
            }
            Trouble::NotInConfiguration => "compare the file myid with the server lines",
            Trouble::BadConfiguration => "run `fle check-config` on the server's zoo.cfg",
            Trouble::OwnId | Trouble::SameId => {
                "give each server an id of its own in myid, and the same server lines"
            }
            Trouble::UnknownServer => {
                "give all servers the same server lines; `fle check-config` compares them"
            }
            Trouble::CannotListen => return self.port_remedy(),
            Trouble::LeftElections => "free its election port, then start the server again",
            Trouble::Expired => "renew the certificate",
            Trouble::Unauthenticated => "compare the quorum.auth options and credentials",
            Trouble::WrongProtocol => {
                "see who connects to that port, and whether all servers run the same version"
            }
            Trouble::EpochTooLow => {
                "see whether the leader's dataDir was emptied or restored; the server with the \
                 later epoch has to lead"
            }
            Trouble::Exits => "see above in its log why, then start it again",
            Trouble::Unreachable | Trouble::LeaderUnreachable => {
                return self.connection_remedy(&there);
            }
            Trouble::NotEstablished => {
                "see why the others do not connect to its quorum port; raise initLimit if they \
                 are only slow"
            }
            Trouble::Paused => "look for long garbage collections, swapping, a frozen machine",
            Trouble::SlowDisk => "give the transaction log a disk of its own",
            Trouble::RolledOver => "nothing: this is as it should be",
            Trouble::VotersLook | Trouble::TooFewFollowers => {
                "see why its followers left: their logs and the network between them"
            }
            Trouble::LeaderLost => return self.loss_remedy(),
            Trouble::PastUnknown => "see the server's own advice in that line",
        }
        .to_owned()
    }

    fn port_remedy(&self) -> String {
        match self.reason {
            Some(Reason::InUse) => "stop the process that has the port, or choose another port",
            Some(Reason::NotHere | Reason::UnknownHost) => {
                "give the server an address of its own machine, or set quorumListenOnAllIPs=true"
            }
            _ => "see what the line says of the port",
        }
        .to_owned()
    }

    fn connection_remedy(&self, there: &str) -> String {
        match self.reason {
            Some(Reason::Refused) => {
                format!("start {there}, or correct its address and port in the server lines")
            }
            Some(Reason::UnknownHost) => {
                format!("correct the name of {there} in the server lines, or the name service")
            }
            Some(Reason::NoRoute) => format!("correct the address of {there}, or the routes to it"),
            Some(Reason::TimedOut) => {
                format!("see whether the machine of {there} is up and a firewall drops packets")
            }
            Some(Reason::Tls) => format!("compare certificates and TLS options with {there}"),
            _ => format!("see the log of {there} and the network to it"),
        }
    }

    fn loss_remedy(&self) -> String {
        match self.reason {
            Some(Reason::TimedOut) => {
                "see whether the leader stood still or the network was cut; raise syncLimit if it \
                 is only slow"
            }
            Some(Reason::Closed) => "see why the leader ended: its log, its machine",
            _ => "see what the line says, and the leader's own log",
        }
        .to_owned()
    }
}

fn of(sid: Sid) -> String {
    format!("server {sid}")
}
