package org.understudy.agent.usedspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.layout.FileSystemInfo;
import org.understudy.agent.layout.FileSystemProbe;
import org.understudy.agent.layout.PartitionEntry;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;

/** Whole disks as sfdisk partitions them, and very large ones. */
@Tag("platform")
class WholeDisksPlatformTest {

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

    private void partition(Path image, String script) {
        new ProcessCommandRunner()
                .run(Command.of("sfdisk", "-q", image.toString())
                        .withInput(script.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .orThrow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "label: gpt\n1M,64M,U\n,1M,21686148-6449-6E6F-744E-656564454649\n,200M,L\n,,S\n",
                "label: gpt\nfirst-lba: 34\n34,100,L\n2048,,L\n",
                "label: dos\n2048,64M,83,*\n,32M,82\n,,E\n,50M,83\n,60M,83\n,,82\n",
                "label: dos\n63,100M,7,*\n"
            })
    void partitionsAreThoseOfSfdisk(String script) throws IOException {
        Path image = lab.image(500 * MIB + 512);
        partition(image, script);

        List<String> expected = new ArrayList<>();
        Matcher lines = Pattern.compile("raw(\\d+) : start= *(\\d+), size= *(\\d+)")
                .matcher(lab.run("sfdisk", "-d", image.toString()));
        while (lines.find()) {
            expected.add(lines.group(1) + " " + lines.group(2) + " " + lines.group(3));
        }
        try (ImageFile disk = new ImageFile(image)) {
            PartitionTable table = PartitionTable.read(disk);

            assertThat(table.damage()).isNull();
            assertThat(table.warnings()).isEmpty();
            assertThat(table.entries())
                    .extracting(e -> e.number() + " " + e.offsetBytes() / 512 + " " + e.sizeBytes() / 512)
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mkfs.ext2 -q -F -L name, ext2",
        "mkfs.ext3 -q -F -L name, ext3",
        "mkfs.ext4 -q -F -L name, ext4",
        "mkfs.xfs -q -f -L name, xfs",
        "mkfs.btrfs -q -f -L name, btrfs",
        "mkfs.vfat -F 32 -n NAME, vfat",
        "mkfs.vfat -F 16 -n NAME, vfat",
        "mkntfs -F -Q -q -L näme, ntfs",
        "mkswap -q -L name, swap"
    })
    void typeLabelAndUuidAreThoseOfBlkid(String mkfs, String type) throws IOException {
        Path image = lab.image(400 * MIB);
        lab.run((mkfs + " " + image).split(" "));

        try (ImageFile disk = new ImageFile(image)) {
            FileSystemInfo info = FileSystemProbe.probe(disk, 0, disk.sizeBytes());

            assertThat(info.type()).isEqualTo(type);
            for (String field : List.of("TYPE", "LABEL", "UUID")) {
                String value = field.equals("TYPE") ? info.type() : field.equals("LABEL") ? info.label() : info.uuid();
                assertThat(value)
                        .isEqualTo(lab.run("blkid", "-p", "-s", field, "-o", "value", image.toString())
                                .strip());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkfs.ext4 -q -F", "mkfs.xfs -q -f", "mkfs.btrfs -q -f"})
    void aTebibyteIsMappedInSeconds(String mkfs) throws IOException {
        Path image = lab.image(1L << 40);
        partition(image, "label: gpt\n2048,,L\n");
        long offset;
        long size;
        try (ImageFile disk = new ImageFile(image)) {
            PartitionEntry entry = PartitionTable.read(disk).entries().get(0);
            offset = entry.offsetBytes();
            size = entry.sizeBytes();
        }
        String loop = lab.loop(image, offset, size);
        lab.run((mkfs + " " + loop).split(" "));
        lab.run("sync", loop);

        try (ImageFile disk = new ImageFile(image)) {
            long start = System.nanoTime();
            UsedSpaceMap map = UsedSpace.of(disk, MetadataState.UNSETTLED);
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);

            assertThat(map.partitions()).allMatch(PartitionUse::mapped);
            assertThat(map.used().totalBytes()).isLessThan(size / 30);
            assertThat(elapsed).isLessThan(Duration.ofSeconds(10));
        }
    }
}
