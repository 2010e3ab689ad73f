import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Properties;
import org.apache.zookeeper.server.quorum.QuorumPeerConfig;

/** Reads paths, a line each, and answers each with what ZooKeeper's own parser makes of the file. */
public final class Verdict {
    public static void main(String[] arguments) throws Exception {
        Properties untouched = (Properties) System.getProperties().clone();
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in));
        for (String path; (path = paths.readLine()) != null; ) {
            // What one file sets for the whole process must not decide about the next.
            System.setProperties((Properties) untouched.clone());
            QuorumPeerConfig.setStandaloneEnabled(true);
            QuorumPeerConfig.setReconfigEnabled(false);
            System.out.println(verdict(path).replace('\n', ' '));
        }
    }

    private static String verdict(String path) {
        QuorumPeerConfig config = new QuorumPeerConfig();
        try {
            config.parse(path);
            return config.isDistributed() ? "ensemble" : "standalone";
        } catch (Exception refused) {
            Throwable cause = refused.getCause() == null ? refused : refused.getCause();
            return "refused: " + cause.getMessage();
        }
    }
}
