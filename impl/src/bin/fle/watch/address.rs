//! An address as the user gives it.

use std::fmt;
use std::net::IpAddr;

/// `HOST:PORT`, with an IPv6 address in brackets. Nothing in it can upset a terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Address {
    /// A name or an address literal, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "write HOST:PORT, as in zk-1:2181 or [::1]:2181".to_owned();
        let (host, port) = text.rsplit_once(':').ok_or_else(form)?;
        let port = port.parse().map_err(|_| form())?;
        let bracketed = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let unusual = |c: char| !c.is_ascii_graphic() && !c.is_alphanumeric();
        let host = match bracketed {
            Some(address) => address,
            // Where the port begins could only be guessed.
            None if host.contains(':') => return Err(form()),
            None => host,
        };
        if port == 0 || host.is_empty() || host.contains(unusual) || host.contains(['[', ']']) {
            return Err(form());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl Address {
    /// Whether both hosts are written alike: address literals by value, names without case.
    pub(super) fn has_host(&self, other: &str) -> bool {
        let literal = |text: &str| text.parse::<IpAddr>().ok();
        match (literal(&self.host), literal(other)) {
            (None, None) => self.host.eq_ignore_ascii_case(other),
            (mine, theirs) => mine == theirs,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_it_was_given() {
        for text in [
            "zk-1:2181",
            "10.0.0.1:8080",
            "[::1]:2181",
            "[fe80::1%eth0]:1",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let texts = [
            "",
            "zk-1",
            ":2181",
            "zk-1:0",
            "zk-1:99999",
            "::1:2181",
            "[::1]",
            "a b:1",
        ];
        for text in texts
            .into_iter()
            .chain(["\u{1b}[2J:1", "[[::1]]:1", "zk-1:2181,zk-2:2181 :1"])
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn hosts_are_compared_by_what_they_mean() {
        let address: Address = "[::1]:2181".parse().unwrap();
        assert!(address.has_host("0:0:0:0:0:0:0:1"));
        let address: Address = "ZK-1:2181".parse().unwrap();
        assert!(address.has_host("zk-1") && !address.has_host("zk-2"));
    }
}
