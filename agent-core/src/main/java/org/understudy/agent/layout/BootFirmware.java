package org.understudy.agent.layout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.understudy.agent.disk.DiskReader;
import org.understudy.core.protocol.HostFacts;

/** Tells from disks by which firmware their machine starts. */
public final class BootFirmware {

    private static final int BOOT_CODE_BYTES = 440;

    /** A disk with its table. */
    public record Candidate(DiskReader disk, PartitionTable table) {}

    private BootFirmware() {}

    /**
     * UEFI if the disks can start only by UEFI: an EFI system partition, and on no disk BIOS boot code that finds something to
     * start. BIOS in all other cases, also when both are possible.
     *
     * @throws IOException if the medium fails
     */
    public static HostFacts.Firmware of(List<Candidate> candidates) throws IOException {
        boolean uefi = false;
        for (Candidate candidate : candidates) {
            if (startsByBios(candidate.disk(), candidate.table())) {
                return HostFacts.Firmware.BIOS;
            }
            uefi |= has(candidate.table(), PartitionEntry.Flag.EFI_SYSTEM);
        }
        return uefi ? HostFacts.Firmware.UEFI : HostFacts.Firmware.BIOS;
    }

    public static HostFacts.Firmware of(DiskReader disk, PartitionTable table) throws IOException {
        return of(List.of(new Candidate(disk, table)));
    }

    private static boolean startsByBios(DiskReader disk, PartitionTable table) throws IOException {
        if (disk.sizeBytes() < 512 || has(table, PartitionEntry.Flag.BIOS_GRUB)) {
            return disk.sizeBytes() >= 512;
        }
        ByteBuffer sector = DiskBytes.read(disk, 0, 512, ByteOrder.LITTLE_ENDIAN);
        boolean active = has(table, PartitionEntry.Flag.BOOTABLE) || hasActiveSlot(sector);
        return active || hasIndependentBootCode(sector);
    }

    private static boolean has(PartitionTable table, PartitionEntry.Flag flag) {
        return table.entries().stream().anyMatch(entry -> entry.is(flag));
    }

    /** An active entry of the boot sector itself, as in hybrid tables. */
    private static boolean hasActiveSlot(ByteBuffer sector) {
        if ((sector.getShort(510) & 0xffff) != 0xaa55) {
            return false;
        }
        for (int at = 446; at < 510; at += 16) {
            if ((sector.get(at) & 0xff) == 0x80) {
                return true;
            }
        }
        return false;
    }

    /**
     * Boot code that does not need an active partition, such as GRUB's. The generic code that partitioning tools put on every disk
     * (Windows on GPT disks too) only chains to an active one.
     */
    private static boolean hasIndependentBootCode(ByteBuffer sector) {
        byte[] code = new byte[BOOT_CODE_BYTES];
        sector.get(0, code);
        boolean empty = true;
        for (byte value : code) {
            empty &= value == 0;
        }
        String text = new String(code, StandardCharsets.ISO_8859_1);
        return !empty && !text.contains("Missing operating system") && !text.contains("Missing OS");
    }
}
