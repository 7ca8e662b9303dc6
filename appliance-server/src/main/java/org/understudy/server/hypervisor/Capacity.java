package org.understudy.server.hypervisor;

import org.understudy.server.kernel.ByteSize;

/**
 * What the appliance can give to guests.
 *
 * @param cpus processors of the appliance
 * @param total memory for guests, whether they use it or not: the reserve is already taken off
 * @param free memory that a new guest may take now: what running guests were given and the reserve are already taken off
 */
public record Capacity(int cpus, ByteSize total, ByteSize free) {}
