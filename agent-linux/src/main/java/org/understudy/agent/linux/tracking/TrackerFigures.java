package org.understudy.agent.linux.tracking;

/**
 * What a tracker counted since it began.
 *
 * @param queueMarks ranges marked on submission
 * @param completeMarks ranges marked on completion
 * @param overflow ranges that could not be marked
 * @param passthrough operations to an unknown place
 * @param unknownCommands commands of the driver that carry no data; most of them change nothing
 * @param unkeyed completions without a remembered range
 * @param queueMisses times the kernel skipped the program; -1 if it does not count
 * @param completeMisses the same on completion; no doubt where bios are remembered
 * @param reused remembered bios whose completion was not seen, found when another bio had their address
 * @param takenInFlight ranges that drains took from the bios that were remembered
 * @param memoryBytes memory of the maps
 * @param form bits or bytes
 * @param queueVerified instructions that the verifier looked at; 0 if not known
 * @param completeVerified the same on completion
 */
public record TrackerFigures(
        long queueMarks,
        long completeMarks,
        long overflow,
        long passthrough,
        long unknownCommands,
        long unkeyed,
        long queueMisses,
        long completeMisses,
        long reused,
        long takenInFlight,
        long memoryBytes,
        String form,
        long queueVerified,
        long completeVerified) {}
