package org.understudy.server.storage;

import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;

/** A head volume and its size. */
public record Volume(DiskId disk, ByteSize size) {}
