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
const LONGEST_LINE: u64 = 64 * 1024;

/// How the packed files that are not read begin, and what unpacks them.
const OTHERWISE_PACKED: [(&[u8], &str); 4] = [
    (b"BZh", "bunzip2"),
    (b"\xfd7zXZ\0", "unxz"),
    (b"\x28\xb5\x2f\xfd", "unzstd"),
    (b"PK\x03\x04", "unzip"),
];

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
    let mut plain: Box<dyn BufRead> = if begins.starts_with(b"\x1f\x8b") {
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
        let mut start = self.reader.by_ref().take(LONGEST_LINE);
        start.read_until(b'\n', &mut self.line)?;
        if self.line.len() as u64 == LONGEST_LINE && self.line.last() != Some(&b'\n') {
            self.reader.skip_until(b'\n')?;
        }
        let text = (!self.line.is_empty()).then(|| String::from_utf8_lossy(&self.line));
        Ok(text.map(without_colours))
    }
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
