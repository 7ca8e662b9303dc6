package org.understudy.server.storage;

import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;

/** A writable copy of a snapshot. */
public record VolumeClone(CloneId id, HostId host, PointId origin) {}
