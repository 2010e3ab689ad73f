//! `fle-model explore`: a scenario in the browser.

use super::output::print;
use super::scenario;
use fle_model::catalogue::Scenario;
use fle_model::explore::{STARTS, address, serve};
use std::num::NonZeroU16;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Explore {
    /// The scenario to explore.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenario: &'static Scenario,
    /// The port, on this machine only.
    #[arg(long, value_name = "P", default_value = "3000")]
    port: NonZeroU16,
}

impl Explore {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let address = address(self.port)?;
        let all = self.scenario.initial_states();
        let some = match all {
            0..=STARTS => String::new(),
            _ => format!(" ({all} initial states, of which at most {STARTS} are shown)"),
        };
        print(&format!(
            "{} at http://{address}/{some}; end with Ctrl-C\n",
            self.scenario.name
        ))?;
        serve(self.scenario, address);
        Ok(ExitCode::SUCCESS)
    }
}
