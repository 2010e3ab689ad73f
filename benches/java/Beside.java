package org.apache.zookeeper.server.quorum;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * How long ZooKeeper's FastLeaderElection takes for a notification, from its bytes on.
 *
 * Lines come in on standard input, one comes back for each. "looking FILE" and "settled FILE" begin server 1 of the
 * configuration in the file, in place of the one before. "run COUNT HEX" lets it hear this message from server 2 COUNT times and
 * answers with the nanoseconds from the first to the last: a looking server is done when lookForLeader comes back for one more, a
 * settled one when its last answer is handed to the connections.
 *
 * Receiver, sender and election are the class's own, in its own three threads, with its own two queues between. Stood in for are
 * the connections. They have the next message at hand whenever the receiver asks, so that nothing waits and no lock is taken
 * (the real queue there drops what exceeds 100), and throw away what is sent.
 */
final class Beside {
    private static final class Peer extends QuorumPeer {
        Peer() throws Exception {
            super();
        }

        @Override
        public long getLastLoggedZxid() {
            return 9;
        }

        @Override
        public long getCurrentEpoch() {
            return 1;
        }
    }

    /** As many times the same message as a run asks for. */
    private record Run(Message message, long count, CountDownLatch over) {
        record Message(byte[] payload) {
        }
    }

    private static final class Connections extends QuorumCnxManager {
        final LinkedBlockingQueue<Run> runs = new LinkedBlockingQueue<>();
        private Message message;
        private long left;
        volatile Run answering;
        private long answered;

        Connections(QuorumPeer peer) {
            super(peer, peer.getId(), Collections.emptyMap(), null, null, 1000, false, 20, false);
        }

        @Override
        public Message pollRecvQueue(long timeout, TimeUnit unit) throws InterruptedException {
            if (left == 0) {
                Run run = runs.poll(timeout, unit);
                if (run == null) {
                    return null;
                }
                message = new Message(ByteBuffer.wrap(run.message().payload()), 2);
                left = run.count();
            }
            left--;
            return message;
        }

        @Override
        public void toSend(Long sid, ByteBuffer payload) {
            Run run = answering;
            if (run != null && ++answered == run.count()) {
                answering = null;
                answered = 0;
                run.over().countDown();
            }
        }

        @Override
        boolean haveDelivered() {
            return false;
        }

        @Override
        public void connectAll() {
        }

        @Override
        public void halt() {
        }
    }

    /** The election's own queue, which notices that all has been handled. */
    private static final class Notifications extends LinkedBlockingQueue<FastLeaderElection.Notification> {
        final transient CountDownLatch looking = new CountDownLatch(1);
        transient volatile Run handling;
        private long taken;

        @Override
        public FastLeaderElection.Notification poll(long timeout, TimeUnit unit) throws InterruptedException {
            looking.countDown();
            Run run = handling;
            if (run != null && taken == run.count()) {
                handling = null;
                taken = 0;
                run.over().countDown();
            }
            FastLeaderElection.Notification next = super.poll(timeout, unit);
            if (next != null) {
                taken++;
            }
            return next;
        }
    }

    private final Peer peer = new Peer();
    private final Notifications notifications = new Notifications();
    private final Connections connections;
    private final FastLeaderElection election;
    private final boolean looking;

    Beside(boolean looking, String text) throws Exception {
        this.looking = looking;
        peer.setMyid(1);
        peer.setElectionType(3);
        peer.setLearnerType(QuorumPeer.LearnerType.PARTICIPANT);
        Properties lines = new Properties();
        lines.load(new StringReader(text));
        peer.setQuorumVerifier(QuorumPeerConfig.parseDynamicConfig(lines, 3, false, false, null), false);
        // The receiver swallows what this throws, which would then be what is measured.
        peer.configFromString(text);
        peer.setCurrentVote(new Vote(1, 9, 1, 1));
        connections = new Connections(peer);
        election = new FastLeaderElection(peer, connections);
        election.recvqueue = notifications;
        peer.electionAlg = election;
        peer.setPeerState(looking ? QuorumPeer.ServerState.LOOKING : QuorumPeer.ServerState.LEADING);
        election.start();
        if (looking) {
            Thread loop = new Thread(() -> {
                try {
                    election.lookForLeader();
                } catch (InterruptedException over) {
                    return;
                }
            });
            loop.setDaemon(true);
            loop.start();
            notifications.looking.await();
        }
    }

    long run(long count, byte[] payload) throws Exception {
        Run run = new Run(new Run.Message(payload), count, new CountDownLatch(1));
        if (looking) {
            notifications.handling = run;
        } else {
            connections.answering = run;
        }
        long start = System.nanoTime();
        connections.runs.put(run);
        if (!run.over().await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("not all of " + count + " messages were handled within a minute");
        }
        return System.nanoTime() - start;
    }

    public static void main(String[] arguments) throws Exception {
        // A looking server that hears nothing for a while would look again what it can reach.
        for (String interval : new String[] {"minNotificationInterval", "maxNotificationInterval"}) {
            Field field = FastLeaderElection.class.getDeclaredField(interval);
            field.setAccessible(true);
            field.setInt(null, 600_000);
        }
        var in = new BufferedReader(new InputStreamReader(System.in));
        Beside server = null;
        String line;
        while ((line = in.readLine()) != null) {
            String[] words = line.split(" ", 3);
            if (words[0].equals("run")) {
                System.out.println(server.run(Long.parseLong(words[1]), HexFormat.of().parseHex(words[2])));
                continue;
            }
            if (server != null) {
                server.election.shutdown();
            }
            server = new Beside(words[0].equals("looking"), Files.readString(Path.of(words[1])));
            System.out.println(0);
        }
        System.exit(0);
    }
}
