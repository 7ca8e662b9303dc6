package org.understudy.iscsi;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;

/** A tgt daemon of our own with one target, whose LUN 1 is a file. */
final class TgtDaemon implements AutoCloseable {

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final int port;
    private final int control;
    private final RunningProcess process;

    private TgtDaemon(int port, int control, Path log) {
        this.port = port;
        this.control = control;
        this.process = commands.start(
                Command.of("tgtd", "-f", "-C", Integer.toString(control), "--iscsi", "portal=127.0.0.1:" + port), log);
    }

    static TgtDaemon start(Path directory, Path lun) throws IOException {
        // A control number of its own keeps this daemon apart from one that the machine may run.
        TgtDaemon daemon = new TgtDaemon(freePort(), 1000 + new Random().nextInt(30000), directory.resolve("tgtd.log"));
        await().atMost(Duration.ofSeconds(20)).until(daemon::listens);
        daemon.admin("--op", "new", "--mode", "target", "--tid", "1", "-T", TestTargets.IQN);
        daemon.admin("--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", lun.toString());
        daemon.admin("--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL");
        return daemon;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Changes a setting of the target, such as HeaderDigest. */
    void set(String name, String value) {
        admin("--op", "update", "--mode", "target", "--tid", "1", "-n", name, "-v", value);
    }

    /** Asks initiators for CHAP. */
    void requireChap(String user, String secret) {
        admin("--op", "new", "--mode", "account", "--user", user, "--password", secret);
        admin("--op", "bind", "--mode", "account", "--tid", "1", "--user", user);
    }

    /** Proves itself to initiators that ask. */
    void proveWith(String user, String secret) {
        admin("--op", "new", "--mode", "account", "--user", user, "--password", secret);
        admin("--op", "bind", "--mode", "account", "--tid", "1", "--user", user, "--outgoing");
    }

    private void admin(String... arguments) {
        commands.run(Command.of("tgtadm", "-C", Integer.toString(control), "--lld", "iscsi")
                        .and(arguments))
                .orThrow();
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        // tgtd heeds no TERM while its target is in use.
        commands.run(Command.of("kill", "-KILL", Long.toString(process.pid()))).orThrow();
        process.close();
    }
}
