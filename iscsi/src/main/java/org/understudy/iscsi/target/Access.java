package org.understudy.iscsi.target;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import org.understudy.iscsi.target.RefusedLogin.Reason;

/**
 * Who is at the other end, as far as it is known before authentication.
 *
 * @param address remote IP address
 * @param principal subject common name of the TLS certificate; empty on a plain connection
 */
record Access(InetAddress address, Optional<String> principal) {

    /** True if the lists of a target let this peer log in under this initiator name. Secrets are checked apart. */
    boolean allows(TargetDefinition target, String initiatorName) {
        return refusal(target, initiatorName).isEmpty();
    }

    /** Why the lists of a target keep this peer out; empty if they do not. */
    Optional<Reason> refusal(TargetDefinition target, String initiatorName) {
        if (target.requiredPrincipal().isPresent()
                && !target.requiredPrincipal().equals(principal)) {
            return Optional.of(Reason.FOREIGN_CERTIFICATE);
        }
        boolean byName = target.allowedInitiators().isEmpty()
                || target.allowedInitiators().contains(initiatorName.toLowerCase(Locale.ROOT));
        boolean byAddress =
                target.allowedAddresses().isEmpty() || target.allowedAddresses().contains(address.getHostAddress());
        return byName && byAddress ? Optional.empty() : Optional.of(Reason.ACCESS_LIST);
    }
}
