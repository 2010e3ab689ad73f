#!/usr/bin/env bash
# fle beside ZooKeeper's class and beside the crates raft and omnipaxos, in one run: prints tables of times and ratios.
# --quick takes one batch of each instead of several.
#
# Needs Debian's libzookeeper-java and a JDK; without them the peers alone are printed.
set -euo pipefail
cd "$(dirname "$0")"
run=(cargo run --quiet --release -p fle-benches --features peers --bin beside --)
cargo build --quiet --release --jobs 2 -p fle-benches --features peers --bin beside
echo "$(date -u +%F\ %H:%M) UTC, $(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(rustc --version)"
java -version 2>&1 | head -1 || true
echo
exec "${run[@]}" "$@"
