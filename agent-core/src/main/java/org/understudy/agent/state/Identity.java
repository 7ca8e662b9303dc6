package org.understudy.agent.state;

import java.util.List;

/**
 * Who this agent is, as the appliance confirmed it at enrolment.
 *
 * @param server address of the agent port, {@code host:port}
 * @param hostId id of this host on the appliance
 * @param privateKey PKCS#8, PEM
 * @param certificate the agent's certificate, PEM
 * @param authority the appliance's CA certificate, PEM
 * @param devices device files to offer; empty for all disks of the host
 */
public record Identity(
        String server, String hostId, String privateKey, String certificate, String authority, List<String> devices) {

    public Identity {
        devices = List.copyOf(devices);
    }

    @Override
    public String toString() {
        return "Identity[server=" + server + ", hostId=" + hostId + ", devices=" + devices + "]";
    }
}
