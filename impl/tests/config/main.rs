//! ZooKeeper's configuration, read, refused and printed.

mod files;
mod options;
mod printing;
mod rules;
mod slips;

use fle::config::{ConfigErrors, Diagnostic};

/// The mistakes, a line each.
fn lines(errors: &ConfigErrors) -> Vec<String> {
    let diagnostics = errors.diagnostics().iter();
    diagnostics.map(Diagnostic::to_string).collect()
}
