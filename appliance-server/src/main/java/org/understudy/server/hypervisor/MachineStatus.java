package org.understudy.server.hypervisor;

/** A machine and what it does now. */
public record MachineStatus(MachineName name, State state) {

    /** As far as the appliance cares. */
    public enum State {
        DEFINED,
        RUNNING,
        PAUSED,
        CRASHED
    }
}
