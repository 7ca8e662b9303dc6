package org.understudy.core.protocol;

/**
 * Enrolment over {@code POST /agent/v1/enrol} on the agent port: HTTPS, server authenticated by the fingerprint that the
 * administrator copied, client not yet by a certificate.
 */
public final class Enrolment {

    public static final String PATH = "/agent/v1/enrol";

    private Enrolment() {}

    /**
     * @param token the one-time token
     * @param hostName name to show until an administrator chooses another
     * @param machineId see {@link HostFacts#machineId}
     * @param publicKey SubjectPublicKeyInfo of the agent's new EC P-256 key, Base64
     * @param proof SHA256withECDSA signature over the UTF-8 bytes of the token by that key, Base64
     */
    public record Request(String token, String hostName, String machineId, String publicKey, String proof) {
        @Override
        public String toString() {
            return "Request[hostName=" + hostName + ", machineId=" + machineId + "]";
        }
    }

    /**
     * @param hostId id of the host on the appliance
     * @param certificate the agent's certificate, PEM
     * @param authority the appliance's CA certificate, PEM
     */
    public record Response(String hostId, String certificate, String authority) {}
}
