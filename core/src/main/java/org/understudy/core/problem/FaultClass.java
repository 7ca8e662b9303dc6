package org.understudy.core.problem;

/** Who can mend a failure, and therefore whether a retry makes sense. */
public enum FaultClass {
    /** May pass by itself: the caller retries with back-off. */
    TRANSIENT,
    /** Will fail again in the same way: the caller gives up and reports. */
    PERMANENT,
    /** Needs a decision or an action of an administrator before it can succeed. */
    OPERATOR
}
