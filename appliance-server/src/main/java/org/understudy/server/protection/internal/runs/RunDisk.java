package org.understudy.server.protection.internal.runs;

/**
 * A disk of a run.
 *
 * @param number number on the appliance
 * @param key the agent's name of it
 * @param based whether its volume equals the run's base; else it is all zeros
 */
record RunDisk(int number, String key, long sizeBytes, boolean based) {

    /** Bytes of a block, for comparison and digests. */
    static final int BLOCK_SIZE = 64 * 1024;

    RunDisk withSize(long newSizeBytes) {
        return new RunDisk(number, key, newSizeBytes, based);
    }
}
