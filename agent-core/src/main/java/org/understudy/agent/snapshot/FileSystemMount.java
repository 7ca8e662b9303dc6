package org.understudy.agent.snapshot;

import java.nio.file.Path;

/**
 * A file system that lies on a protected disk and is mounted.
 *
 * @param mountPoint a directory where it is mounted
 * @param type as the kernel names it
 * @param offsetBytes where its partition begins on the disk; -1 if it does not lie directly on a partition (LVM, RAID, encryption)
 * @param order place in the order of mounting; file systems are frozen from the highest to the lowest
 * @param freezable whether the kernel can write it and can therefore freeze it; a read-only mount holds still by itself
 */
public record FileSystemMount(Path mountPoint, String type, long offsetBytes, int order, boolean freezable) {}
