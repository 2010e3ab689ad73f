//! `fle-model explore`: a scenario in the browser.

use super::named::{Chosen, scenario};
use super::output::print;
use fle_model::frame::explore::{STARTS, address};
use std::num::NonZeroU16;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Explore {
    /// The scenario to explore.
    #[arg(value_name = "SCENARIO", value_parser = scenario)]
    scenario: Chosen,
    /// The port, on this machine only.
    #[arg(long, value_name = "P", default_value = "3000")]
    port: NonZeroU16,
}

impl Explore {
    pub(crate) fn run(self) -> Result<ExitCode, String> {
        let address = address(self.port)?;
        let Chosen(scenario) = self.scenario;
        let all = scenario.initial_states();
        let some = match all {
            0..=STARTS => String::new(),
            _ => format!(" ({all} initial states, of which at most {STARTS} are shown)"),
        };
        let name = scenario.about().name;
        print(&format!(
            "{name} at http://{address}/{some}; end with Ctrl-C\n"
        ))?;
        scenario.serve(address);
        Ok(ExitCode::SUCCESS)
    }
}
