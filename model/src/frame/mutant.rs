//! A protocol with one rule broken, to show that the checker would notice.
//!
//! A mutant is no copy of the model but a question asked at the one place where the rule stands:
//! `self.is(Mutant::…)`. It is killed by a property that must hold `always` or `eventually`; that
//! something is no longer seen, or that the number of states moves, does not count. Which scenario
//! is tried first is a hint for the sake of time, never part of the verdict. A mutant that is known
//! to survive says why, and is run all the same: being killed would be news.

use clap::ValueEnum;
use serde::Serialize;
use std::fmt::{self, Debug};

/// One rule, broken.
pub trait Mutant: ValueEnum + Copy + Eq + Debug + Serialize + Send + Sync + 'static {
    /// What there is to know of it.
    fn entry(self) -> Entry;

    /// Its name on the command line.
    #[must_use]
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What there is to know of a mutant before it is run.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Its name on the command line.
    pub name: String,
    /// The tickets of the ZooKeeper tracker that tell of it, if any do.
    pub tickets: &'static str,
    /// What it does differently.
    pub change: &'static str,
    /// The scenario that is tried first.
    pub tried_first: &'static str,
    /// Why it survives, if it is known to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survives: Option<&'static str>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.change)?;
        match self.tickets {
            "" => Ok(()),
            tickets => write!(f, " (ZOOKEEPER-{})", tickets.replace(", ", ", -")),
        }
    }
}

/// A table of mutants: each with the tickets that tell of it, the scenario that is tried first, why
/// it survives if it is known to, and what it does differently.
macro_rules! mutants {
    ($what:literal; $(
        $name:ident $tickets:literal in $scenario:literal $(survives $reason:literal)?:
        $change:literal;
    )*) => {
        #[doc = $what]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, clap::ValueEnum)]
        pub enum Mutant {
            $(#[doc = $change] $name,)*
        }

        impl $crate::frame::mutant::Mutant for Mutant {
            fn entry(self) -> $crate::frame::mutant::Entry {
                let name = $crate::frame::mutant::Mutant::name(self);
                match self {
                    $(Self::$name => $crate::frame::mutant::Entry {
                        name,
                        tickets: $tickets,
                        change: $change,
                        tried_first: $scenario,
                        survives: None$(.or(Some($reason)))?,
                    },)*
                }
            }
        }

        impl serde::Serialize for Mutant {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::frame::mutant::Mutant::name(*self).serialize(serializer)
            }
        }
    };
}

pub(crate) use mutants;
