package org.understudy.agent.layout;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32;
import org.understudy.agent.usedspace.SparseImage;

/** Writes partition tables into images in memory. */
public final class DiskBuilder {

    public static final String LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4";
    public static final String ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
    public static final String BIOS_BOOT = "21686148-6449-6e6f-744e-656564454649";

    private final SparseImage image;
    private final int sector;
    private final ByteBuffer entries = ByteBuffer.allocate(128 * 128).order(ByteOrder.LITTLE_ENDIAN);

    public DiskBuilder(long sizeBytes, int sector) {
        image = SparseImage.ofSize(sizeBytes, sector);
        this.sector = sector;
    }

    public SparseImage image() {
        return image;
    }

    /** An entry of the boot sector, or of an extended boot record at {@code lba}. */
    public DiskBuilder mbr(long lba, int slot, int status, int type, long firstLba, long lbas) {
        ByteBuffer entry = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        entry.put(0, (byte) status)
                .put(4, (byte) type)
                .putInt(8, (int) firstLba)
                .putInt(12, (int) lbas);
        image.write(lba * sector + 446 + 16L * slot, entry.array());
        image.write(lba * sector + 510, (byte) 0x55, (byte) 0xaa);
        return this;
    }

    public DiskBuilder protective() {
        return mbr(0, 0, 0, 0xee, 1, Math.min(0xffffffffL, image.sizeBytes() / sector - 1));
    }

    public DiskBuilder bootCode(String text) {
        image.write(0, text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    public DiskBuilder gptEntry(int slot, String type, long firstLba, long lastLba, String name) {
        guid(128 * slot, type);
        guid(128 * slot + 16, new UUID(slot, 7).toString());
        entries.putLong(128 * slot + 32, firstLba).putLong(128 * slot + 40, lastLba);
        entries.put(128 * slot + 56, name.getBytes(StandardCharsets.UTF_16LE));
        return this;
    }

    private void guid(int at, String text) {
        UUID uuid = UUID.fromString(text);
        entries.putInt(at, (int) (uuid.getMostSignificantBits() >>> 32));
        entries.putShort(at + 4, (short) (uuid.getMostSignificantBits() >>> 16));
        entries.putShort(at + 6, (short) uuid.getMostSignificantBits());
        for (int i = 0; i < 8; i++) {
            entries.put(at + 8 + i, (byte) (uuid.getLeastSignificantBits() >>> 56 - 8 * i));
        }
    }

    /** Writes both headers and arrays of what was added. */
    public DiskBuilder gpt() {
        long last = image.sizeBytes() / sector - 1;
        long arrayLbas = 16384 / sector;
        header(1, last, 2, last);
        header(last, 1, last - arrayLbas, last);
        return this;
    }

    private void header(long lba, long alternate, long arrayLba, long last) {
        ByteBuffer header = ByteBuffer.allocate(92).order(ByteOrder.LITTLE_ENDIAN);
        header.put(0, "EFI PART".getBytes(StandardCharsets.US_ASCII));
        header.putInt(8, 0x10000).putInt(12, 92);
        header.putLong(24, lba).putLong(32, alternate);
        header.putLong(40, 2 + 16384 / sector).putLong(48, last - 16384 / sector - 1);
        header.putLong(72, arrayLba).putInt(80, 128).putInt(84, 128);
        header.putInt(88, crc(entries.array()));
        header.putInt(16, crc(header.array()));
        image.write(lba * sector, header.array());
        image.write(arrayLba * sector, Arrays.copyOf(entries.array(), 16384));
    }

    private static int crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
