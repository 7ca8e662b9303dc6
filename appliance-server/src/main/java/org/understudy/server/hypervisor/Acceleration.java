package org.understudy.server.hypervisor;

/** How guests run. */
public enum Acceleration {
    /** In hardware, proven by a guest that started. */
    KVM,
    /** By QEMU's emulation: right, but slower. */
    EMULATION
}
