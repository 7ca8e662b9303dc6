package org.understudy.agent.run;

/** State of the run that the agent knows; the table is in {@code docs/design/agent-transfer.md}. */
public enum RunState {
    /** Asked for, not begun yet. */
    IDLE,
    BEGUN,
    TRANSFERRING,
    TRANSFERRED,
    /** Being released, or released. */
    ENDED
}
