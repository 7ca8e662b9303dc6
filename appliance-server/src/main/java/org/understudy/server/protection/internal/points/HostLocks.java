package org.understudy.server.protection.internal.points;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.springframework.stereotype.Component;
import org.understudy.server.kernel.HostId;

/**
 * One lock per host, held while a point's properties or existence change in pool and index together, so that two changes
 * cannot leave the two different. Never held while data flows.
 */
@Component
class HostLocks {

    private final ConcurrentMap<HostId, ReentrantLock> locks = new ConcurrentHashMap<>();

    <T> T within(HostId host, Supplier<T> work) {
        ReentrantLock lock = locks.computeIfAbsent(host, id -> new ReentrantLock());
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }
}
