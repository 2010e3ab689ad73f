//! How a program fails.

/// Why a program ends with another exit code than 0, in words for standard error.
pub(crate) enum Failure {
    /// Exit code 1.
    Check(String),
    /// Exit code 2.
    Unusable(String),
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Unusable(error.to_string())
    }
}
