package org.understudy.server.storage;

import org.understudy.server.kernel.ByteSize;

/**
 * How full the pool is. What was written after the last snapshot may count up to a minute late.
 *
 * @param kind adapter and place, for people: {@code btrfs on /dev/loop0}
 * @param total capacity
 * @param used bytes taken
 * @param free bytes that can still be written; 0 when the pool is full
 */
public record PoolUsage(String kind, ByteSize total, ByteSize used, ByteSize free) {}
