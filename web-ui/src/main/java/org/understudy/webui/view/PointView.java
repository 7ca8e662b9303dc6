package org.understudy.webui.view;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One recovery point. */
public record PointView(
        String id,
        LinkView host,
        LinkView run,
        TimeView taken,
        List<BadgeView> badges,
        List<FactView> facts,
        List<Disk> disks,
        @Nullable Verification verification,
        @Nullable ProgressView verifying,
        @Nullable Manifest manifest,
        @Nullable ProblemView manifestProblem,
        boolean pinned,
        @Nullable TimeView lockedUntil,
        String earliestLock,
        boolean suspect,
        boolean running,
        StartForm form,
        List<TakeoverRow> machines) {

    /** A disk of the point. */
    public record Disk(String name, String key, String size, String used, String changed) {}

    /** What the last read-back found. */
    public record Verification(
            BadgeView outcome,
            TimeView ended,
            String duration,
            String blocks,
            String mismatchCount,
            List<Mismatch> mismatches,
            boolean more) {}

    /** A damaged place. */
    public record Mismatch(String disk, String offset, String length) {}

    /** The manifest, as far as it is for people. */
    public record Manifest(List<FactView> facts, List<Digest> digests) {}

    /** A disk in the manifest. */
    public record Digest(String disk, String blockSize, String blocks, String sent, String sha256) {}

    /** What the form for takeovers and drills is filled with. */
    public record StartForm(
            String cpus,
            String memoryMebibytes,
            List<OptionView> diskBuses,
            List<OptionView> nics,
            List<OptionView> firmware) {}
}
