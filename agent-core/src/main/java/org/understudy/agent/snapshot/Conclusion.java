package org.understudy.agent.snapshot;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.Consistency;

/** What may be said of an image, from the way in which it came about. Used by one thread. */
final class Conclusion {

    private final List<ViewedDisk> disks;
    private final FreezeStep freeze;

    Conclusion(List<ViewedDisk> disks, FreezeStep freeze) {
        this.disks = disks;
        this.freeze = freeze;
    }

    /**
     * The heads hold what was read while everything was frozen.
     *
     * @param restless whether a disk that cannot be frozen changed meanwhile
     */
    ViewOutcome frozen(boolean restless, List<FileSystemMount> syncedOnly) {
        if (restless) {
            return outcome(
                    Consistency.CRASH,
                    "A disk without mounted file systems changed while the file systems of the others were frozen.",
                    true);
        }
        String synced = syncedOnly.stream()
                .map(mount -> mount.mountPoint() + " (" + mount.type() + ")")
                .collect(Collectors.joining(", "));
        return outcome(
                Consistency.FILE_SYSTEM,
                "All mounted file systems were frozen at one instant"
                        + (synced.isEmpty() ? "." : ", but for " + synced + ", which can only be synced."),
                true);
    }

    /**
     * The disks held still by themselves.
     *
     * @param trouble why nothing was frozen, half a sentence
     */
    ViewOutcome stoodStill(@Nullable String trouble) throws IOException {
        if (disks.stream().anyMatch(ViewedDisk::isMounted)) {
            return outcome(
                    Consistency.CRASH,
                    "The image is the disk at one instant between two equal readings, as after a power cut, because "
                            + trouble + ".",
                    false);
        }
        for (ViewedDisk disk : disks) {
            if (disk.inUse()) {
                return outcome(
                        Consistency.CRASH,
                        "The disk " + disk.key()
                                + " did not change between two readings, but something holds it that cannot be frozen.",
                        false);
            }
        }
        return outcome(
                Consistency.FILE_SYSTEM,
                "No file system of the disks is mounted, and they did not change between two readings.",
                false);
    }

    /**
     * No pass found the disks still.
     *
     * @param trouble why nothing was frozen, half a sentence; null if nothing is mounted
     */
    ViewOutcome restless(int passes, @Nullable String trouble) {
        return outcome(
                Consistency.CRASH,
                "The image is not one instant: the disks changed during each of " + passes + " passes"
                        + (trouble == null ? "." : ", and " + trouble + "."),
                false);
    }

    private ViewOutcome outcome(Consistency consistency, String reason, boolean frozen) {
        Map<String, Long> used = new HashMap<>();
        disks.forEach(disk -> used.put(disk.key(), disk.used().totalBytes()));
        return new ViewOutcome(consistency, reason, frozen, freeze.frozenMillis(), used);
    }
}
