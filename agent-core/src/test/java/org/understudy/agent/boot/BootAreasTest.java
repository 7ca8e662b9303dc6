package org.understudy.agent.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.understudy.agent.layout.DiskBuilder;
import org.understudy.agent.layout.PartitionTable;
import org.understudy.agent.usedspace.SparseImage;
import org.understudy.core.protocol.MachineBoot;
import org.understudy.core.protocol.MachineBoot.BootCode;

class BootAreasTest {

    private static final long SIZE = 64 << 20;

    private static MachineBoot.DiskBoot areas(SparseImage image) throws IOException {
        return BootAreas.of("wwn-1", image, PartitionTable.read(image));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    @Test
    void anEmptyBootSectorStartsNothing() throws IOException {
        DiskBuilder disk = new DiskBuilder(SIZE, 512).mbr(0, 0, 0, 0x83, 2048, 4096);

        assertThat(areas(disk.image()))
                .isEqualTo(new MachineBoot.DiskBoot("wwn-1", BootCode.NONE, false, null, false, false));
    }

    @Test
    void grubIsWholeOnlyIfItsCoreImageLiesWhereTheBootCodeLooks() throws IOException {
        DiskBuilder disk = new DiskBuilder(SIZE, 512).mbr(0, 0, 0x80, 0x83, 2048, 4096);
        disk.image().write(0x5c, number(1));
        disk.image().write(0x180, text("GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n"));
        assertThat(areas(disk.image()))
                .isEqualTo(new MachineBoot.DiskBoot("wwn-1", BootCode.GRUB, false, BootCode.NONE, false, false));

        disk.image().write(512 + 0x180, text("loading\0.\0\r\n\0Geom\0Read\0 Error"));
        assertThat(areas(disk.image()).coreFound()).isTrue();

        disk.image().write(0x5c, number(Long.MAX_VALUE));
        assertThat(areas(disk.image()).coreFound()).isFalse();
    }

    @Test
    void codeThatStartsTheActivePartitionIsJudgedByThatPartition() throws IOException {
        DiskBuilder disk = new DiskBuilder(SIZE, 512).mbr(0, 0, 0x80, 0x83, 2048, 4096);
        disk.image().write(0x100, text("Missing operating system."));
        assertThat(areas(disk.image()).code()).isEqualTo(BootCode.CHAIN);
        assertThat(areas(disk.image()).partitionCode()).isEqualTo(BootCode.NONE);

        disk.image().write(2048 * 512 + 3, text("EXTLINUX"));
        disk.image().write(2048 * 512 + 510, (byte) 0x55, (byte) 0xaa);
        assertThat(areas(disk.image()).partitionCode()).isEqualTo(BootCode.SYSLINUX);
    }

    @Test
    void partitionsOfAGptAreTold() throws IOException {
        DiskBuilder disk = new DiskBuilder(SIZE, 512)
                .protective()
                .gptEntry(0, DiskBuilder.BIOS_BOOT, 34, 2047, "")
                .gptEntry(1, DiskBuilder.ESP, 2048, 8191, "")
                .gpt();

        assertThat(areas(disk.image()))
                .isEqualTo(new MachineBoot.DiskBoot("wwn-1", BootCode.NONE, false, null, true, true));
    }

    @Test
    void anySectorGivesAnAnswer() throws IOException {
        long seed = 20_261_121L;
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            SparseImage image = SparseImage.ofSize(1 << 20, 512);
            byte[] sector = new byte[512];
            random.nextBytes(sector);
            if (round % 2 == 0) {
                System.arraycopy(text("GRUB "), 0, sector, 0x180, 5);
            }
            sector[510] = 0x55;
            sector[511] = (byte) 0xaa;
            image.write(0, sector);

            assertThat(areas(image).code()).as("seed %d round %d", seed, round).isNotEqualTo(BootCode.NONE);
        }
    }
}
