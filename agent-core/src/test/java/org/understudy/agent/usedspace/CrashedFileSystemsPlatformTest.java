package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps of file systems as a power cut leaves them: nothing that their recovery needs is missing. */
@Tag("platform")
class CrashedFileSystemsPlatformTest {

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
                "mkfs.ext3 -b 1024",
                "mkfs.ext4",
                "mkfs.ext4 -b 1024 -J size=16",
                "mkfs.ext4 -b 1024 -J size=2",
                "mkfs.ext4 -O ^metadata_csum,^64bit",
                "mkfs.ext4 -O ^metadata_csum,uninit_bg",
                "mkfs.ext4 -O bigalloc"
            })
    void anUnreplayedJournalIsTakenIntoAccount(String mkfs) throws IOException {
        Path image = lab.image(300 * MIB);
        lab.run((mkfs + " -q -F " + image).split(" "));
        Path point = lab.mount(image, "rw,data=ordered");
        lab.fill(point, 40 * MIB, new Random(99));
        Map<String, String> digests = Lab.digests(point);
        Path crashed = crash(image);
        lab.unmount();
        assertThat(lab.run("dumpe2fs", "-h", crashed.toString())).contains("needs_recovery");

        UsedSpaceMap map = map(crashed, MetadataState.UNSETTLED);

        assertThat(map.partitions().get(0).explanation()).isEqualTo("mapped, as after the replay of its journal");
        Path copy = lab.copyOf(crashed, map.used());
        assertThat(Lab.digests(lab.mount(copy, "rw"))).isEqualTo(digests);
        lab.unmount();
        lab.run("e2fsck", "-f", "-n", copy.toString());
        // What the tools say of the replayed original is the truth about its space.
        lab.mount(crashed, "rw");
        lab.unmount();
        long used = Files.size(crashed) - FreeSpaceOracle.extFree(lab, crashed).totalBytes();
        assertThat(map.used().totalBytes()).isBetween(used, used + used / 50 + MIB);
    }

    @Test
    void anExt2ThatWasNotUnmountedIsReadWhole() throws IOException {
        Path image = lab.image(64 * MIB);
        lab.run("mkfs.ext2", "-q", "-F", image.toString());
        lab.mount(image, "rw");

        UsedSpaceMap map = map(crash(image), MetadataState.UNSETTLED);

        assertThat(map.used().totalBytes()).isEqualTo(64 * MIB);
        assertThat(map.partitions().get(0).explanation())
                .isEqualTo("read whole: it has no journal and was not unmounted cleanly");
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkfs.xfs", "mkfs.xfs -l su=32768,size=64m -d su=32768,sw=1,agcount=2"})
    void anXfsWithADirtyLogIsReadWholeUnlessItWasFrozen(String mkfs) throws IOException {
        Path image = lab.image(400 * MIB);
        lab.run((mkfs + " -q -f " + image).split(" "));
        assertThat(map(image, MetadataState.UNSETTLED).partitions().get(0).mapped())
                .isTrue();
        for (int round = 0; round < 3; round++) {
            Path point = lab.mount(image, "rw");
            lab.fill(Files.createDirectory(point.resolve("round" + round)), 5 * MIB, new Random(round));
            assertThat(map(crash(image), MetadataState.UNSETTLED)
                            .partitions()
                            .get(0)
                            .explanation())
                    .isEqualTo("read whole: its log may have to be replayed");
            lab.freeze(point);
            assertThat(map(crash(image), MetadataState.SETTLED)
                            .partitions()
                            .get(0)
                            .mapped())
                    .isTrue();
            lab.unmount();
            assertThat(map(image, MetadataState.UNSETTLED).partitions().get(0).explanation())
                    .isEqualTo("mapped");
        }
    }

    @Test
    void filesSyncedToTheLogTreeOfBtrfsAreInTheMap() throws IOException {
        Path image = lab.image(400 * MIB);
        lab.run("mkfs.btrfs", "-q", image.toString());
        Path point = lab.mount(image, "rw,commit=300");
        lab.fill(point, 20 * MIB, new Random(1));
        Random random = new Random(2);
        for (int i = 0; i < 20; i++) {
            byte[] content = new byte[1 + random.nextInt(300_000)];
            random.nextBytes(content);
            try (FileChannel file = FileChannel.open(
                    point.resolve("synced" + i), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(content));
                file.force(true);
            }
        }
        Map<String, String> digests = Lab.digests(point);
        Path crashed = crash(image);
        lab.unmount();
        assertThat(lab.run("btrfs", "inspect-internal", "dump-super", crashed.toString()))
                .doesNotContainPattern("log_root\\s+0\n");

        UsedSpaceMap map = map(crashed, MetadataState.UNSETTLED);

        assertThat(map.partitions().get(0).explanation()).isEqualTo("mapped");
        Path copy = lab.copyOf(crashed, map.used());
        Files.delete(crashed);
        Files.delete(image);
        assertThat(Lab.digests(lab.mount(copy, "rw"))).isEqualTo(digests);
        lab.unmount();
        lab.run("btrfs", "check", copy.toString());
    }

    /** The image as it is at this instant, with its file system still mounted. */
    private Path crash(Path image) throws IOException {
        return Files.copy(image, folder.resolve("crashed.raw"), StandardCopyOption.REPLACE_EXISTING);
    }

    private static UsedSpaceMap map(Path image, MetadataState state) throws IOException {
        try (ImageFile disk = new ImageFile(image)) {
            return UsedSpace.of(disk, state);
        }
    }
}
