package org.understudy.iscsi.initiator;

import java.util.List;

/**
 * A target that a portal named in answer to SendTargets.
 *
 * @param iqn target name
 * @param portals addresses as the target wrote them, {@code host:port,group}
 */
public record DiscoveredTarget(String iqn, List<String> portals) {

    public DiscoveredTarget {
        portals = List.copyOf(portals);
    }
}
