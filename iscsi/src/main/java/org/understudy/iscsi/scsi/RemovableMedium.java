package org.understudy.iscsi.scsi;

import java.util.HashSet;
import java.util.Set;

/** Whether the medium of a removable unit is in, and which nexuses forbid to take it out (SPC-4 section 6.17). Thread-safe. */
final class RemovableMedium {

    private final boolean removable;
    private final Set<Nexus> preventers = new HashSet<>();
    private boolean ejected;

    RemovableMedium(boolean removable) {
        this.removable = removable;
    }

    boolean removable() {
        return removable;
    }

    synchronized boolean present() {
        return !ejected;
    }

    synchronized void prevent(Nexus nexus, boolean prevented) {
        if (prevented) {
            preventers.add(nexus);
        } else {
            preventers.remove(nexus);
        }
    }

    synchronized boolean removalPrevented() {
        return !preventers.isEmpty();
    }

    /**
     * Takes the medium out or puts it in.
     *
     * @return true if that changed something
     */
    synchronized boolean setPresent(boolean present) {
        boolean changed = ejected == present;
        ejected = !present;
        return changed;
    }

    synchronized void forget(Nexus nexus) {
        preventers.remove(nexus);
    }

    synchronized void allowAll() {
        preventers.clear();
    }
}
