package org.understudy.zfs;

import java.util.List;

/**
 * What the kernel still knows of a pool's events. It keeps a limited number for all pools together.
 *
 * @param dropped how many were forgotten, of any pool, before the first one here
 * @param events in the order in which they happened
 */
public record PoolEvents(long dropped, List<PoolEvent> events) {

    public PoolEvents {
        events = List.copyOf(events);
    }
}
