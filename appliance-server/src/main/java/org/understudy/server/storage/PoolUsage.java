package org.understudy.server.storage;

import org.understudy.server.kernel.ByteSize;

/**
 * How full the pool is.
 *
 * @param kind adapter and place, for people: {@code btrfs on /dev/loop0}
 * @param total capacity
 * @param used bytes taken
 * @param free bytes that can still be written
 */
public record PoolUsage(String kind, ByteSize total, ByteSize used, ByteSize free) {}
