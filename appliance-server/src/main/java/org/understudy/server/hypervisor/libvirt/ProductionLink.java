package org.understudy.server.hypervisor.libvirt;

import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Joins a bridge of the host with one inside the private network namespace by a pair of virtual cables, so that takeover
 * machines stand in the production network although libvirt does not. Idempotent. Source: veth(4), ip-link(8).
 *
 * @param hostBridge existing bridge of the host
 * @param namespace name of the network namespace
 */
record ProductionLink(CommandRunner commands, String hostBridge, String namespace) {

    /** The bridge inside the namespace. */
    static final String INNER_BRIDGE = "us-prod0";

    private static final String INNER_END = "us-uplink";

    void ensure() {
        if (!Files.isDirectory(Path.of("/sys/class/net", hostBridge, "bridge"))) {
            throw Problem.of(
                            ProblemCode.INVALID_SETTING,
                            "setting",
                            "understudy.hypervisor.takeover-bridge",
                            "reason",
                            "the appliance has no bridge " + hostBridge,
                            "expected",
                            "Write the name of an existing bridge, or leave it empty.")
                    .asException();
        }
        String outerEnd = "us" + NetworkNames.digest(namespace).substring(0, 10);
        if (!Files.exists(Path.of("/sys/class/net", outerEnd))) {
            ip("link", "add", outerEnd, "type", "veth", "peer", "name", INNER_END, "netns", namespace);
        }
        if (!inner("link", "show", INNER_BRIDGE)) {
            ip("-n", namespace, "link", "add", INNER_BRIDGE, "type", "bridge", "forward_delay", "0");
        }
        ip("-n", namespace, "link", "set", INNER_END, "master", INNER_BRIDGE, "up");
        ip("-n", namespace, "link", "set", INNER_BRIDGE, "up");
        ip("link", "set", outerEnd, "master", hostBridge, "up");
    }

    private boolean inner(String... arguments) {
        return commands.run(Command.of("ip", "-n", namespace).and(arguments)).succeeded();
    }

    private void ip(String... arguments) {
        commands.run(Command.of("ip").and(arguments)).orThrow();
    }
}
