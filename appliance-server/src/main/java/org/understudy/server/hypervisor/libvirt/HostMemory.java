package org.understudy.server.hypervisor.libvirt;

import org.understudy.server.hypervisor.MachineFigures;
import org.understudy.server.hypervisor.MachineFigures.Figures;
import org.understudy.server.kernel.ByteSize;

/**
 * The appliance's memory as guests may have it.
 *
 * @param figures what the machine has
 * @param reserveBytes what guests never get
 */
record HostMemory(MachineFigures figures, long reserveBytes) {

    /** What guests may have together. */
    ByteSize total() {
        return new ByteSize(Math.max(0, figures.now().memoryBytes() - reserveBytes));
    }

    /**
     * What a new guest may take. Guests take their memory page by page, so what the kernel calls available still holds what
     * running guests were given and have not touched: both bounds count.
     *
     * @param givenBytes memory of running guests
     */
    ByteSize free(long givenBytes) {
        Figures now = figures.now();
        long unassigned = now.memoryBytes() - reserveBytes - givenBytes;
        return new ByteSize(Math.max(0, Math.min(unassigned, now.availableBytes())));
    }

    int cpus() {
        return figures.now().cpus();
    }
}
