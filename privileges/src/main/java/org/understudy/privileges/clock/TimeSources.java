package org.understudy.privileges.clock;

/** Clocks outside this machine. */
public interface TimeSources {

    /**
     * @param agreed whether enough sources confirm the present time of this machine
     * @param evidence what they said, for the log
     */
    record Verdict(boolean agreed, String evidence) {}

    /** Never fails: what cannot be asked does not agree. */
    Verdict ask();
}
