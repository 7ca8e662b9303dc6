package org.understudy.agent.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** Freezes scripted disks and remembers what they were at the instant of the last freeze. */
public final class FakeFreezer implements Freezer {

    private final List<ScriptedDisk> disks;
    private final Map<String, byte[]> truth = new HashMap<>();
    private int freezes;
    private int frozen;
    private int openHolds;
    private boolean refuses;
    private int watchdogBites;

    public FakeFreezer(List<ScriptedDisk> disks) {
        this.disks = disks;
    }

    /** The kernel refuses from now on. */
    public void refuse() {
        refuses = true;
    }

    /** The watchdog thaws before the agent does, from now on. */
    public void biteEarly() {
        watchdogBites = Integer.MAX_VALUE;
    }

    /** As {@link #biteEarly()}, so many times. */
    public void biteEarly(int times) {
        watchdogBites = times;
    }

    /** Normalised content of a disk at the last freeze. */
    public byte[] truth(String disk) {
        byte[] content = truth.get(disk);
        if (content == null) {
            throw new IllegalStateException(disk + " was never frozen");
        }
        return content;
    }

    public int freezes() {
        return freezes;
    }

    public boolean isFrozen() {
        return frozen > 0;
    }

    public int openHolds() {
        return openHolds;
    }

    @Override
    public Hold prepare(List<FileSystemMount> mounts, Duration limit) {
        openHolds++;
        return new FakeHold(mounts);
    }

    private final class FakeHold implements Hold {

        private final List<ScriptedDisk> held = new ArrayList<>();
        private boolean isFrozen;
        private boolean closed;

        FakeHold(List<FileSystemMount> mounts) {
            for (ScriptedDisk disk : disks) {
                if (mounts.stream().anyMatch(mount -> mount.mountPoint().endsWith(disk.key()))) {
                    held.add(disk);
                }
            }
        }

        @Override
        public void sync() {
            if (isFrozen) {
                throw new IllegalStateException("sync of a frozen file system");
            }
        }

        @Override
        public List<FileSystemMount> freeze() {
            if (refuses) {
                throw Problem.of(ProblemCode.FREEZE_FAILED, "mountPoint", "/mnt", "reason", "operation not supported")
                        .asException();
            }
            held.forEach(ScriptedDisk::freeze);
            disks.forEach(disk -> truth.put(disk.key(), disk.normalised()));
            isFrozen = true;
            frozen++;
            freezes++;
            return List.of();
        }

        @Override
        public boolean thaw() {
            boolean was = isFrozen;
            if (was) {
                held.forEach(ScriptedDisk::thaw);
                frozen--;
            }
            isFrozen = false;
            return was && --watchdogBites < 0;
        }

        @Override
        public void close() {
            if (isFrozen) {
                thaw();
            }
            if (!closed) {
                closed = true;
                openHolds--;
            }
        }
    }
}
