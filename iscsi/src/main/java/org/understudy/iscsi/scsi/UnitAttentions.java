package org.understudy.iscsi.scsi;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;

/** Conditions that each nexus has yet to be told about, in order, each once. Thread-safe. */
final class UnitAttentions {

    /** A peer that makes up nexuses must not grow the map without end; the oldest are only a courtesy. */
    private static final int MAX_NEXUSES = 1024;

    private final Map<Nexus, LinkedHashSet<Integer>> pending = new HashMap<>();

    /** A nexus was established: from now on it is told, starting with {@code code} if there is one. */
    synchronized void open(Nexus nexus, OptionalInt code) {
        if (pending.size() < MAX_NEXUSES || pending.containsKey(nexus)) {
            Set<Integer> codes = pending.computeIfAbsent(nexus, n -> new LinkedHashSet<>());
            code.ifPresent(codes::add);
        }
    }

    synchronized void close(Nexus nexus) {
        pending.remove(nexus);
    }

    synchronized void raise(int code, Predicate<Nexus> which) {
        for (Map.Entry<Nexus, LinkedHashSet<Integer>> entry : pending.entrySet()) {
            if (which.test(entry.getKey())) {
                entry.getValue().add(code);
            }
        }
    }

    /** A condition that the nexus has learned of in another way. */
    synchronized void withdraw(Nexus nexus, int code) {
        Set<Integer> codes = pending.get(nexus);
        if (codes != null) {
            codes.remove(code);
        }
    }

    /** Takes the oldest condition of a nexus. */
    synchronized OptionalInt poll(Nexus nexus) {
        Set<Integer> codes = pending.get(nexus);
        if (codes == null || codes.isEmpty()) {
            return OptionalInt.empty();
        }
        int code = codes.iterator().next();
        codes.remove(code);
        return OptionalInt.of(code);
    }
}
