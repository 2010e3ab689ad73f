#!/usr/bin/env bash
# fle beside real ZooKeeper servers: runs every scenario, or those whose names contain a word given, and prints what both sides say.
#
# Needs Debian's libzookeeper-java and a Java runtime.
set -euo pipefail
cd "$(dirname "$0")"
FLE_REQUIRE_ZOOKEEPER=1 exec cargo test -p fle-conformance --test beside -- --nocapture --test-threads=1 "$@"
