//! Where pictures go: standard output, as a page, as changes or as JSON, and a file.

use super::picture::{Picture, Size};
use crate::failure::Failure;
use crate::output::{not_said, write};
use crate::screen::Screen;
use std::fs::File;
use std::io::{self, IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(super) struct View {
    output: Output,
    file: Option<(PathBuf, File)>,
}

enum Output {
    /// The page, once.
    Page,
    /// The page again and again, or the changes.
    Screen(Screen),
    Json,
}

/// What is to be written, empty where nothing has changed.
pub(super) struct Texts {
    output: String,
    file: String,
}

/// Of a terminal that does not tell.
const USUAL: Size = Size {
    width: 80,
    height: 24,
};

impl View {
    /// The file is created now, so that a wrong path is known at once.
    ///
    /// # Errors
    /// When it cannot be.
    pub(super) fn new(json: Option<&Path>, once: bool) -> Result<Self, Failure> {
        let is_output = json == Some(Path::new("-"));
        let file = json.filter(|_| !is_output).map(|path| {
            let file = File::create(path).map_err(|error| lost(path, &error))?;
            Ok::<_, Failure>((path.to_owned(), file))
        });
        Ok(Self {
            output: match (is_output, once) {
                (true, _) => Output::Json,
                (false, true) => Output::Page,
                (false, false) => Output::Screen(Screen::new(Instant::now())),
            },
            file: file.transpose()?,
        })
    }

    pub(super) fn texts(&self, picture: &Picture, before: Option<&Picture>) -> Texts {
        let changes = picture.changes(before);
        let json = match changes.as_str() {
            "" => String::new(),
            _ => format!("{}\n", picture.json()),
        };
        let page_up_to = |height: Option<usize>| {
            let size = size().map(|size| Size {
                height: height.unwrap_or(size.height),
                ..size
            });
            picture.page(size)
        };
        Texts {
            output: match &self.output {
                Output::Json => json.clone(),
                Output::Page => page_up_to(Some(usize::MAX)),
                Output::Screen(screen) if screen.is_terminal() => page_up_to(None),
                Output::Screen(_) => changes,
            },
            file: json,
        }
    }

    /// Writes, and waits for whoever reads; whether somebody still does.
    ///
    /// # Errors
    /// When there is no more room.
    pub(super) fn show(&mut self, texts: Texts) -> Result<bool, Failure> {
        if let Some((path, file)) = &mut self.file {
            let written = file.write_all(texts.file.as_bytes());
            written.map_err(|error| lost(path, &error))?;
        }
        let shown = match &mut self.output {
            _ if texts.output.is_empty() => Ok(()),
            Output::Screen(screen) => screen.show(texts.output),
            Output::Page | Output::Json => write(&texts.output),
        };
        match shown {
            Ok(()) => Ok(true),
            Err(error) => not_said(&error).map(|()| false),
        }
    }
}

fn lost(path: &Path, error: &io::Error) -> Failure {
    let path = path.display();
    Failure::Unusable(format!("{path}: {error}; write to somewhere else"))
}

/// Of the terminal that standard output is, if it is one.
fn size() -> Option<Size> {
    if !stdout().is_terminal() {
        return None;
    }
    let told = terminal_size::terminal_size_of(stdout());
    let told = told.map(|(width, height)| Size {
        width: width.0.into(),
        height: height.0.into(),
    });
    Some(
        told.filter(|size| size.width > 0 && size.height > 0)
            .unwrap_or(USUAL),
    )
}
