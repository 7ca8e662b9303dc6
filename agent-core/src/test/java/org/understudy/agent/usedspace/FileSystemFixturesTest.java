package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.layout.FileSystemProbe;
import org.understudy.core.extent.ExtentSet;

/** Maps of small real file systems, whole and damaged. */
@Timeout(120)
class FileSystemFixturesTest {

    private static final int ROUNDS = 150;

    private static FileSystemMap map(String type) {
        return switch (type) {
            case "ext3", "ext4" -> new ExtUsedSpace();
            case "xfs" -> new XfsUsedSpace();
            case "btrfs" -> new BtrfsUsedSpace();
            case "ntfs" -> new NtfsUsedSpace();
            case "vfat" -> new FatUsedSpace();
            case "swap" -> new SwapUsedSpace();
            default -> throw new IllegalArgumentException(type);
        };
    }

    /** The numbers are those of dumpe2fs, xfs_db (and 16 blocks of free lists), btrfs dump-tree, ntfsinfo and fsck.vfat. */
    @ParameterizedTest
    @CsvSource({
        "ext4-crashed, ext4, 4847616, 'mapped, as after the replay of its journal'",
        "ext3, ext3, 2574336, mapped",
        "ext3-crashed, ext3, 1277952, 'mapped, as after the replay of its journal'",
        "ext4-bigalloc, ext4, 5111808, mapped",
        "ext4-meta_bg, ext4, 229376, mapped",
        "xfs, xfs, 67579904, mapped",
        "xfs-v4, xfs, 67256320, mapped",
        "btrfs, btrfs, 1523712, mapped",
        "btrfs-log, btrfs, 1589248, mapped",
        "ntfs, ntfs, 2564096, mapped",
        "fat12, vfat, 23040, mapped",
        "fat32, vfat, 662016, mapped",
        "swap, swap, 4096, 'mapped, the header only'"
    })
    void fixturesAreMapped(String name, String type, long usedBytes, String explanation) throws IOException {
        SparseImage image = SparseImage.resource(name + ".sparse.gz");

        UsedSpaceMap map = UsedSpace.of(image, MetadataState.UNSETTLED);

        assertThat(map.partitions())
                .isEqualTo(List.of(new PartitionUse(0, 0, image.sizeBytes(), type, usedBytes, explanation)));
        assertThat(map.used().totalBytes()).isEqualTo(usedBytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ext4-crashed",
                "ext3",
                "ext3-crashed",
                "ext4-bigalloc",
                "ext4-meta_bg",
                "xfs",
                "xfs-v4",
                "btrfs",
                "btrfs-log",
                "ntfs",
                "fat12",
                "fat32",
                "swap"
            })
    void damagedFileSystemsAreMappedOrReadWholeButNeverBreakTheParser(String name) throws IOException {
        SparseImage image = SparseImage.resource(name + ".sparse.gz");
        FileSystemMap map = map(FileSystemProbe.probe(image).type());
        ExtentSet original = UsedSpace.of(image, MetadataState.UNSETTLED).used();
        boolean checksummed = List.of("ext4-bigalloc", "xfs", "btrfs").contains(name);
        for (int seed = 0; seed < ROUNDS; seed++) {
            Random random = new Random(seed);
            SparseImage damaged = image.damaged(random, 1 + random.nextInt(4));
            MetadataState state = random.nextBoolean() ? MetadataState.SETTLED : MetadataState.UNSETTLED;
            ExtentCollector used = new ExtentCollector();
            try {
                // Without the facade, which would also catch what must not happen.
                map.addUsed(damaged, state, used);
                if (checksummed) {
                    assertThat(original.subtract(used.toSet()).isEmpty())
                            .as("%s seed %d", name, seed)
                            .isTrue();
                }
            } catch (UnmappableException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            assertComplete(UsedSpace.of(damaged, state), damaged.sizeBytes(), name + " seed " + seed);
        }
    }

    private static void assertComplete(UsedSpaceMap map, long sizeBytes, String about) {
        for (PartitionUse use : map.partitions()) {
            assertThat(use.explanation()).as(about).doesNotContain("could not be parsed");
            if (!use.mapped()) {
                assertThat(use.usedBytes()).as(about).isEqualTo(use.sizeBytes());
            }
        }
        assertThat(map.used().totalBytes()).as(about).isLessThanOrEqualTo(sizeBytes);
    }

    @Test
    void twoFileSystemsInOnePlaceAreReadWhole() throws IOException {
        SparseImage image = SparseImage.resource("btrfs.sparse.gz");
        byte[] superblock = new byte[1024];
        SparseImage.resource("ext3.sparse.gz").read(1024, java.nio.ByteBuffer.wrap(superblock));
        image.write(1024, superblock);

        UsedSpaceMap map = UsedSpace.of(image, MetadataState.SETTLED);

        assertThat(map.partitions().get(0).explanation())
                .isEqualTo("read whole: signatures of several types: ext3, btrfs");
        assertThat(map.used().totalBytes()).isEqualTo(image.sizeBytes());
    }

    @Test
    void aMediumThatFailsIsReadWhole() throws IOException {
        SparseImage image = SparseImage.resource("xfs.sparse.gz");
        FailingDisk disk = new FailingDisk(image, 512, 1024);

        UsedSpaceMap map = UsedSpace.ofVolume(disk, MetadataState.SETTLED);

        assertThat(map.partitions().get(0).explanation())
                .startsWith("read whole: its allocation records cannot be read");
        assertThat(map.used().totalBytes()).isEqualTo(image.sizeBytes());
    }
}
