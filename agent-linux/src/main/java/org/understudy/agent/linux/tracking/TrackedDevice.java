package org.understudy.agent.linux.tracking;

import org.understudy.agent.linux.device.DeviceNumber;

/**
 * A block device as the kernel knows it now.
 *
 * @param name kernel name, such as {@code sda2}
 * @param number its own number
 * @param disk number of the whole disk, which events carry
 * @param startSector where it begins on the disk, in sectors of 512 bytes
 * @param sectors its size
 * @param partition whether it is a partition
 * @param sequence the kernel's sequence number of the disk, which no other disk of this boot has; -1 before Linux 5.15
 * @param stack digest of what a mapped or RAID device is made of; 0 for others
 * @param requestBased whether the disk's driver is given requests; else it is given bios (device mapper, md, zram)
 */
public record TrackedDevice(
        String name,
        DeviceNumber number,
        DeviceNumber disk,
        long startSector,
        long sectors,
        boolean partition,
        long sequence,
        long stack,
        boolean requestBased) {

    public long sizeBytes() {
        return sectors * Granularity.SECTOR_BYTES;
    }

    /** Name of the directory of its pins; bpffs refuses dots. */
    String pinName() {
        return name.replace('.', '_').replace('/', '!');
    }
}
