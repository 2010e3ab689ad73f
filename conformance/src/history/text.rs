//! The bytes of a log as lines of text: packed with gzip or not, in UTF-8 or UTF-16, with or
//! without a byte order mark, coloured or not.
//!
//! Bytes that are no text become U+FFFD and spoil their own line only. Other ways of packing are
//! named, not read.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;
use regex::Regex;
use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::LazyLock;

/// A longer line is no event: what is over is dropped without being kept.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

/// What has no end of a line within this is no log, and may have no end at all.
const NO_LINE: u64 = 64 * 1024 * 1024;

/// How the packed files that are not read begin, and what unpacks them.
const OTHERWISE_PACKED: [(&[u8], &str); 4] = [
    (b"BZh", "bunzip2"),
    (b"\xfd7zXZ\0", "unxz"),
    (b"\x28\xb5\x2f\xfd", "unzstd"),
    (b"PK\x03\x04", "unzip"),
];

/// How gzip's files begin.
const GZIP: &[u8] = b"\x1f\x8b";

/// The lines of one log.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
}

/// Looks at how the bytes begin and decodes them.
pub(super) fn lines(bytes: impl Read + 'static) -> io::Result<Lines<impl BufRead>> {
    let mut reader = BufReader::new(bytes);
    let begins = reader.fill_buf()?;
    let packed = OTHERWISE_PACKED.iter().find(|it| begins.starts_with(it.0));
    if let Some((_, unpack)) = packed {
        let why = format!("it is packed; unpack it first, with {unpack}");
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    let mut plain: Box<dyn BufRead> = if begins.starts_with(GZIP) {
        Box::new(BufReader::new(MultiGzDecoder::new(reader)))
    } else {
        Box::new(reader)
    };
    let encoding = encoding_without_mark(plain.fill_buf()?);
    // A byte order mark, if there is one, tells better and is taken off.
    let decoded = DecodeReaderBytesBuilder::new()
        .encoding(encoding)
        .utf8_passthru(true)
        .strip_bom(true)
        .bom_override(true)
        .build(plain);
    Ok(Lines {
        reader: BufReader::new(decoded),
        line: Vec::new(),
    })
}

/// UTF-16 shows without a mark too: every other byte of what servers log is zero.
fn encoding_without_mark(begins: &[u8]) -> Option<&'static Encoding> {
    let zeros = |from: usize| {
        let every_other = || begins.iter().skip(from).step_by(2).take(32);
        every_other().count() > 1 && every_other().all(|byte| *byte == 0)
    };
    match (zeros(0), zeros(1)) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

impl<R: BufRead> Lines<R> {
    /// The next line, or its beginning, without colours; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Cow<'_, str>>> {
        self.line.clear();
        let mut start = self.reader.by_ref().take(LONGEST_LINE as u64);
        start.read_until(b'\n', &mut self.line)?;
        if self.line.len() == LONGEST_LINE && self.line.last() != Some(&b'\n') {
            let mut rest = self.reader.by_ref().take(NO_LINE);
            let skipped = rest.skip_until(b'\n')?;
            if skipped as u64 == NO_LINE {
                let why = "no line ends within 64 MiB; it is no log";
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok((!self.line.is_empty()).then(|| line(&self.line)))
    }
}

/// A line's bytes, or as many as count, as text without colours.
pub(super) fn line(bytes: &[u8]) -> Cow<'_, str> {
    let counts = &bytes[..bytes.len().min(LONGEST_LINE)];
    without_colours(String::from_utf8_lossy(counts))
}

/// Whether bytes that begin so are neither packed nor in UTF-16: only such logs grow line by line.
pub(super) fn is_plain(begins: &[u8]) -> bool {
    let is_packed = OTHERWISE_PACKED.iter().any(|it| begins.starts_with(it.0));
    let marks: [&[u8]; 3] = [GZIP, b"\xff\xfe", b"\xfe\xff"];
    let is_marked = marks.iter().any(|it| begins.starts_with(it));
    !is_packed && !is_marked && encoding_without_mark(begins).is_none()
}

/// Colours as terminals take them, and as syslog, `cat -v` and careless encoders spell them.
fn without_colours(line: Cow<'_, str>) -> Cow<'_, str> {
    static SPELT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:\x1b|#033|\^\[|\\(?:u001[bB]|x1[bB]|033|e))\[[0-9;]*[mK]")
            .expect("a constant")
    });
    let escapes = ["\u{1b}", "#033[", "^[[", "\\u001", "\\x1", "\\033", "\\e["];
    if !escapes.iter().any(|it| line.contains(it)) {
        return line;
    }
    let spaced = SPELT.replace_all(&line, "").replace('\t', " ");
    Cow::Owned(strip_ansi_escapes::strip_str(spaced))
}
