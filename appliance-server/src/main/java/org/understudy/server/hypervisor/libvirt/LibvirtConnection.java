package org.understudy.server.hypervisor.libvirt;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.understudy.server.hypervisor.MachineStatus;

/**
 * A connection to libvirt with what libvirt-java does not bind: the reason of a domain's state, which alone tells a guest that
 * was shut down from one whose QEMU died.
 */
final class LibvirtConnection extends Connect {

    private static final int SHUTOFF_CRASHED = 3;
    private static final int SHUTOFF_FAILED = 6;
    private static final int PAUSED = 3;
    private static final int PAUSED_USER = 1;
    private static final int PAUSED_STARTING_UP = 11;

    /** Functions of libvirt.so (libvirt.org/html/libvirt-libvirt-domain.html). */
    interface Functions extends Library {

        Pointer virDomainLookupByName(Pointer connection, String name);

        int virDomainGetState(Pointer domain, IntByReference state, IntByReference reason, int flags);

        int virDomainFree(Pointer domain);
    }

    private static final class Loaded {
        static final Functions FUNCTIONS = Native.load("virt", Functions.class);
    }

    LibvirtConnection(String uri) throws LibvirtException {
        super(uri);
    }

    /** @return empty if the domain has gone meanwhile */
    java.util.Optional<MachineStatus.State> state(String domain) {
        Functions libvirt = Loaded.FUNCTIONS;
        Pointer found = libvirt.virDomainLookupByName(vcp.getPointer(), domain);
        if (found == null) {
            return java.util.Optional.empty();
        }
        try {
            IntByReference state = new IntByReference();
            IntByReference reason = new IntByReference();
            if (libvirt.virDomainGetState(found, state, reason, 0) != 0) {
                return java.util.Optional.empty();
            }
            return java.util.Optional.of(state(state.getValue(), reason.getValue()));
        } finally {
            libvirt.virDomainFree(found);
        }
    }

    /** Whether the domain was started on hold and not let go since; one that is paused by a fault of its disk is not. */
    boolean onHold(String domain) {
        Functions libvirt = Loaded.FUNCTIONS;
        Pointer found = libvirt.virDomainLookupByName(vcp.getPointer(), domain);
        if (found == null) {
            return false;
        }
        try {
            IntByReference state = new IntByReference();
            IntByReference reason = new IntByReference();
            return libvirt.virDomainGetState(found, state, reason, 0) == 0
                    && state.getValue() == PAUSED
                    && (reason.getValue() == PAUSED_USER || reason.getValue() == PAUSED_STARTING_UP);
        } finally {
            libvirt.virDomainFree(found);
        }
    }

    /** Source: enums virDomainState and virDomainShutoffReason. */
    private static MachineStatus.State state(int state, int reason) {
        return switch (state) {
            case 1, 2, 4 -> MachineStatus.State.RUNNING;
            case 3, 7 -> MachineStatus.State.PAUSED;
            case 5 ->
                reason == SHUTOFF_CRASHED || reason == SHUTOFF_FAILED
                        ? MachineStatus.State.CRASHED
                        : MachineStatus.State.DEFINED;
            case 6 -> MachineStatus.State.CRASHED;
            default -> MachineStatus.State.DEFINED;
        };
    }
}
