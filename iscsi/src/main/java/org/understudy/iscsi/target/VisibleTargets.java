package org.understudy.iscsi.target;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Targets that a peer may learn of by SendTargets: those that it may log in to. */
record VisibleTargets(
        ServerContext server,
        Access access,
        String initiatorName,
        @Nullable Session session,
        InetSocketAddress local) implements TextNegotiation.TargetDirectory {

    @Override
    public List<String> visible(String which) {
        if (session != null) {
            // In a normal session only its own target may be asked for.
            String own = session.target().definition().iqn();
            boolean asked = which.isEmpty()
                    || which.equals("All")
                    || which.toLowerCase(Locale.ROOT).equals(own);
            return asked ? List.of(own) : List.of();
        }
        return server.exported().stream()
                .map(ExportedTarget::definition)
                .filter(target -> access.allows(target, initiatorName))
                .map(TargetDefinition::iqn)
                .filter(name -> which.equals("All") || name.equals(which.toLowerCase(Locale.ROOT)))
                .sorted()
                .toList();
    }

    @Override
    public String portal() {
        String host = local.getAddress().getHostAddress();
        boolean six = local.getAddress() instanceof Inet6Address;
        return (six ? "[" + host + "]" : host) + ":" + local.getPort() + ",1";
    }
}
