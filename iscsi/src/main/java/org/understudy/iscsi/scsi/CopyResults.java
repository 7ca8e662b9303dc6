package org.understudy.iscsi.scsi;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** How the last copies of each nexus ended, by list identifier, until they are asked for. Bounded; thread-safe. */
final class CopyResults {

    private static final int MAX_RESULTS = 64;

    private final Map<Key, Result> results = new LinkedHashMap<>();

    private record Key(Nexus nexus, int listIdentifier) {}

    /**
     * @param completed false if the copy ended with an error
     * @param segments segments that were copied
     * @param bytes bytes that were copied
     */
    record Result(boolean completed, int segments, long bytes) {}

    synchronized void put(Nexus nexus, int listIdentifier, Result result) {
        results.put(new Key(nexus, listIdentifier), result);
        if (results.size() > MAX_RESULTS) {
            results.remove(results.keySet().iterator().next());
        }
    }

    /** Reports a result once. */
    synchronized Optional<Result> take(Nexus nexus, int listIdentifier) {
        return Optional.ofNullable(results.remove(new Key(nexus, listIdentifier)));
    }
}
