package org.understudy.zfs;

import java.time.Instant;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.SnapshotName;

/**
 * A snapshot.
 *
 * @param transaction number of the transaction group that made it: equal for all of one atomic snapshot, and the true order
 * @param uniqueBytes what only this snapshot refers to, and its destruction alone would free
 * @param holds number of holds on it
 */
public record Snapshot(SnapshotName name, Guid guid, long transaction, Instant created, long uniqueBytes, int holds) {}
