//! A host as configuration names it: a name, or an address literal in any spelling that Java reads.
//!
//! Source: `InetAddress.getByName` and `InetSocketAddress.getHostString` of Java 17, and
//! `ConfigUtils.getHostAndPort`. Names are not resolved here; an IPv6 literal with a zone stays the
//! text it is, since zones belong to one machine.

use super::problem::Problem;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host name or an address literal. Displays as ZooKeeper writes it: an IPv6 literal with all
/// eight groups and, as everything with a colon in it, in brackets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Host {
    /// An address literal.
    Ip(IpAddr),
    /// A name to resolve when it is dialed, or an IPv6 literal with a zone. Not empty; neither
    /// white space, control characters, backslashes nor brackets in it.
    Name(String),
}

impl Host {
    /// What clients connect to when a server's line gives a port only.
    pub(super) const ANY: Self = Self::Ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED));

    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        if let Some(address) = ipv4(text) {
            return Ok(Self::Ip(address.into()));
        }
        let (address, zone) = text.split_once('%').unwrap_or((text, ""));
        let unusual =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '[' | ']');
        let host = if text.is_empty() || text.contains(unusual) {
            None
        } else if !text.contains(':') {
            Some(Self::Name(text.to_owned()))
        } else {
            address.parse::<Ipv6Addr>().ok().map(|address| match zone {
                "" => Self::Ip(
                    address
                        .to_ipv4_mapped()
                        .map_or(address.into(), IpAddr::from),
                ),
                _ => Self::Name(text.to_owned()),
            })
        };
        host.ok_or_else(|| Problem::BadHost(text.to_owned()))
    }

    /// Whether it stands for every address of a machine, `0.0.0.0` or `[::]`.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        matches!(self, Self::Ip(address) if address.is_unspecified())
    }

    /// Whether only its own machine reaches it: a loopback address or `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Ip(address) => address.is_loopback(),
            Self::Name(name) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    /// The same host in the spelling that comparisons use.
    pub(super) fn normalized(&self) -> Self {
        match self {
            Self::Ip(_) => self.clone(),
            Self::Name(name) => Self::Name(name.to_lowercase()),
        }
    }

    /// Without the brackets, the text by which ZooKeeper sorts.
    pub(super) fn unbracketed(&self) -> String {
        match self {
            Self::Ip(IpAddr::V4(address)) => address.to_string(),
            Self::Ip(IpAddr::V6(address)) => address.segments().map(|s| format!("{s:x}")).join(":"),
            Self::Name(name) => name.clone(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.unbracketed();
        if text.contains(':') {
            write!(f, "[{text}]")
        } else {
            f.write_str(&text)
        }
    }
}

/// An IPv4 literal as Java reads it: one to four decimal numbers, the last of which fills all the
/// bytes that are left.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    const LONGEST: usize = 15;
    if text.len() > LONGEST || !text.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let numbers: Vec<u64> = text
        .split('.')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let (&last, first) = numbers.split_last()?;
    let bits_left = 32_usize
        .checked_sub(8 * first.len())
        .filter(|&bits| bits > 0)?;
    if first.iter().any(|&byte| byte > 0xff) || last >> bits_left != 0 {
        return None;
    }
    let high = first
        .iter()
        .rev()
        .fold((bits_left, 0), |(shift, bits), byte| {
            (shift + 8, bits | byte << shift)
        });
    u32::try_from(high.1 | last).ok().map(Ipv4Addr::from)
}

/// A text split at a separator as Java's `String.split` does: empty parts at the end do not count.
pub(crate) fn java_split(text: &str, separator: char) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(separator).collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    parts
}

/// The host and the colon-separated parts after it; the host may stand in brackets.
pub(crate) fn split_host(text: &str) -> Result<(&str, Vec<&str>), Problem> {
    let Some(bracketed) = text.strip_prefix('[') else {
        let mut parts = java_split(text, ':');
        return Ok((parts.remove(0), parts));
    };
    let (host, rest) = bracketed
        .split_once(']')
        .filter(|(_, rest)| rest.starts_with(':'))
        .ok_or_else(|| Problem::Unclosed(text.to_owned()))?;
    Ok((host, java_split(&rest[1..], ':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `InetAddress` takes one to four numbers of decimal digits; whatever else looks like one is a
    /// name, to be resolved.
    #[test]
    fn an_ipv4_literal_has_up_to_four_numbers_of_digits_alone() {
        let ip = |text| ipv4(text).map(|address| address.to_string());
        assert_eq!(ip("127.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(ip("001.002.003.004").as_deref(), Some("1.2.3.4"));
        for name in ["1.2.3.+4", "1.2.3.4.0", "0001.002.003.004", "256.1.1.1"] {
            assert_eq!(ip(name), None, "{name}");
        }
    }

    #[test]
    fn a_host_holds_no_control_characters() {
        assert!(Host::parse("host\u{1}name").is_err());
    }
}
