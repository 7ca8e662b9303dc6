package org.understudy.agent.linux.bootfacts;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.MachineBoot;

/**
 * Variables of a UEFI firmware as efivarfs shows them: four bytes of attributes, then the value (UEFI 2.10, 3.1 load options, 10.3
 * device paths). Values are the firmware's, so nothing in them is believed to have the right length.
 */
final class EfiVariables {

    private static final String GLOBAL = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    private static final int ATTRIBUTES = 4;
    private static final int MAX_BYTES = 16 << 10;
    private static final int MAX_ENTRIES = 64;
    private static final int ACTIVE = 1;
    private static final int MEDIA = 4;
    private static final int HARD_DRIVE = 1;
    private static final int FILE_PATH = 4;
    private static final int END = 0x7f;

    private final Path directory;

    EfiVariables(Path directory) {
        this.directory = directory;
    }

    private Optional<ByteBuffer> value(String name) {
        return BoundedFiles.bytes(directory.resolve(name + GLOBAL), MAX_BYTES)
                .filter(bytes -> bytes.length > ATTRIBUTES)
                .map(bytes -> ByteBuffer.wrap(bytes, ATTRIBUTES, bytes.length - ATTRIBUTES)
                        .slice()
                        .order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Whether the firmware checks signatures; empty if it does not say. */
    Optional<Boolean> secureBoot() {
        return value("SecureBoot").map(value -> value.get(0) == 1);
    }

    /** Entries in boot order; what cannot be read is left out. */
    List<MachineBoot.FirmwareEntry> entries() {
        Set<Integer> numbers = new LinkedHashSet<>();
        value("BootOrder").ifPresent(order -> {
            while (order.remaining() >= 2 && numbers.size() < MAX_ENTRIES) {
                numbers.add(order.getShort() & 0xffff);
            }
        });
        List<MachineBoot.FirmwareEntry> entries = new ArrayList<>();
        for (int number : numbers) {
            value(String.format("Boot%04X", number))
                    .flatMap(EfiVariables::entry)
                    .ifPresent(entries::add);
        }
        return entries;
    }

    private static Optional<MachineBoot.FirmwareEntry> entry(ByteBuffer option) {
        if (option.remaining() < 8) {
            return Optional.empty();
        }
        boolean active = (option.getInt() & ACTIVE) != 0;
        int pathBytes = option.getShort() & 0xffff;
        Optional<String> name = name(option);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        @Nullable String file = null;
        @Nullable String partition = null;
        int end = Math.min(option.limit(), option.position() + pathBytes);
        int at = option.position();
        while (at + 4 <= end) {
            int type = option.get(at) & 0xff;
            int subtype = option.get(at + 1) & 0xff;
            int length = option.getShort(at + 2) & 0xffff;
            if (type == END || length < 4 || length > end - at) {
                break;
            }
            if (type == MEDIA && subtype == FILE_PATH) {
                file = BoundedFiles.shown(utf16(option, at + 4, length - 4));
            } else if (type == MEDIA && subtype == HARD_DRIVE && length >= 42 && option.get(at + 41) == 2) {
                partition = guid(option, at + 24);
            }
            at += length;
        }
        return Optional.of(new MachineBoot.FirmwareEntry(
                name.get(), active, file == null || file.isEmpty() ? null : file, partition));
    }

    /** The description, up to its end mark; the buffer stands behind it then. */
    private static Optional<String> name(ByteBuffer option) {
        int start = option.position();
        for (int at = start; at + 2 <= option.limit(); at += 2) {
            if (option.getShort(at) == 0) {
                String name = BoundedFiles.shown(utf16(option, start, at - start));
                option.position(at + 2);
                return Optional.of(name.isEmpty() ? "?" : name);
            }
        }
        return Optional.empty();
    }

    private static String utf16(ByteBuffer bytes, int at, int length) {
        byte[] text = new byte[length & ~1];
        bytes.get(at, text);
        String decoded = new String(text, StandardCharsets.UTF_16LE);
        int end = decoded.indexOf('\0');
        return end < 0 ? decoded : decoded.substring(0, end);
    }

    /** A GUID whose first three fields are little-endian (UEFI 2.10, appendix A). */
    private static String guid(ByteBuffer bytes, int at) {
        return String.format(
                "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                bytes.getInt(at),
                bytes.getShort(at + 4),
                bytes.getShort(at + 6),
                bytes.get(at + 8),
                bytes.get(at + 9),
                bytes.get(at + 10),
                bytes.get(at + 11),
                bytes.get(at + 12),
                bytes.get(at + 13),
                bytes.get(at + 14),
                bytes.get(at + 15));
    }
}
