package org.understudy.agent.tls;

import java.security.cert.CertificateException;
import org.jspecify.annotations.Nullable;

/** The server is not the appliance that this agent belongs to. */
public final class UntrustedApplianceException extends CertificateException {

    private static final long serialVersionUID = 1;

    UntrustedApplianceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
