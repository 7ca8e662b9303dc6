package org.understudy.zfs;

import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;

/** A pool that is on devices of this machine and not in use. */
public record Importable(PoolName name, Guid guid, String health) {}
