package org.understudy.agent.layout;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A partition as its table describes it.
 *
 * @param number as Linux counts: slot + 1 for GPT and primary MBR partitions, from 5 on for logical ones
 * @param type lower-case GUID (GPT) or {@code 0x83} (MBR)
 * @param name GPT name, or null
 * @param uuid GPT unique GUID in lower case, or null
 */
public record PartitionEntry(
        int number,
        long offsetBytes,
        long sizeBytes,
        String type,
        Set<Flag> flags,
        @Nullable String name,
        @Nullable String uuid) {

    /** What a partition is marked as. */
    public enum Flag {
        /** Active MBR partition, or GPT's attribute "legacy BIOS bootable". */
        BOOTABLE,
        /** EFI system partition. */
        EFI_SYSTEM,
        /** GRUB's core image lies here on a GPT disk started by BIOS. */
        BIOS_GRUB,
        /** The container of logical partitions; holds no file system itself. */
        EXTENDED,
        LOGICAL
    }

    public PartitionEntry {
        flags = Set.copyOf(flags);
    }

    public long endBytes() {
        return offsetBytes + sizeBytes;
    }

    public boolean is(Flag flag) {
        return flags.contains(flag);
    }
}
