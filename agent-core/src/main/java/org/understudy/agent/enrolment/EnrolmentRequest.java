package org.understudy.agent.enrolment;

import java.util.List;
import org.understudy.agent.connection.ServerAddress;

/**
 * What the administrator typed.
 *
 * @param server agent port of the appliance
 * @param fingerprint SHA-256 of the appliance's CA certificate, hexadecimal, colons allowed
 * @param token one-time token
 * @param devices device files to protect; empty for all disks of the host
 */
public record EnrolmentRequest(ServerAddress server, String fingerprint, String token, List<String> devices) {

    public EnrolmentRequest {
        devices = List.copyOf(devices);
    }

    @Override
    public String toString() {
        return "EnrolmentRequest[server=" + server + ", fingerprint=" + fingerprint + ", token=***, devices=" + devices
                + "]";
    }
}
