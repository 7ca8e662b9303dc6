package org.understudy.server.hypervisor.libvirt;

import java.nio.file.Path;

/**
 * The names of one drill's network. Pure.
 *
 * @param name as machines call it, {@code us-net-<id>}
 * @param namespace its network namespace; the name holds the appliance's mark, so that another's is never touched
 */
record DrillNetwork(String name, String namespace) {

    /** The only device in the namespace beside the machines' cards. */
    static final String BRIDGE = "drill0";

    /** A machine's card on a drill's network. @param tap name of its device */
    record Card(String tap, String network) {}

    static DrillNetwork of(String instance, String name) {
        return new DrillNetwork(
                name, prefix(instance) + NetworkNames.digest(name).substring(0, 16));
    }

    /** How all namespaces of one appliance's drills begin. */
    static String prefix(String instance) {
        return "usd-" + NetworkNames.digest(instance).substring(0, 8) + "-";
    }

    /** Names of devices have at most 15 characters. */
    static String tap(String machine, int card) {
        return "ust" + NetworkNames.digest(machine + " " + card).substring(0, 12);
    }

    Path namespaceFile() {
        return Path.of("/run/netns", namespace);
    }
}
