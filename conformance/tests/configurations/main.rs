//! `fle check-config` beside the parser of ZooKeeper 3.8.0: the same verdict on every file in
//! `files`, which are shaped like those that people have, and on every key with `values` that it
//! may not have.
//!
//! Each of the files is a static one in which `DATA` stands for a data directory and `DYNAMIC` for
//! the file of the same name that ends in `.dynamic`. The one that ends in `.myid` is the server's
//! `myid`, where it is not 1; an empty one stands for none.
//!
//! Nothing is here of which the parser takes what ends the server right behind it or keeps servers
//! apart, and check-config refuses it: a `myid` that is not in the list, one port for two purposes,
//! one address for two servers. Nor are classes of metrics that only some class path has.
//!
//! Skipped with one line where ZooKeeper or Java is absent, unless `FLE_REQUIRE_ZOOKEEPER` is 1.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod values;

use fle::config::{Machine, ServerConfig, Severity};
use std::fs::{self, File};
use std::io;
use std::net::ToSocketAddrs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/configurations/files");
const SOURCE: &str = include_str!("Verdict.java");
const JARS: [&str; 3] = [
    "/usr/share/java/zookeeper-3.8.0.jar",
    "/usr/share/java/zookeeper-jute-3.8.0.jar",
    "/usr/share/java/slf4j-nop.jar",
];

/// A machine that looks names up at once, as ZooKeeper and the program do.
struct Here;

impl Machine for Here {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn resolves(&self, name: &str) -> bool {
        (name, 0).to_socket_addrs().is_ok()
    }
}

/// Lays out each file with a data directory of its own.
fn lay_out(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(FILES).unwrap().map(|it| it.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "cfg"))
        .collect();
    files.sort();
    files.iter().map(|file| lay_out_one(file, folder)).collect()
}

fn lay_out_one(file: &Path, folder: &Path) -> PathBuf {
    let name = file.file_stem().unwrap();
    let (server, data) = (folder.join(name), folder.join(name).join("data"));
    fs::create_dir_all(&data).unwrap();
    let my_id = fs::read(file.with_extension("myid")).unwrap_or_else(|_| b"1\n".to_vec());
    if !my_id.is_empty() {
        fs::write(data.join("myid"), my_id).unwrap();
    }
    let dynamic = server.join("zoo.cfg.dynamic");
    if let Ok(text) = fs::read(file.with_extension("dynamic")) {
        fs::write(&dynamic, text).unwrap();
    }
    let text = fs::read_to_string(file).unwrap();
    let text = text.replace("DATA", data.to_str().unwrap());
    let path = server.join("zoo.cfg");
    fs::write(&path, text.replace("DYNAMIC", dynamic.to_str().unwrap())).unwrap();
    path
}

/// What ZooKeeper says of each; `None` where it is not installed.
fn zookeeper(folder: &Path, paths: &[PathBuf]) -> Option<Vec<String>> {
    let installed = JARS.iter().all(|jar| Path::new(jar).exists())
        && Command::new("javac").arg("-version").output().is_ok();
    if !installed {
        let required = std::env::var("FLE_REQUIRE_ZOOKEEPER").is_ok_and(|it| it == "1");
        assert!(!required, "ZooKeeper 3.8.0 or Java is not installed");
        println!("skipped: ZooKeeper 3.8.0 or Java is not installed");
        return None;
    }
    let class_path = format!("{}:{}", folder.display(), JARS.join(":"));
    let source = folder.join("Verdict.java");
    fs::write(&source, SOURCE).unwrap();
    let mut compiler = Command::new("javac");
    let compiled = compiler.args(["-cp", &class_path, "-d"]).arg(folder);
    assert!(compiled.arg(&source).status().unwrap().success());
    // More than fits into a pipe.
    let list = folder.join("paths");
    let lines = paths.iter().map(|path| format!("{}\n", path.display()));
    fs::write(&list, lines.collect::<String>()).unwrap();
    let mut process = Command::new("java");
    let process = process.args(["-cp", &class_path, "Verdict"]);
    let input = Stdio::from(File::open(&list).unwrap());
    let output = process.stdin(input).output().unwrap();
    let verdicts = String::from_utf8(output.stdout).unwrap();
    Some(verdicts.lines().map(str::to_owned).collect())
}

/// The mistakes, of which there are none in a file that ZooKeeper takes.
fn mistakes(path: &Path) -> Vec<String> {
    let found = match ServerConfig::load_on(&Here, path) {
        Ok(parsed) => parsed.warnings,
        Err(errors) => errors.diagnostics().to_vec(),
    };
    let is_mistake = |severity| matches!(severity, Severity::Error | Severity::Refused);
    let found = found.iter().filter(|found| is_mistake(found.severity()));
    found.map(ToString::to_string).collect()
}

fn agree(folder: &Path, paths: &[PathBuf], what: impl Fn(usize) -> String) {
    // Before ZooKeeper, which may write beside them.
    let mistakes: Vec<_> = paths.iter().map(|path| mistakes(path)).collect();
    let Some(verdicts) = zookeeper(folder, paths) else {
        return;
    };
    assert_eq!(verdicts.len(), paths.len());
    let mut differences = Vec::new();
    for (index, (verdict, mistakes)) in verdicts.iter().zip(&mistakes).enumerate() {
        if verdict.starts_with("refused") == mistakes.is_empty() {
            differences.push(format!("{}: {verdict}, {mistakes:?}", what(index)));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_verdict_is_that_of_zookeeper() {
    let folder = tempfile::tempdir().unwrap();
    let paths = lay_out(folder.path());
    assert!(paths.len() > 60);
    agree(folder.path(), &paths, |index| {
        paths[index].display().to_string()
    });
}

#[test]
fn the_verdict_on_every_value_is_that_of_zookeeper() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = values::files(folder.path()).collect();
    assert!(texts.len() > 3000, "{}", texts.len());
    fs::write(folder.path().join("myid"), "1\n").unwrap();
    let written = (0..).zip(&texts).map(|(index, text)| {
        let path = folder.path().join(format!("{index}.cfg"));
        fs::write(&path, text).unwrap();
        path
    });
    let paths: Vec<PathBuf> = written.collect();
    agree(folder.path(), &paths, |index| {
        texts[index].replace('\n', " | ")
    });
}
