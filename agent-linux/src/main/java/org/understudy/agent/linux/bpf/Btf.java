package org.understudy.agent.linux.bpf;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's description of its own types ({@code Documentation/bpf/btf.rst}), read for three questions: where a member of a structure
 * lies, what number a constant has, which arguments a tracepoint hands over. Its megabytes lie outside of the Java heap, which would stay
 * that much larger for good, and are given back on close. Immutable until then.
 */
public final class Btf implements AutoCloseable {

    private static final int MAGIC = 0xeb9f;
    private static final int HEADER_BYTES = 24;
    private static final int TYPE_BYTES = 12;
    private static final int LONGEST_CHAIN = 64;

    private static final int INT = 1;
    private static final int POINTER = 2;
    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int TYPEDEF = 8;
    private static final int VOLATILE = 9;
    private static final int CONST = 10;
    private static final int RESTRICT = 11;
    private static final int FUNCTION_PROTOTYPE = 13;
    private static final int TYPE_TAG = 18;
    private static final int ENUM64 = 19;

    private final @Nullable Memory memory;
    private final ByteBuffer bytes;
    private final int strings;
    private int[] positions = new int[1 << 16];
    private int types = 1;

    private Btf(@Nullable Memory memory, ByteBuffer bytes) throws IOException {
        this.memory = memory;
        this.bytes = bytes.order(ByteOrder.nativeOrder());
        if (bytes.limit() < HEADER_BYTES || (bytes.getShort(0) & 0xffff) != MAGIC) {
            throw new IOException("this is no BTF");
        }
        int header = bytes.getInt(4);
        int start = header + bytes.getInt(8);
        int end = start + bytes.getInt(12);
        strings = header + bytes.getInt(16);
        int stringsEnd = strings + bytes.getInt(20);
        if (start < 0 || end < start || end > bytes.limit() || strings < 0 || stringsEnd > bytes.limit()) {
            throw new IOException("the BTF is cut off");
        }
        index(start, end);
    }

    /** Reads a file such as {@code /sys/kernel/btf/vmlinux}. */
    public static Btf read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Memory memory = new Memory(Math.max(HEADER_BYTES, channel.size()));
            memory.clear();
            boolean read = false;
            try {
                ByteBuffer content = memory.getByteBuffer(0, memory.size());
                int length = 0;
                while (content.hasRemaining() && length >= 0) {
                    length = channel.read(content);
                }
                Btf btf = over(memory, content.flip());
                read = true;
                return btf;
            } finally {
                if (!read) {
                    memory.close();
                }
            }
        }
    }

    static Btf of(byte[] content) throws IOException {
        return over(null, ByteBuffer.wrap(content));
    }

    private static Btf over(@Nullable Memory memory, ByteBuffer content) throws IOException {
        try {
            return new Btf(memory, content);
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("the BTF is damaged", e);
        }
    }

    private void index(int start, int end) throws IOException {
        int at = start;
        while (at < end) {
            if (types == positions.length) {
                positions = Arrays.copyOf(positions, types * 2);
            }
            positions[types] = at;
            at += TYPE_BYTES + trailingBytes(kind(types), count(types));
            types++;
        }
    }

    /** First type of a kind with this name, or 0; a structure without members is a mere declaration. Names are compared where they lie: there are a hundred thousand of them. */
    private int named(int kind, String name) {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int type = 1; type < types; type++) {
            boolean declared = kind != STRUCT || count(type) > 0;
            if (kind(type) == kind && declared && isString(bytes.getInt(positions[type]), wanted)) {
                return type;
            }
        }
        return 0;
    }

    private static int trailingBytes(int kind, int count) throws IOException {
        return switch (kind) {
            case POINTER, 7, TYPEDEF, VOLATILE, CONST, RESTRICT, 12, 16, TYPE_TAG -> 0;
            case INT, 14, 17 -> 4;
            case 3 -> 12;
            case STRUCT, UNION, 15, ENUM64 -> 12 * count;
            case ENUM, FUNCTION_PROTOTYPE -> 8 * count;
            default -> throw new IOException("the BTF holds a kind of type that is not known: " + kind);
        };
    }

    /**
     * A member of a structure.
     *
     * @param offset bytes from the start of the structure
     * @param bytes its size
     */
    public record Member(int offset, int bytes) {}

    /**
     * A tracepoint.
     *
     * @param type BTF id to attach by
     * @param arguments name of the structure that each argument points to; empty for arguments of other kinds
     */
    public record Tracepoint(int type, List<String> arguments) {

        public Tracepoint {
            arguments = List.copyOf(arguments);
        }

        /** Position of the argument that points to this structure, or -1. */
        public int argument(String structure) {
            return arguments.indexOf(structure);
        }
    }

    /** Where a member lies, through structures inside structures and members without name; empty if there is none such. */
    public Optional<Member> member(String structure, String... path) {
        int type = named(STRUCT, structure);
        int offset = 0;
        for (String name : path) {
            int[] found = find(type, name, 0);
            if (found == null) {
                return Optional.empty();
            }
            offset += found[0];
            type = resolve(found[1]);
        }
        return type == 0 ? Optional.empty() : Optional.of(new Member(offset, size(type)));
    }

    private int @Nullable [] find(int structure, String wanted, int depth) {
        if (!isComposite(structure) || depth > LONGEST_CHAIN) {
            return null;
        }
        for (int i = 0; i < count(structure); i++) {
            int at = positions[structure] + TYPE_BYTES + 12 * i;
            String name = string(bytes.getInt(at));
            int type = bytes.getInt(at + 4);
            int bits = bytes.getInt(at + 8);
            if (hasFlag(structure)) {
                bits &= 0xffffff;
            }
            if (name.equals(wanted)) {
                return bits % 8 == 0 ? new int[] {bits / 8, type} : null;
            }
            if (name.isEmpty()) {
                int[] inner = find(resolve(type), wanted, depth + 1);
                if (inner != null) {
                    return new int[] {inner[0] + bits / 8, inner[1]};
                }
            }
        }
        return null;
    }

    /** All constants of the enumeration that has this one; empty if there is none such. */
    public Map<String, Integer> enumerationWith(String constant) {
        byte[] wanted = constant.getBytes(StandardCharsets.UTF_8);
        for (int type = 1; type < types; type++) {
            for (int i = 0; kind(type) == ENUM && i < count(type); i++) {
                if (isString(bytes.getInt(enumerator(type, i)), wanted)) {
                    return enumeration(type);
                }
            }
        }
        return Map.of();
    }

    private Map<String, Integer> enumeration(int type) {
        Map<String, Integer> values = new LinkedHashMap<>();
        for (int i = 0; i < count(type); i++) {
            values.put(string(bytes.getInt(enumerator(type, i))), bytes.getInt(enumerator(type, i) + 4));
        }
        return values;
    }

    private int enumerator(int type, int index) {
        return positions[type] + TYPE_BYTES + 8 * index;
    }

    /** A tracepoint by its name; empty if the kernel has none such. */
    public Optional<Tracepoint> tracepoint(String name) {
        int typedef = named(TYPEDEF, "btf_trace_" + name);
        if (typedef == 0) {
            return Optional.empty();
        }
        int pointer = resolve(typedef);
        if (kind(pointer) != POINTER) {
            return Optional.empty();
        }
        int prototype = resolve(reference(pointer));
        if (kind(prototype) != FUNCTION_PROTOTYPE) {
            return Optional.empty();
        }
        List<String> arguments = new ArrayList<>();
        // The first parameter belongs to the tracepoint itself.
        for (int i = 1; i < count(prototype); i++) {
            arguments.add(pointedStructure(bytes.getInt(positions[prototype] + TYPE_BYTES + 8 * i + 4)));
        }
        return Optional.of(new Tracepoint(typedef, arguments));
    }

    private String pointedStructure(int type) {
        int pointer = resolve(type);
        if (pointer == 0 || kind(pointer) != POINTER) {
            return "";
        }
        int target = resolve(reference(pointer));
        return target != 0 && kind(target) == STRUCT ? name(target) : "";
    }

    /** Goes through typedefs and qualifiers; 0 is {@code void}. */
    private int resolve(int type) {
        int at = type;
        for (int steps = 0; at != 0 && steps < LONGEST_CHAIN; steps++) {
            switch (kind(at)) {
                case TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG -> at = reference(at);
                default -> {
                    return at;
                }
            }
        }
        return at;
    }

    private int size(int type) {
        return switch (kind(type)) {
            case INT, STRUCT, UNION, ENUM, ENUM64 -> reference(type);
            case POINTER -> Long.BYTES;
            default -> 0;
        };
    }

    private boolean isComposite(int type) {
        return type != 0 && (kind(type) == STRUCT || kind(type) == UNION);
    }

    private int kind(int type) {
        return bytes.getInt(positions[type] + 4) >>> 24 & 0x1f;
    }

    private int count(int type) {
        return bytes.getInt(positions[type] + 4) & 0xffff;
    }

    private boolean hasFlag(int type) {
        return bytes.getInt(positions[type] + 4) < 0;
    }

    /** Size or referenced type, one field for both. */
    private int reference(int type) {
        return bytes.getInt(positions[type] + 8);
    }

    private String name(int type) {
        return string(bytes.getInt(positions[type]));
    }

    private boolean isString(int offset, byte[] wanted) {
        int start = strings + offset;
        int end = start + wanted.length;
        if (start < 0 || end >= bytes.limit() || bytes.get(end) != 0) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (bytes.get(start + i) != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    private String string(int offset) {
        int start = strings + offset;
        int end = start;
        while (bytes.get(end) != 0) {
            end++;
        }
        byte[] text = new byte[end - start];
        bytes.get(start, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Gives the memory back; nothing is found any more. Idempotent. */
    @Override
    public void close() {
        // Without types every question is answered before the memory is touched.
        types = 0;
        if (memory != null) {
            memory.close();
        }
    }
}
