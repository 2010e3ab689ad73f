//! What failed, as GitHub shows it beside a run: its runner takes lines of this form out of what a
//! step prints, on standard error too, where they do not get in the way of text and JSON.

use fle_model::frame::failure::Failure;
use std::env;

/// Tells GitHub's runner, where there is one, what failed in this scenario or mutant.
pub(crate) fn annotate(of: &str, failure: &Failure) {
    if env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        eprintln!("{}", annotation(of, failure));
    }
}

/// One line, whatever is in it, escaped as
/// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts> does it.
fn annotation(of: &str, failure: &Failure) -> String {
    let Failure {
        name,
        message,
        counterexample,
    } = failure;
    let title = data(&format!("{of}: {name}")).replace(':', "%3A");
    let title = title.replace(',', "%2C");
    let counterexample = counterexample.as_ref().map(|steps| format!("\n{steps}"));
    let text = format!("{message}{}", counterexample.unwrap_or_default());
    format!("::error title={title}::{}", data(&text))
}

fn data(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runner_would_read_as_its_own_is_escaped() {
        let failure = Failure {
            name: "a, b".to_owned(),
            message: "100%: no".to_owned(),
            counterexample: Some("1. x\r\n2. y\n".to_owned()),
        };
        assert_eq!(
            annotation("crash, mutant it", &failure),
            "::error title=crash%2C mutant it%3A a%2C b::100%25: no%0A1. x%0D%0A2. y%0A"
        );
    }
}
