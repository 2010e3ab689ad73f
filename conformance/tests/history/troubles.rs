//! What each trouble is called and what to do about it, from lines as ZooKeeper 3.8 prints them.

use crate::outage::looking;
use fle_conformance::history::complaint::Trouble;
use fle_conformance::history::outage::Kind;

#[test]
fn each_trouble_is_known_by_zookeepers_words() {
    let at = "2026-11-30 12:00:01,092 [myid:1] -";
    let peer = "QuorumPeer[myid=1](plain=0.0.0.0:2181)(secure=disabled)";
    let channel = format!(
        "{at} WARN  [QuorumConnectionThread-[myid=1]-1:QuorumCnxManager@401] - Cannot open channel to 2 at election address"
    );
    for (lines, trouble, says, remedy) in [
        (
            format!("{channel} /127.0.0.1:3882\njava.net.ConnectException: Connection refused"),
            Trouble::Unreachable,
            "server 2 cannot be reached by server 1 (/127.0.0.1:3882): connection refused",
            "start server 2, or correct its address and port",
        ),
        (
            format!(
                "{channel} nohost.invalid/<unresolved>:3882\njava.net.UnknownHostException: nohost.invalid"
            ),
            Trouble::Unreachable,
            "(nohost.invalid/<unresolved>:3882): unknown host",
            "correct the name of server 2",
        ),
        (
            format!("{channel} /10.7.0.9:3882\njava.net.NoRouteToHostException: No route to host"),
            Trouble::Unreachable,
            "(/10.7.0.9:3882): no route to it",
            "correct the address of server 2, or the routes to it",
        ),
        (
            format!("{channel} /10.99.0.9:3882\njava.net.SocketException: Network is unreachable"),
            Trouble::Unreachable,
            "no route to it",
            "routes",
        ),
        (
            format!("{channel} /10.7.0.9:3882\njava.net.SocketTimeoutException: connect timed out"),
            Trouble::Unreachable,
            "timed out",
            "a firewall drops packets",
        ),
        (
            format!(
                "{at} WARN  [LeaderConnector-/127.0.0.1:2999:Learner$LeaderConnector@448] - Unexpected exception, tries=2, remaining init limit=2997, connecting to /127.0.0.1:2999\njava.net.ConnectException: Connection refused"
            ),
            Trouble::LeaderUnreachable,
            "server 1 cannot connect to the leader (/127.0.0.1:2999): connection refused",
            "correct its address and port",
        ),
        (
            format!(
                "{at} WARN  [{peer}:Follower@128] - Exception when following the leader\njava.net.SocketTimeoutException: Read timed out\n\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)"
            ),
            Trouble::LeaderLost,
            "server 1 lost the leader: timed out",
            "raise syncLimit",
        ),
        (
            format!(
                "{at} WARN  [{peer}:Follower@128] - Exception when following the leader\njava.io.EOFException"
            ),
            Trouble::LeaderLost,
            "server 1 lost the leader: the other side closed the connection",
            "see why the leader ended",
        ),
        (
            format!(
                "{at} WARN  [{peer}:Follower@128] - Exception when following the leader\njava.io.IOException: Leaders epoch, 1 is less than accepted epoch, 7"
            ),
            Trouble::EpochTooLow,
            "server 1 says that a leader's epoch is too low",
            "dataDir was emptied or restored",
        ),
        (
            format!(
                "{at} INFO  [{peer}:Leader@743] - Shutdown called. For the reason Not sufficient followers synced, only synced with sids: [ [1] ]"
            ),
            Trouble::TooFewFollowers,
            "too few servers follow server 1",
            "see why its followers left",
        ),
        (
            format!(
                "{at} WARN  [{peer}:QuorumPeer@1555] - Unexpected exception\njava.lang.InterruptedException: Timeout while waiting for epoch from quorum"
            ),
            Trouble::NotEstablished,
            "no quorum joined server 1 within initLimit",
            "raise initLimit",
        ),
        (
            format!(
                "{at} ERROR [ListenerHandler-/127.0.0.1:3881:QuorumCnxManager$Listener$ListenerHandler@1099] - Exception while listening to address /127.0.0.1:3881\njava.net.BindException: Address already in use"
            ),
            Trouble::CannotListen,
            "server 1 cannot listen on its port (/127.0.0.1:3881): address already in use",
            "stop the process that has the port",
        ),
        (
            format!(
                "{at} ERROR [{peer}:Leader@325] - Couldn't bind to /127.0.0.1:2882\njava.net.BindException: Cannot assign requested address"
            ),
            Trouble::CannotListen,
            "the address is none of this machine's",
            "quorumListenOnAllIPs",
        ),
        (
            format!(
                "{at} ERROR [QuorumPeerListener:QuorumCnxManager$Listener@987] - As I'm leaving the listener thread, I won't be able to participate in leader election any longer: 127.0.0.1:3881"
            ),
            Trouble::LeftElections,
            "server 1 takes no part in elections any more",
            "free its election port",
        ),
        (
            format!(
                "{at} WARN  [ListenerHandler-/127.0.0.1:3881:QuorumCnxManager@663] - We got a connection request from a server with our own ID. This should be either a configuration error, or a bug."
            ),
            Trouble::OwnId,
            "another server connects to server 1 with that one's own id",
            "an id of its own",
        ),
        (
            format!(
                "{at} ERROR [main:QuorumPeerMain@114] - Unexpected exception, exiting abnormally\njava.lang.RuntimeException: My id 5 not in the peer list"
            ),
            Trouble::NotInConfiguration,
            "the configuration of server 1 has no server 5, its own id",
            "compare the file myid",
        ),
        (
            format!(
                "{at} ERROR [main:QuorumPeerMain@99] - Invalid config, exiting abnormally\norg.apache.zookeeper.server.quorum.QuorumPeerConfig$ConfigException: Error processing zoo.cfg"
            ),
            Trouble::BadConfiguration,
            "the configuration of server 1 cannot be used",
            "fle check-config",
        ),
        (
            format!("{at} WARN  [{peer}:QuorumCnxManager@771] - Invalid server id: 9"),
            Trouble::UnknownServer,
            "server 9 is not in the configuration of server 1",
            "the same server lines",
        ),
        (
            format!(
                "{at} ERROR [ListenerHandler-/127.0.0.1:3881:QuorumCnxManager@615] - Initial message parsing error!\norg.apache.zookeeper.server.quorum.QuorumCnxManager$InitialMessage$InitialMessageException: Got unrecognized protocol version -281474976710655"
            ),
            Trouble::WrongProtocol,
            "somebody speaks another protocol or version to server 1",
            "see who connects to that port",
        ),
        (
            format!(
                "{at} ERROR [main:QuorumPeer@1200] - Unable to load database on disk\njava.io.IOException: The accepted epoch, 3 is less than the current epoch, 5"
            ),
            Trouble::EpochFiles,
            "the epoch files of server 1 contradict its data",
            "empty version-2",
        ),
        (
            format!(
                "{at} ERROR [main:QuorumPeer@1200] - Unable to load database on disk\njava.io.IOException: No snapshot found, but there are log entries. Something is broken!"
            ),
            Trouble::DataBroken,
            "server 1 cannot load its database",
            "look at the disk",
        ),
        (
            format!(
                "{at} ERROR [SyncThread:1:ZooKeeperCriticalThread@49] - Severe unrecoverable error, from thread : SyncThread:1\njava.io.IOException: No space left on device"
            ),
            Trouble::DiskFull,
            "the disk of server 1 is full",
            "make room on the disk",
        ),
        (
            format!(
                "{at} ERROR [main:QuorumPeerMain@104] - Unable to access datadir, exiting abnormally"
            ),
            Trouble::NoAccess,
            "server 1 may not use its files",
            "dataDir",
        ),
        (
            format!(
                "{at} ERROR [Thread-1:NIOServerCnxnFactory$1@92] - Thread Thread[main,5,main] died\njava.lang.OutOfMemoryError: Java heap space"
            ),
            Trouble::OutOfMemory,
            "server 1 is out of memory",
            "more memory",
        ),
        (
            format!(
                "{at} ERROR [ListenerHandler-/127.0.0.1:3881:QuorumCnxManager$Listener$ListenerHandler@1099] - Exception while listening to address /127.0.0.1:3881\njava.net.SocketException: Too many open files"
            ),
            Trouble::TooManyFiles,
            "server 1 may open no more files",
            "ulimit",
        ),
        (
            format!(
                "{channel} /127.0.0.1:3882\njavax.net.ssl.SSLHandshakeException: PKIX path validation failed\nCaused by: java.security.cert.CertificateExpiredException: NotAfter: Sun Nov 29 10:00:00 UTC 2026"
            ),
            Trouble::Expired,
            "server 1 meets a certificate that is expired",
            "renew the certificate",
        ),
        (
            format!(
                "{at} ERROR [QuorumConnectionThread-[myid=1]-2:SaslQuorumAuthServer@146] - Failed to authenticate using SASL\njavax.security.sasl.SaslException: DIGEST-MD5: digest response format violation"
            ),
            Trouble::Unauthenticated,
            "server 1 cannot authenticate with another server",
            "quorum.auth",
        ),
        (
            format!(
                "{at} WARN  [JvmPauseMonitor:JvmPauseMonitor@148] - Detected pause in JVM or host machine (eg GC): pause of approximately 11205ms"
            ),
            Trouble::Paused,
            "the process of server 1 stood still",
            "garbage collections",
        ),
        (
            format!(
                "{at} WARN  [SyncThread:1:FileTxnLog@402] - fsync-ing the write ahead log in SyncThread:1 took 4731ms which will adversely effect operation latency."
            ),
            Trouble::SlowDisk,
            "the disk of server 1 is slow",
            "a disk of its own",
        ),
        (
            format!(
                "{at} INFO  [ProcessThread(sid:1 cport:-1)::Leader@743] - Shutdown called. For the reason zxid lower 32 bits have rolled over, forcing re-election, and therefore new epoch start"
            ),
            Trouble::RolledOver,
            "the transaction counter of server 1 ran over",
            "nothing",
        ),
        (
            format!("{at} ERROR [main:ServiceUtils@42] - Exiting JVM with code 14"),
            Trouble::Exits,
            "the process of server 1 exits",
            "start it again",
        ),
    ] {
        let outage = looking(&lines);
        let cause = outage.causes.last().unwrap();
        assert_eq!(cause.kind, Kind::Complaint(trouble), "{lines}\n{outage:#?}");
        assert!(cause.what.contains(says), "{}", cause.what);
        assert!(cause.remedy.contains(remedy), "{}", cause.remedy);
        assert_eq!(outage.causes.len(), 2, "the start and this: {outage:#?}");
        let evidence = cause.evidence.as_ref().unwrap();
        assert!((3..=4).contains(&evidence.line), "{evidence:?}");
        let mut said = lines.lines().map(|it| it.rsplit(" - ").next().unwrap());
        assert!(said.any(|it| evidence.says.contains(it)), "{evidence:?}");
    }
}

/// What is said below the level of a warning, of clients, or in the names of their nodes.
#[test]
fn words_alone_are_no_trouble() {
    let at = "2026-11-30 12:00:01,092 [myid:1] -";
    for lines in [
        format!("{at} INFO  [main:QuorumPeer@1] - the last time it said: No space left on device"),
        format!("{at} WARN  [main:DataTree@1] - cannot delete /alerts/No space left on device/7"),
        format!("{at} WARN  [main:DataTree@1] - cannot delete /No space left on device"),
        format!("{at} WARN  [main:DataTree@1] - cannot delete /x: No space left on device/7"),
        format!("{at} WARN  [main:DataTree@1] - cannot delete /alerts/Read-only file system/7"),
        format!("{at} level=info [main:DataTree@1] - it said: No space left on device"),
        format!("{at} WARN  [main:DataTree@1] - Message: no node /x/OutOfMemory"),
        format!(
            "{at} INFO  [LearnerHandler-/10.0.0.4:1:LearnerHandler@512] - Follower sid: 4 not in the current config 100000000"
        ),
        format!(
            "{at} ERROR [nioEventLoopGroup-7-1:NettyServerCnxnFactory$CertificateVerifier@464] - Unsuccessful handshake with session 0x0\njavax.net.ssl.SSLHandshakeException: certificate_expired"
        ),
        format!(
            "{at} WARN  [NIOWorkerThread-3:NIOServerCnxn@370] - Unexpected exception\njava.io.IOException: Unreasonable length = 1212498244"
        ),
        format!(
            "{at} WARN  [NIOWorkerThread-3:ZooKeeperServer@1] - Client failed to SASL authenticate: javax.security.sasl.SaslException: x"
        ),
        format!("{at} INFO  [main:QuorumPeer@1] - java.net.SocketException: Too many open files"),
    ] {
        let outage = looking(&lines);
        let told: Vec<&str> = outage.causes.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(told, ["server 1 was started"], "{lines}");
    }
}

/// Each part that serves clients may meet what servers meet as well.
#[test]
fn what_clients_do_is_no_trouble() {
    let at = "2026-11-30 12:00:01,092 [myid:1] -";
    for part in [
        "main:NIOServerCnxn",
        "main:NettyServerCnxn",
        "main:ServerCnxn",
        "main:ClientCnxn",
        "nioEventLoopGroup-7-1:X",
        "NIOWorkerThread-3:X",
        "main:SaslServerCallbackHandler",
        "main:ZooKeeperSaslServer",
        "main:X509AuthenticationProvider",
        "main:PrepRequestProcessor",
        "main:AdminServer",
        "main:org.eclipse.jetty.server.Server",
    ] {
        let outage = looking(&format!(
            "{at} WARN  [{part}@1] - Unexpected exception\njavax.net.ssl.SSLHandshakeException: certificate_expired"
        ));
        assert_eq!(outage.causes.len(), 1, "{part}: {outage:#?}");
    }
    let outage = looking(&format!(
        "{at} WARN  [main:X@1] - Unexpected exception\njavax.net.ssl.SSLHandshakeException: certificate_expired"
    ));
    assert_eq!(outage.causes.len(), 2, "{outage:#?}");
}

/// What is about the machine, whichever part says so.
#[test]
fn the_machine_is_short_of_something_for_clients_too() {
    let at = "2026-11-30 12:00:01,092 [myid:1] -";
    let outage = looking(&format!(
        "{at} ERROR [NIOServerCxnFactory.AcceptThread:NIOServerCnxnFactory$AcceptThread@2] - Error accepting\njava.io.IOException: Too many open files"
    ));
    assert_eq!(
        outage.causes[1].kind,
        Kind::Complaint(Trouble::TooManyFiles)
    );
}
