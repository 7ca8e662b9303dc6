package org.understudy.privileges.clock;

/** Whether locks may be judged to have ended. Points are destroyed in {@link #TRUSTED} only. */
public enum ClockState {
    /** The clock agrees with the time that has passed since it was last known to be right. */
    TRUSTED,
    /** It does not; time sources have a while to agree. */
    DOUBTED,
    /** They did not agree. Only a person at the box ends this. */
    FROZEN
}
