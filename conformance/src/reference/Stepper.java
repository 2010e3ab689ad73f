package org.apache.zookeeper.server.quorum;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.quorum.flexible.QuorumVerifier;

/**
 * Takes ZooKeeper's FastLeaderElection through traces, one step at a time and without waiting for real time.
 *
 * Lines of fle-trace/1 come in on standard input: a first line begins a new server, in place of the one before; any other
 * is the "in" of a step. Each is answered by one line on standard output: {} for a server, the "out" of a step, or
 * {"error": …} where the step cannot be taken or the class threw what nobody catches. After an error only a first line is
 * understood. The folder named on the command line is for the oracle's files.
 *
 * Real are FastLeaderElection as a whole, with what its receiver and its sender do with a message; the peer's state and
 * configurations; quorum verifiers, votes, bytes. Stood in for are
 * - the connections: what is sent is collected, what is to be received is handed over one at a time;
 * - the data on disk: zxid and epoch are the step's, the proposed configuration is the first line's, and reconfiguration is
 *   off. An oracle is asked for both configurations;
 * - threads: receiver and sender run in ours, to the end of what they have to do. lookForLeader has a thread of its own,
 *   which always stands in the poll of an empty queue while we are about something else;
 * - that queue: instead of waiting, its poll says for how long it would, and is told whether a notification came or time ran
 *   out;
 * - the peer's main loop: it sets the vote that lookForLeader returns, and calls it again.
 *
 * It lives in ZooKeeper's package because much of what it replaces is visible only there.
 */
final class Stepper {
    /** A peer with what a trace says is on its disk. */
    private static final class Peer extends QuorumPeer {
        long lastLoggedZxid;
        long currentEpoch;
        QuorumVerifier proposed;

        Peer() throws Exception {
            super();
        }

        @Override
        public long getLastLoggedZxid() {
            return lastLoggedZxid;
        }

        @Override
        public long getCurrentEpoch() {
            return currentEpoch;
        }

        /** The setter ignores what it is given while reconfiguration is off, as it is here. */
        @Override
        public QuorumVerifier getLastSeenQuorumVerifier() {
            return proposed != null ? proposed : super.getLastSeenQuorumVerifier();
        }
    }

    /** Connections that lead nowhere. */
    private static final class Connections extends QuorumCnxManager {
        final List<ObjectNode> sent = new ArrayList<>();
        boolean delivered;
        boolean connectAll;
        private Message arrived;
        private Runnable receiverIsDone;

        Connections(QuorumPeer peer) {
            super(peer, peer.getId(), Collections.emptyMap(), null, null, 1000, false, 20, false);
        }

        void arrive(Message message, Runnable whenHandled) {
            arrived = message;
            receiverIsDone = whenHandled;
        }

        @Override
        public Message pollRecvQueue(long timeout, TimeUnit unit) {
            Message message = arrived;
            arrived = null;
            if (message == null) {
                receiverIsDone.run();
            }
            return message;
        }

        @Override
        public void toSend(Long sid, ByteBuffer payload) {
            ObjectNode send = JSON.createObjectNode();
            send.put("to", sid);
            send.put("hex", HexFormat.of().formatHex(payload.array()));
            sent.add(send);
        }

        @Override
        boolean haveDelivered() {
            return delivered;
        }

        @Override
        public void connectAll() {
            connectAll = true;
        }

        @Override
        public void halt() {
        }
    }

    private enum Wake { NOTIFICATION, TIMEOUT, INTERRUPT }

    /** A wait of the election: for how long, and in which place of lookForLeader. */
    private record Wait(long millis, int place) {
    }

    /** The notifications that the election has not taken yet. */
    private static final class Notifications extends LinkedBlockingQueue<FastLeaderElection.Notification> {
        /** What the election came to: a Wait, the Vote that it ends with, or what it threw. */
        final transient SynchronousQueue<Object> standstill = new SynchronousQueue<>();
        final transient SynchronousQueue<Wake> wake = new SynchronousQueue<>();

        @Override
        public FastLeaderElection.Notification poll(long timeout, TimeUnit unit) throws InterruptedException {
            FastLeaderElection.Notification next = poll();
            if (next != null) {
                return next;
            }
            standstill.put(new Wait(unit.toMillis(timeout), place()));
            switch (wake.take()) {
                case NOTIFICATION:
                    return poll();
                case TIMEOUT:
                    return null;
                default:
                    throw new InterruptedException();
            }
        }

        private static int place() {
            return StackWalker.getInstance().walk(frames -> frames
                .filter(frame -> frame.getMethodName().equals("lookForLeader"))
                .findFirst().orElseThrow().getByteCodeIndex());
        }
    }

    /** A step that cannot be taken, or one that ends a thread of the class. */
    private static final class Stopped extends Exception {
        Stopped(String reason) {
            super(reason);
        }

        Stopped(String thread, Throwable thrown) {
            super(thread + " threw " + thrown + where(thrown));
        }

        private static String where(Throwable thrown) {
            for (StackTraceElement frame : thrown.getStackTrace()) {
                if (frame.getClassName().startsWith("org.apache.zookeeper.")) {
                    return " at " + frame.getFileName() + ":" + frame.getLineNumber();
                }
            }
            return "";
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RESTART = "{\"restart_election\":true}";

    private final Peer peer = new Peer();
    private final Notifications notifications = new Notifications();
    private final Connections connections;
    private final FastLeaderElection election;
    /** Null while the server is not looking. */
    private Wait wait;
    /** Where lookForLeader waits for votes; the only other place is where it finalizes. */
    private int collecting;
    private Vote decided;

    /** A server as a trace's first line describes it. */
    Stepper(JsonNode server, Path oracles) throws Exception {
        if (server.get("finalize_wait_ms").asLong() != FastLeaderElection.finalizeWait) {
            throw new Stopped("finalize_wait_ms is " + FastLeaderElection.finalizeWait + " for this class");
        }
        setInterval("minNotificationInterval", server.get("min_notification_interval_ms").asInt());
        setInterval("maxNotificationInterval", server.get("max_notification_interval_ms").asInt());
        String oracle = null;
        if (server.get("quorum").asText().equals("oracle")) {
            boolean grants = server.path("oracle").asBoolean();
            oracle = Files.writeString(oracles.resolve("oracle"), grants ? "1" : "0").toString();
        }
        peer.setMyid(server.get("sid").asLong());
        peer.setLearnerType(QuorumPeer.LearnerType.valueOf(server.get("learner_type").asText()));
        peer.setQuorumVerifier(configuration(server.get("config"), oracle), false);
        if (server.has("last_seen_config")) {
            peer.proposed = configuration(server.get("last_seen_config"), oracle);
        }
        setData(server.get("init"));
        peer.setCurrentVote(new Vote(peer.getId(), peer.lastLoggedZxid, peer.currentEpoch));
        connections = new Connections(peer);
        election = new FastLeaderElection(peer, connections);
        election.recvqueue = notifications;
        peer.electionAlg = election;
    }

    private static void setInterval(String name, int millis) throws ReflectiveOperationException {
        Field field = FastLeaderElection.class.getDeclaredField(name);
        field.setAccessible(true);
        field.setInt(null, millis);
    }

    private static QuorumVerifier configuration(JsonNode text, String oracle) throws Exception {
        Properties lines = new Properties();
        lines.load(new StringReader(text.asText()));
        int fastLeaderElection = 3;
        return QuorumPeerConfig.parseDynamicConfig(lines, fastLeaderElection, false, false, oracle);
    }

    private void setData(JsonNode credentials) {
        peer.lastLoggedZxid = credentials.get("zxid").asLong();
        peer.currentEpoch = credentials.get("peer_epoch").asLong();
    }

    String step(JsonNode input) throws Exception {
        connections.connectAll = false;
        List<ObjectNode> sends = new ArrayList<>();
        String name = input.fieldNames().next();
        JsonNode event = input.get(name);
        switch (name) {
            case "look" -> look(event);
            case "recv" -> {
                receive(event.get("from").asLong(), HexFormat.of().parseHex(event.get("hex").asText()));
                if (peer.shuttingDownLE) {
                    return RESTART;
                }
                sends.addAll(sent());
                if (wait != null && !notifications.isEmpty()) {
                    wake(Wake.NOTIFICATION);
                }
            }
            case "timeout" -> {
                connections.delivered = event.get("delivered").asBoolean();
                timeOut(true);
            }
            case "finalize_timeout" -> timeOut(false);
            case "update_epoch" -> peer.updateElectionVote(event.get("peer_epoch").asLong());
            default -> throw new Stopped("unknown step " + name);
        }
        sends.addAll(sent());
        return standing(sends).toString();
    }

    /** As the peer's main loop does; a server that is looking already has been interrupted before. */
    private void look(JsonNode credentials) throws Exception {
        interrupt();
        setData(credentials);
        peer.setPeerState(QuorumPeer.ServerState.LOOKING);
        Thread thread = new Thread(() -> {
            Object end;
            try {
                end = Objects.requireNonNull(election.lookForLeader(), "no vote");
            } catch (Throwable thrown) {
                end = thrown;
            }
            try {
                notifications.standstill.put(end);
            } catch (InterruptedException nobodyInterruptsThis) {
                throw new AssertionError(nobodyInterruptsThis);
            }
        });
        thread.setDaemon(true);
        thread.start();
        await();
        collecting = wait.place();
    }

    void interrupt() throws InterruptedException {
        if (wait != null) {
            notifications.wake.put(Wake.INTERRUPT);
            notifications.standstill.take();
            wait = null;
        }
    }

    private void receive(long from, byte[] payload) throws Stopped {
        var receiver = election.messenger.wr;
        receiver.stop = false;
        connections.arrive(
            new QuorumCnxManager.Message(ByteBuffer.wrap(payload), from), () -> receiver.stop = true);
        try {
            receiver.run();
        } catch (Throwable thrown) {
            throw new Stopped("the receiver", thrown);
        }
    }

    private void timeOut(boolean whileCollecting) throws Exception {
        if (wait == null || (wait.place() == collecting) != whileCollecting) {
            throw new Stopped("the server does not wait so");
        }
        wake(Wake.TIMEOUT);
    }

    private void wake(Wake reason) throws Exception {
        notifications.wake.put(reason);
        await();
    }

    /** Until the election waits again, or is over. */
    private void await() throws Exception {
        Object standstill = notifications.standstill.take();
        if (standstill instanceof Wait next) {
            wait = next;
            return;
        }
        wait = null;
        if (standstill instanceof Throwable thrown) {
            throw new Stopped("the election", thrown);
        }
        decided = (Vote) standstill;
        peer.setCurrentVote(decided);
    }

    /** What was sent since the last time, in ascending order of recipients: the class broadcasts in that of a hash set. */
    private List<ObjectNode> sent() {
        connections.sent.clear();
        FastLeaderElection.ToSend message;
        while ((message = election.sendqueue.poll()) != null) {
            election.messenger.ws.process(message);
        }
        connections.sent.sort(Comparator.comparingLong(send -> send.get("to").asLong()));
        return connections.sent;
    }

    private ObjectNode standing(List<ObjectNode> sends) {
        ObjectNode standing = JSON.createObjectNode();
        standing.putArray("sends").addAll(sends);
        standing.put("connect_all", connections.connectAll);
        standing.put("state", peer.getPeerState().name());
        standing.put("logical_clock", election.getLogicalClock());
        Vote proposal = election.getVote();
        standing.putObject("proposal").put("leader", proposal.getId()).put("zxid", proposal.getZxid())
            .put("peer_epoch", proposal.getPeerEpoch());
        if (wait != null) {
            String phase = wait.place() == collecting ? "collecting" : "finalizing";
            standing.putObject("wait").put("phase", phase).put("ms", wait.millis());
        } else if (decided != null) {
            standing.putObject("decided").put("leader", decided.getId()).put("zxid", decided.getZxid())
                .put("election_epoch", decided.getElectionEpoch()).put("peer_epoch", decided.getPeerEpoch());
        }
        return standing;
    }

    /** The answer to a line of a trace; the server that it begins, or goes on with. */
    private record Answer(String line, Stepper server) {
        static Answer to(String line, Stepper server, Path oracles) throws Exception {
            JsonNode value = JSON.readTree(line);
            try {
                if (!value.has("format")) {
                    return new Answer(Objects.requireNonNull(server, "no server").step(value), server);
                }
                if (server != null) {
                    server.interrupt();
                }
                return new Answer("{}", new Stepper(value, oracles));
            } catch (Exception stopped) {
                if (server != null) {
                    server.interrupt();
                }
                String reason = stopped instanceof Stopped ? stopped.getMessage() : stopped.toString();
                return new Answer(JSON.createObjectNode().put("error", reason).toString(), null);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Path oracles = Path.of(arguments[0]);
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        Stepper server = null;
        String line;
        while ((line = in.readLine()) != null) {
            Answer answer = Answer.to(line, server, oracles);
            server = answer.server();
            out.println(answer.line());
            out.flush();
        }
        System.exit(0);
    }
}
