//! Which ensembles are allowed.

/// The settings that decide which ensembles are allowed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Rules {
    /// Whether a server may have several addresses (`multiAddress.enabled`, default false).
    pub multi_address: bool,
    /// Whether a single participant stands for a standalone server, which then must not have
    /// observers (`standaloneEnabled`, default true).
    pub standalone_enabled: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            multi_address: false,
            standalone_enabled: true,
        }
    }
}
