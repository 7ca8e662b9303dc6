package org.understudy.agent.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.agent.usedspace.MetadataState;
import org.understudy.agent.usedspace.PartitionUse;
import org.understudy.agent.usedspace.SparseImage;
import org.understudy.agent.usedspace.UsedSpace;
import org.understudy.agent.usedspace.UsedSpaceMap;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.HostFacts;

@Timeout(60)
class PartitionTableTest {

    private static final long MIB = 1L << 20;

    private static DiskBuilder gpt(int sector) {
        long unit = MIB / sector;
        return new DiskBuilder(100 * MIB, sector)
                .protective()
                .gptEntry(0, DiskBuilder.ESP, unit, 11 * unit - 1, "EFI")
                .gptEntry(4, DiskBuilder.LINUX, 20 * unit, 90 * unit - 1, "wurzel ü")
                .gpt();
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096})
    void gptIsReadWithEitherSectorSize(int sector) throws IOException {
        PartitionTable table = PartitionTable.read(gpt(sector).image());

        assertThat(table.kind()).isEqualTo(PartitionTable.Kind.GPT);
        assertThat(table.sectorBytes()).isEqualTo(sector);
        assertThat(table.damage()).isNull();
        assertThat(table.warnings()).isEmpty();
        assertThat(table.entries()).extracting(PartitionEntry::number).containsExactly(1, 5);
        PartitionEntry efi = table.entries().get(0);
        assertThat(efi.offsetBytes()).isEqualTo(MIB);
        assertThat(efi.sizeBytes()).isEqualTo(10 * MIB);
        assertThat(efi.type()).isEqualTo(DiskBuilder.ESP);
        assertThat(efi.flags()).containsExactly(PartitionEntry.Flag.EFI_SYSTEM);
        assertThat(table.entries().get(1).name()).isEqualTo("wurzel ü");
        assertThat(table.entries().get(1).uuid()).isEqualTo("00000000-0000-0004-0000-000000000007");
    }

    @Test
    void theBackupIsUsedWhenThePrimaryIsDamaged() throws IOException {
        DiskBuilder disk = gpt(512);
        disk.image().write(512 + 40, (byte) 0x77);

        PartitionTable table = PartitionTable.read(disk.image());

        assertThat(table.damage()).isNull();
        assertThat(table.warnings()).containsExactly("the primary GPT is damaged; the backup was used");
        assertThat(table.entries()).hasSize(2);
    }

    @Test
    void aGptWithBothHeadersDamagedMakesTheDiskUsedWhole() throws IOException {
        DiskBuilder disk = gpt(512);
        disk.image().write(512 + 40, (byte) 0x77);
        disk.image().write(100 * MIB - 512 + 40, (byte) 0x77);

        assertThat(PartitionTable.read(disk.image()).damaged()).isTrue();
        UsedSpaceMap map = UsedSpace.of(disk.image(), MetadataState.SETTLED);
        assertThat(map.used()).isEqualTo(ExtentSet.of(new Extent(0, 100 * MIB)));
        assertThat(map.partitions().get(0).explanation())
                .startsWith("read whole: the partition table is damaged: there is a protective MBR, but neither");
    }

    @Test
    void overlappingAndOutlyingEntriesAreDamage() throws IOException {
        SparseImage overlapping = gpt(512).gptEntry(7, DiskBuilder.LINUX, 89 * 2048, 95 * 2048, "")
                .gpt()
                .image();
        SparseImage outside = gpt(512).gptEntry(7, DiskBuilder.LINUX, 2, Long.MAX_VALUE, "")
                .gpt()
                .image();
        SparseImage backwards =
                gpt(512).gptEntry(7, DiskBuilder.LINUX, 4096, 2048, "").gpt().image();

        assertThat(PartitionTable.read(overlapping).damage()).isEqualTo("partitions 5 and 8 overlap");
        assertThat(PartitionTable.read(outside).damage()).isEqualTo("partition 8 does not lie inside of the disk");
        assertThat(PartitionTable.read(backwards).damage()).isEqualTo("partition 8 does not lie inside of the disk");
    }

    @Test
    void ofAHybridTheGptCounts() throws IOException {
        SparseImage disk = gpt(512).mbr(0, 1, 0x80, 0x83, 20 * 2048, 70 * 2048).image();

        assertThat(PartitionTable.read(disk).entries())
                .extracting(PartitionEntry::number)
                .containsExactly(1, 5);
        assertThat(BootFirmware.of(disk, PartitionTable.read(disk))).isEqualTo(HostFacts.Firmware.BIOS);
    }

    @Test
    void aHybridEntryOutsideOfTheGptIsDamage() throws IOException {
        SparseImage disk = gpt(512).mbr(0, 1, 0, 0x83, 12 * 2048, 9 * 2048).image();

        assertThat(PartitionTable.read(disk).damage())
                .isEqualTo("entry 2 of its hybrid MBR lies outside of all GPT partitions");
    }

    @Test
    void aBootSectorWithoutPartitionsProvesNothing() throws IOException {
        SparseImage disk = new DiskBuilder(100 * MIB, 512).mbr(0, 0, 0, 0, 0, 0).image();

        UsedSpaceMap map = UsedSpace.of(disk, MetadataState.SETTLED);

        assertThat(map.used().totalBytes()).isEqualTo(100 * MIB);
        assertThat(map.partitions().get(0).explanation()).isEqualTo("read whole: the partition table is empty");
    }

    @Test
    void aDynamicDiskIsReadWholeAlthoughItsFirstVolumeShows() throws IOException {
        SparseImage disk = new DiskBuilder(100 * MIB, 512)
                .mbr(0, 0, 0, 0x42, 2048, 190_000)
                .image();
        disk.put(MIB, SparseImage.resource("/org/understudy/agent/usedspace/ntfs.sparse.gz"));

        assertThat(UsedSpace.of(disk, MetadataState.SETTLED).used().totalBytes())
                .isGreaterThanOrEqualTo(190_000 * 512L);
    }

    @Test
    void aGptThatLostItsProtectionIsNotReliedOn() throws IOException {
        DiskBuilder disk = gpt(512);
        disk.image().write(446, new byte[66]);

        assertThat(PartitionTable.read(disk.image()).damage()).contains("no protective MBR");
    }

    private static DiskBuilder logical() {
        return new DiskBuilder(100 * MIB, 512)
                .mbr(0, 0, 0x80, 0x83, 2048, 20480)
                .mbr(0, 2, 0, 0x0f, 40960, 100_000)
                .mbr(40960, 0, 0, 0x83, 2048, 20000)
                .mbr(40960, 1, 0, 0x05, 30000, 30000)
                .mbr(70960, 0, 0, 0x82, 2048, 20000);
    }

    @Test
    void logicalPartitionsAreNumberedFromFive() throws IOException {
        PartitionTable table = PartitionTable.read(logical().image());

        assertThat(table.kind()).isEqualTo(PartitionTable.Kind.MBR);
        assertThat(table.damage()).isNull();
        assertThat(table.entries()).extracting(PartitionEntry::number).containsExactly(1, 3, 5, 6);
        assertThat(table.entries()).extracting(PartitionEntry::type).containsExactly("0x83", "0x0f", "0x83", "0x82");
        assertThat(table.entries())
                .extracting(PartitionEntry::offsetBytes)
                .containsExactly(2048 * 512L, 40960 * 512L, 43008 * 512L, 73008 * 512L);
        assertThat(table.dataPartitions()).hasSize(3);
        assertThat(table.tableExtents()).contains(new Extent(40960 * 512L, 512), new Extent(70960 * 512L, 512));
    }

    @Test
    void aLoopOfExtendedRecordsIsDamage() throws IOException {
        SparseImage disk = logical().mbr(70960, 1, 0, 0x05, 0, 30000).image();

        assertThat(PartitionTable.read(disk).damage()).contains("loop");
    }

    @Test
    void anExtendedRecordOutsideOfItsContainerIsDamage() throws IOException {
        SparseImage disk = logical().mbr(70960, 1, 0, 0x05, 0xfffffff0L, 30000).image();

        assertThat(PartitionTable.read(disk).damage()).contains("leaves the extended partition");
    }

    @Test
    void aPrimaryThatReachesPastTheDiskIsDamage() throws IOException {
        SparseImage disk = logical().mbr(0, 1, 0, 0x83, 150_000, 0xffffffffL).image();

        assertThat(PartitionTable.read(disk).damage()).isEqualTo("partition 2 does not lie inside of the disk");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4-crashed", "xfs", "btrfs", "ntfs", "fat12", "fat32", "swap"})
    void aFileSystemOnTheWholeDiskIsNoTable(String name) throws IOException {
        SparseImage disk = SparseImage.resource("/org/understudy/agent/usedspace/" + name + ".sparse.gz");

        assertThat(PartitionTable.read(disk).kind()).isEqualTo(PartitionTable.Kind.NONE);
    }

    @Test
    void anEmptyDiskHasNoTableAndIsReadWhole() throws IOException {
        UsedSpaceMap map = UsedSpace.of(SparseImage.ofSize(5 * MIB, 512), MetadataState.SETTLED);

        assertThat(map.partitions())
                .isEqualTo(
                        List.of(new PartitionUse(0, 0, 5 * MIB, "unknown", 5 * MIB, "read whole: no map for unknown")));
    }

    @Test
    void firmwareIsUefiOnlyIfNothingElseCanStartTheDisk() throws IOException {
        assertThat(firmware(gpt(512))).isEqualTo(HostFacts.Firmware.UEFI);
        assertThat(firmware(gpt(512).bootCode("\u00eb\u0063 GRUB "))).isEqualTo(HostFacts.Firmware.BIOS);
        assertThat(firmware(gpt(512).bootCode("\u0033\u00c0 Missing operating system")))
                .isEqualTo(HostFacts.Firmware.UEFI);
        assertThat(firmware(gpt(512).gptEntry(9, DiskBuilder.BIOS_BOOT, 12 * 2048, 13 * 2048, "")
                        .gpt()))
                .isEqualTo(HostFacts.Firmware.BIOS);
        assertThat(firmware(logical())).isEqualTo(HostFacts.Firmware.BIOS);
        assertThat(firmware(new DiskBuilder(MIB, 512))).isEqualTo(HostFacts.Firmware.BIOS);
        assertThat(firmware(new DiskBuilder(100 * MIB, 512).mbr(0, 0, 0, 0xef, 2048, 2048)))
                .isEqualTo(HostFacts.Firmware.UEFI);
    }

    private static HostFacts.Firmware firmware(DiskBuilder disk) throws IOException {
        return BootFirmware.of(disk.image(), PartitionTable.read(disk.image()));
    }

    @Test
    void aDiskIsMappedFromItsTableToItsBackup() throws IOException {
        SparseImage ext = SparseImage.resource("/org/understudy/agent/usedspace/ext3.sparse.gz");
        SparseImage disk = gpt(512).image();
        disk.put(20 * MIB, ext);

        UsedSpaceMap map = UsedSpace.of(disk, MetadataState.UNSETTLED);

        ExtentSet inside = UsedSpace.of(ext, MetadataState.UNSETTLED).used();
        // The file system is smaller than its partition, of whose rest the end is read; the disk's gaps are small.
        ExtentSet rest = ExtentSet.of(
                new Extent(0, 11 * MIB),
                new Extent(11 * MIB, 9 * MIB),
                Extent.between(89 * MIB, 90 * MIB),
                Extent.between(90 * MIB, 100 * MIB));
        assertThat(map.used()).isEqualTo(inside.shifted(20 * MIB).union(rest));
        assertThat(map.partitions()).extracting(PartitionUse::number).containsExactly(0, 1, 5);
        assertThat(map.partitions())
                .extracting(PartitionUse::type)
                .containsExactly("table and gaps", "unknown", "ext3");
    }

    @Test
    void ofLargeGapsOnlyTheEndsAreRead() throws IOException {
        SparseImage disk = new DiskBuilder(1000 * MIB, 512)
                .mbr(0, 0, 0x80, 0x83, 2048, 2048)
                .image();

        assertThat(UsedSpace.of(disk, MetadataState.SETTLED).used())
                .isEqualTo(ExtentSet.of(new Extent(0, 3 * MIB), new Extent(999 * MIB, MIB)));
    }

    @Test
    void damagedTablesGiveAResultOrSayThatTheyAreDamaged() throws IOException {
        SparseImage small = gpt(512).image();
        SparseImage chain = logical().image();
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            SparseImage damaged = (seed % 2 == 0 ? small : chain).damaged(random, 1 + random.nextInt(3));
            PartitionTable table = PartitionTable.read(damaged);
            if (!table.damaged()) {
                long end = 0;
                for (PartitionEntry entry : table.dataPartitions()) {
                    assertThat(entry.offsetBytes()).as("seed %d", seed).isGreaterThanOrEqualTo(end);
                    end = entry.endBytes();
                }
                assertThat(end).as("seed %d", seed).isLessThanOrEqualTo(damaged.sizeBytes());
            }
        }
    }

    @Test
    void labelsAndUuidsAreReadAsBlkidShowsThem() throws IOException {
        SparseImage luks = SparseImage.ofSize(MIB, 512);
        luks.write(0, "LUKS\u00ba\u00be\u0000\u0002".getBytes(StandardCharsets.ISO_8859_1));
        luks.write(168, "11111111-2222-3333-4444-555555555555".getBytes(StandardCharsets.US_ASCII));
        SparseImage lvm = SparseImage.ofSize(MIB, 512);
        lvm.write(512, "LABELONE".getBytes(StandardCharsets.US_ASCII));
        lvm.write(512 + 24, "LVM2 001abcdefghijklmnopqrstuvwxyz012345".getBytes(StandardCharsets.US_ASCII));

        assertThat(FileSystemProbe.probe(luks))
                .isEqualTo(new FileSystemInfo("crypto_LUKS", null, "11111111-2222-3333-4444-555555555555", null));
        assertThat(FileSystemProbe.probe(lvm))
                .isEqualTo(new FileSystemInfo("LVM2_member", null, "abcdef-ghij-klmn-opqr-stuv-wxyz-012345", null));
    }
}
