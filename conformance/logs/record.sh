#!/usr/bin/env bash
# Records the logs in this folder again, from ensembles of the real ZooKeeper: record.sh [FOLDER]
#
# Each server is a JVM in a network namespace of its own, joined to the others by a bridge, so that a partition is a real one:
# the server's cable is pulled. Needs Debian's libzookeeper-java and a Java runtime, unshare, iproute2 and user namespaces; no
# root. Logback is taken from Debian's liblogback-java, installed or unpacked under $LOGBACK.
set -euo pipefail

if [ -z "${IN_NAMESPACE:-}" ]; then
    out=$(realpath "${1:-$(dirname "$0")}")
    IN_NAMESPACE=1 exec unshare --map-root-user --net --mount --pid --fork --mount-proc "$0" "$out"
fi
out=$1
jars=/usr/share/java
logback=${LOGBACK:-}$jars
work=$(mktemp -d)
declare -A pid
more=()
trap 'for server in "${!pid[@]}"; do stop "$server"; done; rm -rf "$work"' EXIT

mount -t tmpfs none /run
mkdir /run/netns
ip link add bridge type bridge
ip link set bridge up

# ensemble FOLDER LAYOUT VOTERS [OBSERVERS]: empty servers that are to log into $out/FOLDER.
ensemble() {
    for server in "${!pid[@]}"; do stop "$server"; done
    folder=$1 layout=$2 voters=$3 all=$(($3 + ${4:-0}))
    rm -rf "${out:?}/$folder" "${work:?}"/*
    mkdir -p "$out/$folder"
    for server in $(seq $all); do
        [ -e "/run/netns/s$server" ] || plug "$server"
        mkdir "$work/$server"
        : >"$(log "$server")"
        echo "$server" >"$work/$server/myid"
        configuration "$server" >"$work/$server/zoo.cfg"
    done
    grep server "$work/1/zoo.cfg" >"$out/$folder/zoo.cfg"
}

plug() {
    ip netns add "s$1"
    ip link add "cable$1" type veth peer name eth0 netns "s$1"
    ip link set "cable$1" master bridge up
    ip -n "s$1" address add "10.0.0.$1/24" dev eth0
    ip -n "s$1" link set eth0 up
    ip -n "s$1" link set lo up
}

configuration() {
    printf '%s\n' tickTime=300 initLimit=10 syncLimit=4 clientPort=2181 admin.enableServer=false "dataDir=$work/$1" "${more[@]}"
    for peer in $(seq $all); do
        role=participant
        [ "$peer" -le "$voters" ] || role=observer
        echo "server.$peer=10.0.0.$peer:2888:3888:$role"
    done
}

classpath() {
    local common="$(realpath "$(dirname "$0")")/layouts:$jars/zookeeper.jar:$jars/zookeeper-jute.jar:$jars/slf4j-api.jar:$jars/snappy-java.jar:$jars/metrics-core.jar"
    common+=":$jars/netty-all.jar:$jars/commons-cli.jar"
    case $layout in
        log4j*) echo "$common:$jars/slf4j-log4j12.jar:$jars/log4j-1.2.jar" ;;
        logback) echo "$common:$logback/logback-classic.jar:$logback/logback-core.jar" ;;
        simple*) echo "$common:$jars/slf4j-simple.jar" ;;
    esac
}

options() {
    local prefix=-Dorg.slf4j.simpleLogger
    case $layout in
        simple*)
            echo "$prefix.defaultLogLevel=warn $prefix.log.org.apache.zookeeper.server.quorum=info"
            echo "$prefix.log.org.apache.zookeeper.server.quorum.QuorumCnxManager=error"
            ;;&
        simple-dated)
            echo "$prefix.showDateTime=true $prefix.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ $prefix.showShortLogName=true"
            ;;
        log4j-debug) echo -Dlog4j.configuration=log4j-debug.properties ;;
    esac
}

log() { echo "$out/$folder/server.$1.log"; }

start() {
    for server in "$@"; do
        # shellcheck disable=SC2046
        ip netns exec "s$server" java -Xmx64m -XX:TieredStopAtLevel=1 -Djava.net.preferIPv4Stack=true $(options) \
            -cp "$(classpath)" org.apache.zookeeper.server.quorum.QuorumPeerMain "$work/$server/zoo.cfg" \
            >>"$(log "$server")" 2>&1 &
        pid[$server]=$!
    done
}

stop() {
    kill -KILL "${pid[$1]}"
    wait "${pid[$1]}" 2>/dev/null || true
    unset "pid[$1]"
}

# reconfigure SERVER ARGUMENT…: has a client of this server change the configuration.
reconfigure() {
    local server=$1
    shift
    # shellcheck disable=SC2046
    ip netns exec "s$server" java -cp "$(classpath)" $(options) org.apache.zookeeper.ZooKeeperMain \
        -server 127.0.0.1:2181 reconfig "$@" >/dev/null 2>&1
}

count() { grep -c -- "$2" "$(log "$1")" || true; }

# says COUNT TEXT SERVER…: waits until the log of each server has the text so many times.
says() {
    local times=$1 text=$2
    shift 2
    for server in "$@"; do
        for _ in $(seq 300); do
            [ "$(count "$server" "$text")" -lt "$times" ] || continue 2
            sleep 0.1
        done
        echo "server $server has not said '$text' $times times" >&2
        exit 1
    done
}

# elected SERVER…: waits until one of them leads, the $leader.
elected() {
    for _ in $(seq 300); do
        for leader in "$@"; do
            [ "$(count "$leader" 'leading - broadcast')" -eq 0 ] || return 0
        done
        sleep 0.1
    done
    echo "none of $* leads" >&2
    exit 1
}

# but SERVER: the others.
but() { seq $all | grep -vx "$1"; }

cut() { ip link set "cable$1" down; }
heal() { ip link set "cable$1" up; }
follows='FOLLOWING - LEADER ELECTION TOOK'
synchronized='following - broadcast'

# Three servers start together; their leader is killed, and started again while the others have a new one.
ensemble three-leader-killed log4j 3
start 1 2 3
elected 1 2 3
killed=$leader
# shellcheck disable=SC2046
says 1 "$synchronized" $(but "$killed")
stop "$killed"
# shellcheck disable=SC2046
elected $(but "$killed")
start "$killed"
says 1 "$follows" "$killed"

# Two of three have elected when the third starts.
ensemble three-late-joiner logback 3
start 1 2
elected 1 2
start 3
says 1 "$follows" 3

# The leader's cable is pulled; the others elect another, and it joins them when it is back.
ensemble three-partition simple-dated 3
start 1 2 3
elected 1 2 3
cut "$leader"
lost=$leader
# shellcheck disable=SC2046
elected $(but "$lost")
says 2 'New election' "$lost"
sleep 1
heal "$lost"
says 1 "$follows" "$lost"

# Five voters: one follower is cut off, then the leader is killed, then the follower comes back.
ensemble five-two-faults log4j 5
start 1 2 3 4 5
elected 1 2 3 4 5
killed=$leader
# shellcheck disable=SC2046
says 1 "$synchronized" $(but "$killed")
lost=$(but "$killed" | head -n 1)
cut "$lost"
says 2 'New election' "$lost"
stop "$killed"
# shellcheck disable=SC2046
elected $(but "$killed")
heal "$lost"
says 2 "$follows" "$lost"

# An observer joins three voters.
ensemble three-observer simple-dated 3 1
start 1 2 3
elected 1 2 3
start 4
says 1 'observing - broadcast' 4

# The shortest layout there is: no time, no server.
ensemble three-untimed simple 3
start 1 2 3
elected 1 2 3

# What the election says at DEBUG: votes sent, votes counted.
ensemble three-debug log4j-debug 3
start 1 2
elected 1 2
start 3
says 1 "$follows" 3

# The leader is removed from the configuration and hands over to another, which is killed and started again: the two that are left
# elect, in a first round.
more=(reconfigEnabled=true standaloneEnabled=false skipACL=yes)
ensemble three-reconfigured simple-dated 3
start 1 2 3
elected 1 2 3
removed=$leader
# shellcheck disable=SC2046
says 1 "$synchronized" $(but "$removed")
# shellcheck disable=SC2046
set -- $(but "$removed")
reconfigure "$1" -remove "$removed" || true
says 1 'Suggested leader' "$1" "$2"
heir=$(sed -n 's/.*Suggested leader: //p' "$(log "$1")")
follower=$1
[ "$heir" != "$1" ] || follower=$2
says 3 "$synchronized" "$follower"
stop "$heir"
says 2 'New election' "$follower"
start "$heir"
says 4 'broadcast' "$heir"
