package org.understudy.core.protocol;

/** How the instant of a point was made, best first. */
public enum Consistency {
    /** Applications were quiesced by pre- and post-scripts, and file systems were frozen. */
    APPLICATION,
    /** All mounted file systems were frozen at one instant: as after a clean unmount. */
    FILE_SYSTEM,
    /** As after a power cut; the reason says more, also when the disk could not be held still for one instant. */
    CRASH
}
