package org.understudy.server.kernel;

/**
 * A disk of a host by its number on the appliance; numbers are given once and never reused within a host.
 *
 * @param host the host
 * @param number from 0
 */
public record DiskId(HostId host, int number) {

    public static final int MAX_NUMBER = 255;

    public DiskId {
        if (number < 0 || number > MAX_NUMBER) {
            throw new IllegalArgumentException("disk number " + number + " is outside 0.." + MAX_NUMBER);
        }
    }

    /** {@code disk0}, {@code disk1}: the disk's name in the pool and in manifests. */
    public String name() {
        return "disk" + number;
    }
}
