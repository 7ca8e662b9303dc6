package org.understudy.zfs;

/**
 * Something that the kernel told of a pool since it was imported.
 *
 * @param at time of this machine as the tool prints it
 * @param kind for example {@code sysevent.fs.zfs.scrub_finish} or {@code ereport.fs.zfs.checksum}
 */
public record PoolEvent(String at, String kind) {}
