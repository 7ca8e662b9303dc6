package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * bpf(2), with the attribute layouts of {@code linux/bpf.h}. Fields that an older kernel does not know must be zero, which all that are not
 * named here are. Stateless.
 */
public final class Bpf {

    private static final int MAP_CREATE = 0;
    private static final int MAP_UPDATE_ELEM = 2;
    private static final int PROG_LOAD = 5;
    private static final int OBJ_PIN = 6;
    private static final int OBJ_GET = 7;
    private static final int OBJ_GET_INFO_BY_FD = 15;
    private static final int RAW_TRACEPOINT_OPEN = 17;

    private static final int MAP_LOOKUP_AND_DELETE_ELEM = 21;
    private static final int MAP_LOOKUP_BATCH = 24;

    private static final int PROG_TYPE_TRACING = 26;
    private static final int ATTACH_TRACE_RAW_TP = 23;
    private static final int ATTRIBUTE_BYTES = 128;
    private static final int NAME_BYTES = 15;
    private static final int LOG_BYTES = 1 << 20;
    private static final int LOG_SHOWN = 600;
    private static final int INFO_BYTES = 232;
    private static final int MISSES_END = 216;
    private static final int RLIMIT_MEMLOCK = 8;
    private static final int MEMBARRIER_GLOBAL = 1;
    private static final int BATCH_ENTRIES = 1024;
    private static final int ENOENT = BpfException.ENOENT;
    private static final int ENOSPC = 28;
    private static final int ENOTSUPP = 524;

    private Bpf() {}

    /** Kinds of maps, {@code enum bpf_map_type}. */
    public enum MapKind {
        HASH(1),
        ARRAY(2);

        private final int number;

        MapKind(int number) {
            this.number = number;
        }
    }

    /**
     * A map to be made.
     *
     * @param mappable whether user space may map its memory (arrays only, Linux 5.5)
     */
    public record MapSpec(String name, MapKind kind, int keyBytes, int valueBytes, int entries, boolean mappable) {}

    /**
     * What the kernel says of a program.
     *
     * @param misses times that it was skipped because it was running already on that processor; -1 if the kernel does not count
     *     them (before 5.12)
     * @param verifiedInstructions instructions that the verifier looked at; 0 if the kernel does not say
     */
    public record ProgramInfo(int id, int machineBytes, long misses, long verifiedInstructions) {}

    /** Before Linux 5.11 maps count as locked memory, of which even root has little by default. */
    public static void allowLockedMemory() {
        try (Memory limit = new Memory(16)) {
            limit.setLong(0, -1);
            limit.setLong(8, -1);
            SystemCalls.syscall(SystemCalls.PRLIMIT64, 0, RLIMIT_MEMLOCK, Pointer.nativeValue(limit), 0, 0, 0);
        } catch (LastErrorException e) {
            // Newer kernels do not need it; on an older one the creation of the map will say what is wrong.
            return;
        }
    }

    public static KernelObject createMap(MapSpec spec) throws BpfException {
        try (Memory attribute = attribute()) {
            attribute.setInt(0, spec.kind().number);
            attribute.setInt(4, spec.keyBytes());
            attribute.setInt(8, spec.valueBytes());
            attribute.setInt(12, spec.entries());
            attribute.setInt(16, spec.mappable() ? 1 << 10 : 0);
            putName(attribute, 28, spec.name());
            return new KernelObject((int) call(MAP_CREATE, attribute));
        } catch (LastErrorException e) {
            throw new BpfException("the map " + spec.name() + " cannot be made", e);
        }
    }

    /**
     * An entry of a hash map with a key of one word.
     */
    public record Entry(long key, long[] value) {}

    /**
     * All entries of a hash map, also while programs change it. The kernel copies bucket by bucket, each under its lock (Linux 5.6), so that
     * an entry that is there all the time is never missed; a walk from key to key jumps over buckets when an entry is used again under
     * it ({@code htab_map_get_next_key}, {@code kernel/bpf/hashtab.c}).
     *
     * @param valueWords 64-bit words of a value
     */
    public static List<Entry> entries(KernelObject map, int valueWords) throws BpfException {
        List<Entry> entries = new ArrayList<>();
        int room = BATCH_ENTRIES;
        boolean first = true;
        try (Memory bucket = new Memory(Long.BYTES)) {
            while (true) {
                try (Memory keys = new Memory((long) room * Long.BYTES);
                        Memory values = new Memory((long) room * valueWords * Long.BYTES);
                        Memory attribute = attribute()) {
                    attribute.setLong(0, first ? 0 : Pointer.nativeValue(bucket));
                    attribute.setLong(8, Pointer.nativeValue(bucket));
                    attribute.setLong(16, Pointer.nativeValue(keys));
                    attribute.setLong(24, Pointer.nativeValue(values));
                    attribute.setInt(32, room);
                    attribute.setInt(36, map.fd());
                    int error = error(MAP_LOOKUP_BATCH, attribute, "a map cannot be read", ENOENT, ENOSPC);
                    if (error == ENOSPC) {
                        // A single bucket holds more than that.
                        room *= 2;
                        continue;
                    }
                    int count = attribute.getInt(32);
                    for (int i = 0; i < count; i++) {
                        entries.add(new Entry(
                                keys.getLong((long) i * Long.BYTES),
                                values.getLongArray((long) i * valueWords * Long.BYTES, valueWords)));
                    }
                    if (error == ENOENT) {
                        return entries;
                    }
                    first = false;
                }
            }
        }
    }

    /** Sets an entry of a hash map with a key of one word. */
    public static void put(KernelObject map, Entry entry) throws BpfException {
        try (Memory attribute = attribute();
                Memory key = new Memory(Long.BYTES);
                Memory value = new Memory((long) entry.value().length * Long.BYTES)) {
            key.setLong(0, entry.key());
            value.write(0, entry.value(), 0, entry.value().length);
            element(attribute, map, key, value);
            error(MAP_UPDATE_ELEM, attribute, "an entry of a map cannot be set");
        }
    }

    /** What a removal found. */
    public sealed interface Removal permits Removed, Absent, NotPossible {}

    /** The entry was removed; it had this value in that moment. */
    public record Removed(long[] value) implements Removal {}

    /** There was no such entry. */
    public record Absent() implements Removal {}

    /** This kernel cannot remove and tell what it removed (before 5.14). Nothing was changed. */
    public record NotPossible() implements Removal {}

    /** Removes an entry of a hash map with a key of one word, and says in one step what it was. */
    public static Removal remove(KernelObject map, long key, int valueWords) throws BpfException {
        try (Memory attribute = attribute();
                Memory name = new Memory(Long.BYTES);
                Memory value = new Memory((long) valueWords * Long.BYTES)) {
            name.setLong(0, key);
            element(attribute, map, name, value);
            return switch (error(
                    MAP_LOOKUP_AND_DELETE_ELEM,
                    attribute,
                    "an entry of a map cannot be removed",
                    ENOENT,
                    BpfException.EINVAL,
                    ENOTSUPP)) {
                case 0 -> new Removed(value.getLongArray(0, valueWords));
                case ENOENT -> new Absent();
                default -> new NotPossible();
            };
        }
    }

    private static void element(Memory attribute, KernelObject map, Memory key, Memory value) {
        attribute.setInt(0, map.fd());
        attribute.setLong(8, Pointer.nativeValue(key));
        attribute.setLong(16, Pointer.nativeValue(value));
    }

    /** Returns 0 or one of the expected error numbers. */
    private static int error(int command, Memory attribute, String what, int... expected) throws BpfException {
        try {
            call(command, attribute);
            return 0;
        } catch (LastErrorException e) {
            for (int number : expected) {
                if (e.getErrorCode() == number) {
                    return number;
                }
            }
            throw new BpfException(what, e);
        }
    }

    /**
     * Loads a program that runs on a tracepoint with typed arguments.
     *
     * @param tracepointType BTF id of the typedef {@code btf_trace_<name>}
     */
    public static KernelObject loadTracing(String name, int tracepointType, byte[] code) throws BpfException {
        try {
            return load(name, tracepointType, code, null);
        } catch (LastErrorException e) {
            throw new BpfException("the program " + name + " is refused", verifierSays(name, tracepointType, code), e);
        }
    }

    private static KernelObject load(String name, int tracepointType, byte[] code, @Nullable Memory log) {
        try (Memory attribute = attribute();
                Memory instructions = new Memory(code.length);
                Memory licence = text("GPL")) {
            instructions.write(0, code, 0, code.length);
            attribute.setInt(0, PROG_TYPE_TRACING);
            attribute.setInt(4, code.length / Assembler.INSTRUCTION_BYTES);
            attribute.setLong(8, Pointer.nativeValue(instructions));
            attribute.setLong(16, Pointer.nativeValue(licence));
            if (log != null) {
                attribute.setInt(24, 1);
                attribute.setInt(28, (int) log.size());
                attribute.setLong(32, Pointer.nativeValue(log));
            }
            putName(attribute, 48, name);
            attribute.setInt(68, ATTACH_TRACE_RAW_TP);
            attribute.setInt(108, tracepointType);
            return new KernelObject((int) call(PROG_LOAD, attribute));
        }
    }

    /** Loads again for the verifier's words; their end says why. */
    private static String verifierSays(String name, int tracepointType, byte[] code) {
        try (Memory log = new Memory(LOG_BYTES)) {
            log.clear();
            try {
                load(name, tracepointType, code, log).close();
                return "it was accepted when tried again";
            } catch (LastErrorException e) {
                String words = log.getString(0).strip();
                return words.substring(Math.max(0, words.length() - LOG_SHOWN)).replace('\n', ' ');
            }
        }
    }

    /** Attaches a tracing program to its tracepoint; it runs until the link and all its pins are gone. */
    public static KernelObject attach(KernelObject program) throws BpfException {
        try (Memory attribute = attribute()) {
            attribute.setInt(8, program.fd());
            return new KernelObject((int) call(RAW_TRACEPOINT_OPEN, attribute));
        } catch (LastErrorException e) {
            throw new BpfException("a program cannot be attached", e);
        }
    }

    static void pin(KernelObject object, Path path) throws BpfException {
        try (Memory attribute = attribute();
                Memory name = text(path.toString())) {
            attribute.setLong(0, Pointer.nativeValue(name));
            attribute.setInt(8, object.fd());
            call(OBJ_PIN, attribute);
        } catch (LastErrorException e) {
            throw new BpfException("nothing can be pinned at " + path, e);
        }
    }

    /** Opens what is pinned. */
    public static KernelObject open(Path pin) throws BpfException {
        try (Memory attribute = attribute();
                Memory name = text(pin.toString())) {
            attribute.setLong(0, Pointer.nativeValue(name));
            return new KernelObject((int) call(OBJ_GET, attribute));
        } catch (LastErrorException e) {
            throw new BpfException("the pin " + pin + " cannot be opened", e);
        }
    }

    public static ProgramInfo programInfo(KernelObject program) throws BpfException {
        try (Memory attribute = attribute();
                Memory info = new Memory(INFO_BYTES)) {
            int known = info(program, attribute, info);
            return new ProgramInfo(
                    info.getInt(4),
                    info.getInt(16),
                    known >= MISSES_END ? info.getLong(208) : -1,
                    known >= MISSES_END + 4 ? Integer.toUnsignedLong(info.getInt(216)) : 0);
        }
    }

    /** Id of the program that a link runs. */
    public static int linkedProgram(KernelObject link) throws BpfException {
        try (Memory attribute = attribute();
                Memory info = new Memory(INFO_BYTES)) {
            info(link, attribute, info);
            return info.getInt(8);
        }
    }

    /** Returns how many bytes of the answer this kernel knows. */
    private static int info(KernelObject object, Memory attribute, Memory info) throws BpfException {
        info.clear();
        attribute.setInt(0, object.fd());
        attribute.setInt(4, (int) info.size());
        attribute.setLong(8, Pointer.nativeValue(info));
        try {
            call(OBJ_GET_INFO_BY_FD, attribute);
            return attribute.getInt(4);
        } catch (LastErrorException e) {
            throw new BpfException("the kernel says nothing about an object", e);
        }
    }

    /**
     * Returns when every program that was running at the call has ended: one RCU grace period, inside of which tracing programs run
     * (membarrier(2), {@code MEMBARRIER_CMD_GLOBAL}). Refused on hosts with processors without a tick.
     */
    public static void awaitRunningPrograms() throws BpfException {
        try {
            SystemCalls.syscall(SystemCalls.MEMBARRIER, MEMBARRIER_GLOBAL, 0, 0, 0, 0, 0);
        } catch (LastErrorException e) {
            throw new BpfException("the kernel cannot wait for running programs (membarrier)", e);
        }
    }

    private static long call(int command, Memory attribute) {
        return SystemCalls.syscall(SystemCalls.BPF, command, Pointer.nativeValue(attribute), attribute.size(), 0, 0, 0);
    }

    private static Memory attribute() {
        Memory memory = new Memory(ATTRIBUTE_BYTES);
        memory.clear();
        return memory;
    }

    private static Memory text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(bytes.length + 1L);
        memory.write(0, bytes, 0, bytes.length);
        memory.setByte(bytes.length, (byte) 0);
        return memory;
    }

    private static void putName(Memory attribute, int offset, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        attribute.write(offset, bytes, 0, Math.min(NAME_BYTES, bytes.length));
    }
}
