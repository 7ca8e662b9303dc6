package org.understudy.agent.tls;

import java.security.cert.CertificateException;
import org.jspecify.annotations.Nullable;

/** The server is not the appliance that this agent belongs to, or is being enrolled with. */
public final class UntrustedApplianceException extends CertificateException {

    private static final long serialVersionUID = 1;

    private final String expected;
    private final String found;

    UntrustedApplianceException(String message, String expected, String found, @Nullable Throwable cause) {
        super(message, cause);
        this.expected = expected;
        this.found = found;
    }

    /** SHA-256 fingerprint of the authority that the agent trusts. */
    public String expected() {
        return expected;
    }

    /** SHA-256 fingerprint of the last certificate that the server presented: its authority's, if it sent it. */
    public String found() {
        return found;
    }
}
