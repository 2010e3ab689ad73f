//! What the marks of a diagram mean, below it: of those that it has.

use super::shapes::{LETTER_DROP, LINE, MARGIN, MARK, arrow, clock, cross, line, rectangle, text};
use crate::frame::story::{Mark, Picture, Story};
use svg::node::element::Group;

/// The widths of a sample, and of a sample with the space behind it.
const SAMPLE: usize = 60;
const COLUMN: usize = 76;
const HEIGHT: usize = LINE + MARK;

/// A kind of mark.
struct Entry {
    /// Whether it is in the picture.
    is_in: fn(&Picture) -> bool,
    /// A sample, at this height.
    sample: fn(usize) -> Group,
    /// What it means.
    meaning: &'static str,
}

const ENTRIES: &[Entry] = &[
    Entry {
        is_in: |it| matches!(it.mark, Mark::Arrow { .. }) && it.kind != "resend",
        sample: |y| Group::new().add(arrow(way(y))),
        meaning: "received, from another server or from itself",
    },
    Entry {
        is_in: |it| it.kind == "resend",
        sample: |y| Group::new().set("class", "resend").add(arrow(way(y))),
        meaning: "announced again, and received",
    },
    Entry {
        is_in: |it| matches!(it.mark, Mark::Loss { .. }),
        sample: |y| crossed_out(y, MARGIN + SAMPLE),
        meaning: "never received: replaced unsent, or lost with its sender",
    },
    Entry {
        is_in: |it| matches!(it.mark, Mark::Cut { .. }),
        sample: |y| crossed_out(y, MARGIN + SAMPLE / 2),
        meaning: "the connection breaks",
    },
    Entry {
        is_in: |it| matches!(it.mark, Mark::Clock { .. }),
        sample: |y| clock(MARGIN + SAMPLE / 2, y),
        meaning: "a wait of the server is over",
    },
    Entry {
        is_in: |it| matches!(&it.changes, Some((_, changes)) if !changes.is_empty()),
        sample: |y| {
            let (height, top) = (LINE - 2, y - LINE / 2);
            Group::new().add(rectangle("change", MARGIN, top, SAMPLE, height).set("rx", 4))
        },
        meaning: "what becomes of the server",
    },
];

/// The legend from this height on, and where it ends.
pub(super) fn legend(story: &Story, top: usize) -> (Group, usize) {
    let mut legend = Group::new().set("class", "legend");
    let mut y = top + HEIGHT;
    let pictures = || story.steps.iter().map(|step| &step.picture);
    for entry in ENTRIES {
        if pictures().any(|picture| (entry.is_in)(picture)) {
            let meaning = entry.meaning.to_owned();
            legend = legend.add((entry.sample)(y)).add(text(
                "statement",
                MARGIN + COLUMN,
                y + LETTER_DROP,
                meaning,
            ));
            y += HEIGHT;
        }
    }
    if !story.steps.is_empty() {
        for &line in story.notation {
            legend = legend.add(text("statement", MARGIN, y + LETTER_DROP, line.to_owned()));
            y += HEIGHT;
        }
    }
    (legend, y)
}

fn way(y: usize) -> String {
    format!("M{MARGIN},{y} H{}", MARGIN + SAMPLE)
}

fn crossed_out(y: usize, at: usize) -> Group {
    let (start, end) = (MARGIN, MARGIN + SAMPLE);
    let way = line("lost", (start, y), (end, y));
    Group::new().add(way).add(cross(at, y))
}
