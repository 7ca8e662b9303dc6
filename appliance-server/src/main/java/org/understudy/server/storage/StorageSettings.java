package org.understudy.server.storage;

import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.zfs.name.DatasetName;

/**
 * The pool: {@code understudy.storage.*}. Sizes are written as {@code 500MB}, {@code 200GB} or {@code 4TB} and count in powers
 * of 1024.
 *
 * @param kind {@code kind}: adapter that keeps the volumes, {@code btrfs} (default) or {@code zfs}; {@code memory} is for
 *     tests that bring it
 * @param poolFile {@code pool-file}: the sparse file that holds the pool if no device is given; made on first start, default
 *     {@code pool.img} in the data directory
 * @param poolSize {@code pool-size}: size of the pool file, at least 256 MB; default 200 GB, or 80 % of the free space around
 *     the file if that is less. A larger value on a later start grows the pool; a smaller one is ignored
 * @param device {@code device}: block device for the pool instead of a file; it must be empty or hold a pool of Understudy
 * @param mount {@code mount}: directory on which the pool is mounted (with {@code zfs}: below which), default {@code pool} in the data directory
 * @param reserve {@code reserve}: space that backups cannot use, so that a full pool can still be put in order; default 1 GB, or
 *     2 % of the pool if that is less
 * @param dataset {@code dataset}: for {@code zfs}, the file system below which the pool is kept, as in {@code tank/understudy};
 *     its pool must be there, it is made on first start
 */
@ConfigurationProperties("understudy.storage")
public record StorageSettings(
        @DefaultValue("btrfs") String kind,
        @Nullable Path poolFile,
        @Nullable DataSize poolSize,
        @Nullable Path device,
        @Nullable Path mount,
        @Nullable DataSize reserve,
        @Nullable String dataset) {

    private static final Set<String> KINDS = Set.of("btrfs", "zfs", "memory");

    /** So long that the longest name below it fits into ZFS's limit of 255 bytes. */
    private static final int LONGEST_DATASET = 120;

    private static final DataSize SMALLEST_POOL = DataSize.ofMegabytes(256);

    /** @throws ProblemException {@code INVALID_SETTING} */
    public StorageSettings {
        if (!KINDS.contains(kind)) {
            throw invalid(
                    "kind",
                    "\"" + kind + "\" is not an adapter",
                    "Write understudy.storage.kind=btrfs or understudy.storage.kind=zfs.");
        }
        checkDataset(kind, dataset);
        if (kind.equals("zfs") && (poolFile != null || poolSize != null || device != null)) {
            throw invalid(
                    "kind",
                    "pool-file, pool-size and device are for btrfs",
                    "Remove them; a pool of ZFS is made with its own tools and named by understudy.storage.dataset.");
        }
        requireAbsolute("pool-file", poolFile, "/var/lib/understudy/pool.img");
        requireAbsolute("device", device, "/dev/disk/by-id/…");
        requireAbsolute("mount", mount, "/var/lib/understudy/pool");
        if (device != null && poolFile != null) {
            throw invalid(
                    "device",
                    "pool-file is given too, but the pool is on one of them",
                    "Remove understudy.storage.device or understudy.storage.pool-file.");
        }
        if (device != null && poolSize != null) {
            throw invalid(
                    "pool-size",
                    "a device has its own size",
                    "Remove understudy.storage.pool-size; it is for pool files only.");
        }
        if (poolSize != null && poolSize.compareTo(SMALLEST_POOL) < 0) {
            throw invalid(
                    "pool-size",
                    poolSize.toBytes() + " bytes are too few for a pool",
                    "Write understudy.storage.pool-size=200GB, or at least 256MB.");
        }
        if (reserve != null && reserve.isNegative()) {
            throw invalid(
                    "reserve", "it is negative", "Write understudy.storage.reserve=1GB, or 0 to do without a reserve.");
        }
        if (reserve != null && poolSize != null && reserve.compareTo(poolSize) >= 0) {
            throw invalid(
                    "reserve",
                    "it leaves nothing of the pool",
                    "Write a reserve that is much smaller than the pool, such as understudy.storage.reserve=1GB.");
        }
    }

    private static void checkDataset(String kind, @Nullable String dataset) {
        String expected = "Write understudy.storage.dataset=POOL/understudy with the name of your pool.";
        if (kind.equals("zfs") && dataset == null) {
            throw invalid("dataset", "the store on ZFS needs the name of a file system", expected);
        }
        if (!kind.equals("zfs") && dataset != null) {
            throw invalid(
                    "dataset",
                    "it is for ZFS",
                    "Remove it, or write understudy.storage.kind=zfs to keep the pool on ZFS.");
        }
        if (dataset != null) {
            checkName(dataset, expected);
        }
    }

    private static void checkName(String dataset, String expected) {
        if (dataset.length() > LONGEST_DATASET) {
            throw invalid("dataset", "it is longer than " + LONGEST_DATASET + " letters", expected);
        }
        try {
            if (new DatasetName(dataset).parent().isEmpty()) {
                throw invalid(
                        "dataset", "\"" + dataset + "\" is a pool itself, which holds other things too", expected);
            }
        } catch (IllegalArgumentException e) {
            throw invalid("dataset", String.valueOf(e.getMessage()), expected);
        }
    }

    private static void requireAbsolute(String name, @Nullable Path path, String example) {
        if (path != null && !path.isAbsolute()) {
            throw invalid(
                    name,
                    "\"" + path + "\" is not an absolute path",
                    "Write understudy.storage." + name + "=" + example + ".");
        }
    }

    private static ProblemException invalid(String name, String reason, String expected) {
        return Problem.of(
                        ProblemCode.INVALID_SETTING,
                        "setting",
                        "understudy.storage." + name,
                        "reason",
                        reason,
                        "expected",
                        expected)
                .asException();
    }
}
