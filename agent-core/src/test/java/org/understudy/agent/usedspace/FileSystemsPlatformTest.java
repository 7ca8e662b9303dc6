package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/** Maps of real, used file systems: equal to what their own tools say, and enough to make a sound copy of every file. */
@Tag("platform")
class FileSystemsPlatformTest {

    private static final long MIB = 1L << 20;

    @TempDir
    Path folder;

    private Lab lab;

    @BeforeEach
    void open() {
        lab = new Lab(folder);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mkfs.ext2 -b 1024",
                "mkfs.ext2 -b 4096",
                "mkfs.ext2 -O ^sparse_super,^resize_inode -b 1024 -g 1024",
                "mkfs.ext3 -b 1024",
                "mkfs.ext3 -b 4096",
                "mkfs.ext4",
                "mkfs.ext4 -b 2048",
                "mkfs.ext4 -b 1024 -O ^flex_bg",
                "mkfs.ext4 -O ^64bit,^metadata_csum",
                "mkfs.ext4 -O uninit_bg,^metadata_csum,^64bit",
                "mkfs.ext4 -O uninit_bg,^metadata_csum,64bit -b 1024",
                "mkfs.ext4 -O meta_bg,^resize_inode -b 1024",
                "mkfs.ext4 -O meta_bg,^resize_inode,^flex_bg,uninit_bg,^metadata_csum -b 1024 -g 1024",
                "mkfs.ext4 -O bigalloc -C 65536",
                "mkfs.ext4 -O bigalloc -b 1024 -C 16384",
                "mkfs.ext4 -O sparse_super2 -b 1024",
                "mkfs.ext4 -O metadata_csum_seed,inline_data",
                "mkfs.ext4 -O ^has_journal",
                "mkfs.ext4 -O fast_commit,verity",
                "mkfs.ext4 -O mmp -I 512",
                "mkfs.ext4 -E packed_meta_blocks=1 -G 64 -b 1024"
            })
    void extCopiesAreSoundAndExact(String mkfs) throws IOException {
        Path image = lab.image(300 * MIB + 1536);
        lab.run(arguments(mkfs, "-q", "-F", image.toString()));
        Map<String, String> digests = fillAndUnmount(image, "rw");

        UsedSpaceMap map = mapped(image, MetadataState.UNSETTLED);

        long end = Files.size(image);
        ExtentSet free = FreeSpaceOracle.extFree(lab, image);
        // dumpe2fs lists whole clusters, also where the file system ends inside of one.
        assertThat(map.used().complement(end)).isEqualTo(free.intersect(ExtentSet.of(new Extent(0, end))));
        Path copy = lab.copyOf(image, map.used());
        lab.run("e2fsck", "-f", "-n", copy.toString());
        assertSameFiles(copy, "ro", digests);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mkfs.xfs",
                "mkfs.xfs -b size=1024",
                "mkfs.xfs -d agcount=5",
                "mkfs.xfs -m rmapbt=0,reflink=0,finobt=0,inobtcount=0,bigtime=0",
                "mkfs.xfs -m rmapbt=1",
                "mkfs.xfs -s size=4096 -l size=64m"
            })
    void xfsCopiesAreSoundAndExact(String mkfs) throws IOException {
        Path image = lab.image(400 * MIB);
        lab.run(arguments(mkfs, "-q", "-f", image.toString()));
        Map<String, String> digests = fillAndUnmount(image, "rw");

        UsedSpaceMap map = mapped(image, MetadataState.UNSETTLED);

        long blockSize = FreeSpaceOracle.xfsNumber(lab, image, "blocksize");
        long groups = FreeSpaceOracle.xfsNumber(lab, image, "agcount");
        ExtentSet truth = FreeSpaceOracle.xfsFree(lab, image);
        ExtentSet free = map.used().complement(Files.size(image));
        assertThat(free.subtract(truth).isEmpty()).isTrue();
        assertThat(truth.subtract(free).totalBytes()).isLessThanOrEqualTo(groups * 16 * blockSize);
        Path copy = lab.copyOf(image, map.used());
        lab.run("xfs_repair", "-n", copy.toString());
        assertSameFiles(copy, "ro,nouuid", digests);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mkfs.btrfs",
                "mkfs.btrfs -m single -d single",
                "mkfs.btrfs -m dup -d dup",
                "mkfs.btrfs -M -m dup -d dup",
                "mkfs.btrfs -M --nodesize 4096 -m single -d single",
                "mkfs.btrfs --csum xxhash",
                "mkfs.btrfs --csum sha256 --nodesize 65536",
                "mkfs.btrfs -R free-space-tree -O no-holes",
                "mkfs.btrfs -O ^no-holes,^extref,^skinny-metadata -R ^free-space-tree"
            })
    void btrfsCopiesAreSoundAndExact(String mkfs) throws IOException {
        Path image = lab.image(500 * MIB);
        lab.run(arguments(mkfs, "-q", "-f", image.toString()));
        Map<String, String> digests = fillAndUnmount(image, "rw");

        UsedSpaceMap map = mapped(image, MetadataState.UNSETTLED);

        int nodeSize = mkfs.contains("-M") ? 4096 : mkfs.contains("65536") ? 65536 : 16384;
        ExtentSet fixed = ExtentSet.of(new Extent(0, MIB), new Extent(64 * MIB, 4096));
        assertThat(map.used())
                .isEqualTo(FreeSpaceOracle.btrfsUsed(lab, image, nodeSize).union(fixed));
        Path copy = lab.copyOf(image, map.used());
        lab.run("btrfs", "check", copy.toString());
        assertSameFiles(copy, "ro", digests);
    }

    /** Kernels are built without these, so the file systems are filled by their tools or stay empty. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "mkfs.ext4 -O project",
                "mkfs.ext4 -O casefold",
                "mkfs.ext4 -b 16384",
                "mkfs.ext4 -b 65536 -O bigalloc -C 262144",
                "mkfs.xfs -m crc=0,finobt=0,rmapbt=0,reflink=0",
                "mkfs.xfs -b size=65536 -n size=65536"
            })
    void fileSystemsThatCannotBeMountedHereAreExactToo(String mkfs) throws IOException {
        Path image = lab.image(400 * MIB);
        boolean xfs = mkfs.contains("xfs");
        if (xfs) {
            lab.run(arguments(mkfs, "-q", "-f", image.toString()));
        } else {
            Path tree = Files.createDirectory(folder.resolve("tree"));
            lab.fill(tree, 20 * MIB, new Random(3));
            lab.run(arguments(mkfs, "-q", "-F", "-d", tree.toString(), image.toString()));
        }

        UsedSpaceMap map = mapped(image, MetadataState.UNSETTLED);

        ExtentSet free = map.used().complement(Files.size(image));
        Path copy = lab.copyOf(image, map.used());
        if (xfs) {
            ExtentSet truth = FreeSpaceOracle.xfsFree(lab, image);
            assertThat(free.subtract(truth).isEmpty()).isTrue();
            assertThat(truth.subtract(free).totalBytes()).isLessThan(4 * MIB);
            lab.run("xfs_repair", "-n", copy.toString());
        } else {
            assertThat(free).isEqualTo(FreeSpaceOracle.extFree(lab, image));
            lab.run("e2fsck", "-f", "-n", copy.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkfs.ext4", "mkfs.ext3", "mkfs.xfs", "mkfs.btrfs"})
    void frozenFileSystemsAreMapped(String mkfs) throws IOException {
        Path image = lab.image(500 * MIB);
        lab.run(arguments(mkfs, "-q", mkfs.contains("ext") ? "-F" : "-f", image.toString()));
        Path point = lab.mount(image, "rw");
        lab.fill(point, 30 * MIB, new Random(11));
        Files.writeString(point.resolve("last"), "written just before the freeze");
        lab.freeze(point);
        Map<String, String> digests = Lab.digests(point);

        UsedSpaceMap map = mapped(image, MetadataState.SETTLED);
        Path copy = lab.copyOf(image, map.used());
        lab.unmount();

        assertSameFiles(copy, mkfs.contains("xfs") ? "rw,nouuid" : "rw", digests);
    }

    private Map<String, String> fillAndUnmount(Path image, String options) throws IOException {
        Path point = lab.mount(image, options);
        lab.fill(point, 30 * MIB, new Random(4711));
        Map<String, String> digests = Lab.digests(point);
        lab.unmount();
        assertThat(digests).isNotEmpty();
        return digests;
    }

    private void assertSameFiles(Path copy, String options, Map<String, String> digests) throws IOException {
        assertThat(Lab.digests(lab.mount(copy, options))).isEqualTo(digests);
    }

    private static UsedSpaceMap mapped(Path image, MetadataState state) throws IOException {
        try (ImageFile disk = new ImageFile(image)) {
            UsedSpaceMap map = UsedSpace.of(disk, state);
            assertThat(map.partitions())
                    .allSatisfy(use ->
                            assertThat(use.mapped()).as(use.explanation()).isTrue());
            return map;
        }
    }

    private static List<String> arguments(String command, String... more) {
        List<String> arguments = new ArrayList<>(Arrays.asList(command.split(" ")));
        arguments.addAll(Arrays.asList(more));
        return arguments;
    }
}
