package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maps of NTFS, FAT and swap made by their tools; filled by ntfs-3g and mtools, since the kernel need not know them. */
@Tag("platform")
class NtfsAndFatPlatformTest {

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
    @ValueSource(strings = {"-c 4096", "-c 512", "-c 65536", "-c 2048"})
    void ntfsCopiesAreSoundAndExact(String options) throws IOException {
        Path image = lab.image(100 * MIB);
        lab.run(("mkntfs -F -Q -q " + options + " " + image).split(" "));
        Path point = lab.mountWith(image, "ntfs-3g");
        lab.fill(point, 30 * MIB, new Random(8));
        Map<String, String> digests = Lab.digests(point);
        lab.unmount();

        UsedSpaceMap map = map(image, MetadataState.UNSETTLED);

        assertThat(map.partitions().get(0).explanation()).isEqualTo("mapped");
        String info = lab.run("ntfsinfo", "-m", image.toString());
        long clusterBytes = number("Cluster Size: (\\d+)", info);
        long free = number("Free Clusters: (\\d+)", info) * clusterBytes;
        // The tools do not count the backup boot sector and the rest after the last cluster.
        assertThat(Files.size(image) - map.used().totalBytes()).isBetween(free - MIB, free);
        Path copy = lab.copyOf(image, map.used());
        lab.run("ntfsfix", "-n", copy.toString());
        assertThat(Lab.digests(lab.mountWith(copy, "ntfs-3g"))).isEqualTo(digests);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-F 12 -s 8|10", "-F 16|60", "-F 32|100", "-F 32 -s 1 -f 1|70", "-F 32 -S 4096|300"})
    void fatCopiesAreSoundAndExact(String optionsAndSize) throws IOException {
        String[] parts = optionsAndSize.split("\\|");
        Path image = lab.image(Long.parseLong(parts[1]) * MIB);
        lab.run(("mkfs.vfat " + parts[0] + " " + image).split(" "));
        Path tree = Files.createDirectory(folder.resolve("tree"));
        lab.fill(tree, 4 * MIB, new Random(5));
        lab.run("mcopy", "-s", "-i", image.toString(), tree.toString(), "::/");
        try (Stream<Path> folders = Files.list(tree)) {
            Path victim = folders.sorted().findFirst().orElseThrow();
            lab.run("mdeltree", "-i", image.toString(), "::/tree/" + victim.getFileName());
        }

        UsedSpaceMap map = map(image, MetadataState.UNSETTLED);

        assertThat(map.partitions().get(0).explanation()).isEqualTo("mapped");
        Matcher check = Pattern.compile("files, (\\d+)/(\\d+) clusters")
                .matcher(lab.run("fsck.vfat", "-n", "-v", image.toString()));
        assertThat(check.find()).isTrue();
        long clusterBytes = number("(\\d+) bytes per cluster", lab.run("fsck.vfat", "-n", "-v", image.toString()));
        long freeBytes = (Long.parseLong(check.group(2)) - Long.parseLong(check.group(1))) * clusterBytes;
        assertThat(Files.size(image) - map.used().totalBytes()).isBetween(freeBytes - clusterBytes, freeBytes);
        Path copy = lab.copyOf(image, map.used());
        lab.run("fsck.vfat", "-n", copy.toString());
        assertThat(files(copy, "copied")).isEqualTo(files(image, "original"));
    }

    private Map<String, String> files(Path image, String name) throws IOException {
        Path out = Files.createDirectory(folder.resolve(name));
        lab.run("mcopy", "-s", "-n", "-i", image.toString(), "::/tree", out.toString());
        Map<String, String> digests = Lab.digests(out);
        assertThat(digests).isNotEmpty();
        return digests;
    }

    @Test
    void ofSwapOnlyTheHeaderIsUsed() throws IOException {
        Path image = lab.image(64 * MIB);
        lab.run("mkswap", "-L", "auslagerung", image.toString());

        UsedSpaceMap map = map(image, MetadataState.UNSETTLED);

        assertThat(map.used().totalBytes()).isEqualTo(4096);
        assertThat(map.partitions()).extracting(PartitionUse::type).isEqualTo(List.of("swap"));
    }

    private static long number(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    private static UsedSpaceMap map(Path image, MetadataState state) throws IOException {
        try (ImageFile disk = new ImageFile(image)) {
            return UsedSpace.of(disk, state);
        }
    }
}
