package org.understudy.lab.iscsi;

import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;

/**
 * The kernel's initiator and one target: an entry in the database of open-iscsi, and at most one session. Source: iscsiadm(8).
 *
 * @param portal HOST:PORT
 */
record OpenIscsi(CommandRunner commands, String iqn, String portal) implements AutoCloseable {

    /** Exit status of {@code iscsiadm}: "login failed due to authorization failure". */
    static final int REFUSED = 24;

    /** Makes the entry with settings of iscsid.conf(5), for example {@code node.session.auth.authmethod}. */
    static OpenIscsi node(CommandRunner commands, String iqn, String portal, Map<String, String> settings) {
        OpenIscsi node = new OpenIscsi(commands, iqn, portal);
        node.admin("--op", "new").orThrow();
        settings.forEach(node::set);
        return node;
    }

    void set(String name, String value) {
        admin("--op", "update", "--name", name, "--value", value).orThrow();
    }

    CommandResult login() {
        return admin("--login");
    }

    CommandResult logout() {
        return admin("--logout");
    }

    /** Settings that the two sides agreed on, as text. */
    String negotiated() {
        return commands.run(Command.of("iscsiadm", "--mode", "session", "--print", "2"))
                .orThrow()
                .output();
    }

    /** The block device of a LUN, as soon as udev has made it. */
    Path device(int lun) {
        Path link = Path.of("/dev/disk/by-path", "ip-" + portal + "-iscsi-" + iqn + "-lun-" + lun);
        await("device " + link).atMost(Duration.ofSeconds(60)).until(() -> Files.exists(link));
        return link;
    }

    private CommandResult admin(String... more) {
        return commands.run(Command.of("iscsiadm", "--mode", "node", "--targetname", iqn, "--portal", portal)
                .and(more)
                .withStallLimit(Duration.ofMinutes(3)));
    }

    /** Logs out if a session is open, and removes the entry. */
    @Override
    public void close() {
        logout();
        admin("--op", "delete").orThrow();
    }
}
