package org.understudy.iscsi.target;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;

/**
 * Who is at the other end, as far as it is known before authentication.
 *
 * @param address remote IP address
 * @param principal subject common name of the TLS certificate; empty on a plain connection
 */
record Access(InetAddress address, Optional<String> principal) {

    /** True if the lists of a target let this peer log in under this initiator name. Secrets are checked apart. */
    boolean allows(TargetDefinition target, String initiatorName) {
        boolean byName = target.allowedInitiators().isEmpty()
                || target.allowedInitiators().contains(initiatorName.toLowerCase(Locale.ROOT));
        boolean byAddress =
                target.allowedAddresses().isEmpty() || target.allowedAddresses().contains(address.getHostAddress());
        boolean byPrincipal = target.requiredPrincipal().isEmpty()
                || target.requiredPrincipal().equals(principal);
        return byName && byAddress && byPrincipal;
    }
}
