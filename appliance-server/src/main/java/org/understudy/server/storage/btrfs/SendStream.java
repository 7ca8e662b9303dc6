package org.understudy.server.storage.btrfs;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Reads which ranges of one file changed from a stream of {@code btrfs send --no-data}. Source: {@code fs/btrfs/send.h} of the
 * Linux kernel. The checksums of the commands are not looked at: the kernel wrote the stream just now, and a stream that is cut
 * short lacks its end command.
 */
final class SendStream {

    private static final byte[] MAGIC = "btrfs-stream\0".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_COMMAND = 1 << 22;

    private static final int SET_XATTR = 13;
    private static final int REMOVE_XATTR = 14;
    private static final int WRITE = 15;
    private static final int CLONE = 16;
    private static final int TRUNCATE = 17;
    private static final int CHMOD = 18;
    private static final int CHOWN = 19;
    private static final int UTIMES = 20;
    private static final int END = 21;
    private static final int UPDATE_EXTENT = 22;

    private static final int ATTRIBUTE_SIZE = 4;
    private static final int ATTRIBUTE_PATH = 15;
    private static final int ATTRIBUTE_PATH_TO = 16;
    private static final int ATTRIBUTE_PATH_LINK = 17;
    private static final int ATTRIBUTE_OFFSET = 18;
    private static final int ATTRIBUTE_DATA = 19;
    private static final int ATTRIBUTE_CLONE_LENGTH = 24;

    private SendStream() {}

    /**
     * Changed ranges of {@code file}, which may reach beyond its end; empty if the stream does not describe them, because the
     * file was made anew, renamed, or met a command that is not known here: then all of it may differ.
     *
     * @param file path of the file in the subvolume
     * @throws IOException if this is not a whole stream
     */
    static Optional<ExtentSet> changes(InputStream stream, String file) throws IOException {
        InputStream in = new BufferedInputStream(stream, 1 << 16);
        if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
            throw new IOException("not a btrfs send stream");
        }
        number(in, 4);
        List<Extent> extents = new ArrayList<>();
        boolean described = true;
        for (int command = 0; command != END; ) {
            long length = number(in, 4);
            command = (int) number(in, 2);
            number(in, 4);
            if (length < 0 || length > MAX_COMMAND) {
                throw new IOException("a command of " + length + " bytes in the send stream");
            }
            Map<Integer, byte[]> attributes = attributes(exactly(in, (int) length));
            if (concerns(attributes, file)) {
                described &= note(command, attributes, extents);
            }
        }
        return described ? Optional.of(ExtentSet.of(extents)) : Optional.empty();
    }

    private static boolean concerns(Map<Integer, byte[]> attributes, String file) {
        return List.of(ATTRIBUTE_PATH, ATTRIBUTE_PATH_TO, ATTRIBUTE_PATH_LINK).stream()
                .map(attributes::get)
                .anyMatch(path -> path != null && new String(path, StandardCharsets.UTF_8).equals(file));
    }

    private static boolean note(int command, Map<Integer, byte[]> attributes, List<Extent> extents) throws IOException {
        switch (command) {
            case UPDATE_EXTENT -> add(extents, attributes, number(attributes.get(ATTRIBUTE_SIZE)));
            case WRITE -> {
                byte[] data = attributes.get(ATTRIBUTE_DATA);
                add(extents, attributes, data == null ? 0 : data.length);
            }
            case CLONE -> add(extents, attributes, number(attributes.get(ATTRIBUTE_CLONE_LENGTH)));
            case TRUNCATE, CHMOD, CHOWN, UTIMES, SET_XATTR, REMOVE_XATTR -> {
                // A change of size is seen by comparing sizes; the others change no contents.
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void add(List<Extent> extents, Map<Integer, byte[]> attributes, long length) throws IOException {
        if (length > 0) {
            extents.add(new Extent(number(attributes.get(ATTRIBUTE_OFFSET)), length));
        }
    }

    private static Map<Integer, byte[]> attributes(byte[] payload) throws IOException {
        Map<Integer, byte[]> attributes = new HashMap<>();
        ByteBuffer in = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            if (in.remaining() < 4) {
                throw new IOException("half an attribute in the send stream");
            }
            int type = Short.toUnsignedInt(in.getShort());
            int length = Short.toUnsignedInt(in.getShort());
            if (length > in.remaining()) {
                throw new IOException("an attribute leaves its command in the send stream");
            }
            byte[] value = new byte[length];
            in.get(value);
            attributes.put(type, value);
        }
        return attributes;
    }

    private static long number(byte @Nullable [] value) throws IOException {
        if (value == null || value.length != Long.BYTES) {
            throw new IOException("a number is missing in the send stream");
        }
        long number = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (number < 0) {
            throw new IOException("a number is out of range in the send stream");
        }
        return number;
    }

    private static long number(InputStream in, int bytes) throws IOException {
        long number = 0;
        byte[] raw = exactly(in, bytes);
        for (int i = bytes - 1; i >= 0; i--) {
            number = number << 8 | Byte.toUnsignedLong(raw[i]);
        }
        return number;
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length != length) {
            throw new EOFException("the send stream is cut short");
        }
        return bytes;
    }
}
