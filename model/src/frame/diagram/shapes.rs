//! What diagrams are drawn with, in pixels.

use svg::node::element::{Circle, Group, Line, Path, Rectangle, Text};

pub(super) const MARGIN: usize = 24;
/// The height of a line of text.
pub(super) const LINE: usize = 18;
/// Half the size of a cross, or of what a clock has within.
pub(super) const MARK: usize = 6;
/// From the middle of a letter down to its base line.
pub(super) const LETTER_DROP: usize = 4;

pub(super) fn arrow(way: String) -> Path {
    let way = Path::new().set("class", "arrow").set("d", way);
    way.set("marker-end", "url(#arrow-head)")
}

pub(super) fn clock(x: usize, y: usize) -> Group {
    let hands = format!("M{x},{} V{y} H{}", y - MARK, x + MARK * 2 / 3);
    let face = Circle::new().set("class", "clock");
    let face = face.set("cx", x).set("cy", y).set("r", MARK * 3 / 2);
    let hands = Path::new().set("class", "arrow").set("d", hands);
    Group::new().add(face).add(hands)
}

pub(super) fn cross(x: usize, y: usize) -> Path {
    let (left, right, over, under) = (x - MARK, x + MARK, y - MARK, y + MARK);
    let cross = format!("M{left},{over} L{right},{under} M{left},{under} L{right},{over}");
    Path::new().set("d", cross).set("class", "cross")
}

pub(super) fn rectangle(class: &str, x: usize, y: usize, width: usize, height: usize) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", x)
        .set("y", y)
        .set("width", width)
        .set("height", height)
}

pub(super) fn line(class: &str, (x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> Line {
    let line = Line::new().set("class", class);
    line.set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2)
}

pub(super) fn text(class: &str, x: usize, y: usize, content: String) -> Text {
    Text::new(content)
        .set("class", class)
        .set("x", x)
        .set("y", y)
}

pub(super) fn centred(class: &str, x: usize, y: usize, content: String) -> Text {
    text(class, x, y, content).set("text-anchor", "middle")
}
