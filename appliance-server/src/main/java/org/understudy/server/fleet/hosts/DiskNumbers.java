package org.understudy.server.fleet.hosts;

import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.DiskId;

/** Numbers disks: each key gets the next free number when it is first selected and keeps it for ever. */
final class DiskNumbers {

    private DiskNumbers() {}

    /** Selects exactly {@code keys}; those without a number get one in the order given. */
    static void select(HostRow host, Collection<String> keys) {
        Set<String> wanted = new HashSet<>(keys);
        host.disks.forEach(disk -> disk.selected = wanted.contains(disk.key));
        for (String key : keys) {
            if (find(host, key).isEmpty()) {
                host.disks.add(new HostRow.Disk(next(host), key, true));
            }
        }
    }

    static Optional<HostRow.Disk> find(HostRow host, String key) {
        return host.disks.stream().filter(disk -> disk.key.equals(key)).findFirst();
    }

    private static int next(HostRow host) {
        int next = host.disks.stream().mapToInt(disk -> disk.number + 1).max().orElse(0);
        if (next > DiskId.MAX_NUMBER) {
            throw Problem.of(
                            ProblemCode.CONFLICT,
                            "reason",
                            "host " + host.name + " has used up its " + (DiskId.MAX_NUMBER + 1) + " disk numbers")
                    .asException();
        }
        return next;
    }
}
