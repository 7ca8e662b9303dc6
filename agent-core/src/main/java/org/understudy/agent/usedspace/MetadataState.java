package org.understudy.agent.usedspace;

/** What the caller knows of a file system's allocation records on the medium. */
public enum MetadataState {
    /**
     * The records on the medium are current: the file system is frozen, or mounted read-only, or was unmounted cleanly, or (for one
     * that cannot be frozen, as vfat) was synced with no writer since.
     */
    SETTLED,
    /**
     * Nothing is known: it may be mounted and written, or have been cut off by a crash. The file system's own marks (dirty bits,
     * journals) then decide: it is mapped only if they say that the records are current, or if the journal can be applied to them.
     */
    UNSETTLED
}
