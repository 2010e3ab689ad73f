//! Standard output as something to look at: what is drawn again in its place on a terminal is a
//! line with a time for each change elsewhere.

use std::io::{self, IsTerminal, Write, stdout};
use std::time::Instant;

pub(crate) struct Screen {
    start: Instant,
    is_terminal: bool,
    /// How many lines the last text took.
    lines: usize,
    shown: String,
}

impl Screen {
    pub(crate) fn new(start: Instant) -> Self {
        Self {
            start,
            is_terminal: stdout().is_terminal(),
            lines: 0,
            shown: String::new(),
        }
    }

    /// Whether a text takes the place of the one before.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows a text if it differs from the one before.
    ///
    /// # Errors
    /// When standard output takes no more.
    pub(crate) fn show(&mut self, text: String) -> io::Result<()> {
        if text == self.shown {
            return Ok(());
        }
        let mut out = stdout().lock();
        if self.is_terminal {
            if self.lines > 0 {
                // Back to the first line of the text, which is cleared from there on.
                write!(out, "\x1b[{}F\x1b[J", self.lines)?;
            }
            write!(out, "{text}")?;
        } else {
            let seconds = self.start.elapsed().as_secs_f64();
            for line in text.lines() {
                writeln!(out, "{seconds:8.3} s  {line}")?;
            }
        }
        self.lines = text.lines().count();
        self.shown = text;
        out.flush()
    }
}
