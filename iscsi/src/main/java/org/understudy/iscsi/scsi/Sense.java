package org.understudy.iscsi.scsi;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Sense data: why a command did not end well (SPC-4 section 4.5).
 *
 * @param key sense key, 0 to 15
 * @param code additional sense code and qualifier as one number, {@code ASC << 8 | ASCQ}
 * @param information the INFORMATION field (for a miscompare the offset of the first byte that differs), if valid
 */
public record Sense(int key, int code, OptionalLong information) {

    public static final int RECOVERED_ERROR = 1;
    public static final int NOT_READY = 2;
    public static final int MEDIUM_ERROR = 3;
    public static final int HARDWARE_ERROR = 4;
    public static final int ILLEGAL_REQUEST = 5;
    public static final int UNIT_ATTENTION = 6;
    public static final int DATA_PROTECT = 7;
    public static final int COPY_ABORTED = 10;
    public static final int ABORTED_COMMAND = 11;
    public static final int MISCOMPARE = 14;

    private static final int FIXED_LENGTH = 18;

    public static Sense of(int key, int code) {
        return new Sense(key, code, OptionalLong.empty());
    }

    public Sense withInformation(long value) {
        return new Sense(key, code, OptionalLong.of(value));
    }

    /** Fixed format, 18 bytes, response code 0x70. */
    public byte[] fixedFormat() {
        byte[] bytes = new byte[FIXED_LENGTH];
        ByteBuffer sense = ByteBuffer.wrap(bytes);
        boolean valid = information.isPresent() && information.getAsLong() >>> 32 == 0;
        sense.put(0, (byte) (valid ? 0xf0 : 0x70));
        sense.put(2, (byte) key);
        if (valid) {
            sense.putInt(3, (int) information.getAsLong());
        }
        sense.put(7, (byte) (FIXED_LENGTH - 8));
        sense.putShort(12, (short) code);
        return bytes;
    }

    /** Descriptor format, response code 0x72, with an information descriptor if there is information. */
    public byte[] descriptorFormat() {
        ByteBuffer sense = ByteBuffer.allocate(information.isPresent() ? 20 : 8);
        sense.put((byte) 0x72).put((byte) key).putShort((short) code).putInt(sense.capacity() - 8);
        if (information.isPresent()) {
            sense.put((byte) 0).put((byte) 10).put((byte) 0x80).put((byte) 0).putLong(information.getAsLong());
        }
        return sense.array();
    }

    /** Reads fixed or descriptor format; empty if the bytes are neither. */
    public static Optional<Sense> parse(ByteBuffer bytes) {
        int start = bytes.position();
        int length = bytes.remaining();
        if (length < 8) {
            return Optional.empty();
        }
        int responseCode = bytes.get(start) & 0x7f;
        switch (responseCode) {
            case 0x70, 0x71 -> {
                int code = length >= 14 ? bytes.getShort(start + 12) & 0xffff : 0;
                Sense sense = of(bytes.get(start + 2) & 0x0f, code);
                boolean valid = (bytes.get(start) & 0x80) != 0;
                return Optional.of(valid ? sense.withInformation(bytes.getInt(start + 3) & 0xffffffffL) : sense);
            }
            case 0x72, 0x73 -> {
                Sense sense = of(bytes.get(start + 1) & 0x0f, bytes.getShort(start + 2) & 0xffff);
                boolean informed = length >= 20 && bytes.get(start + 8) == 0;
                return Optional.of(informed ? sense.withInformation(bytes.getLong(start + 12)) : sense);
            }
            default -> {
                return Optional.empty();
            }
        }
    }

    @Override
    public String toString() {
        String text = String.format("sense key %d, ASC/ASCQ %02x/%02x", key, code >> 8, code & 0xff);
        return information.isPresent() ? text + ", information " + information.getAsLong() : text;
    }
}
