package org.understudy.agent.linux.tracking;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The control map's one value: what programs count, and what user space must know again after a crash. The first words are written by
 * the kernel's programs, {@link #BASE} is read by them, all others belong to user space. Guarded by the tracker's lock.
 */
final class Control {

    static final int BYTES = 512;

    /** First granule of the current half. */
    static final int BASE = 0;

    static final int OVERFLOW = 8;
    static final int PASSTHROUGH = 16;
    static final int UNKNOWN_COMMANDS = 24;
    static final int QUEUE_MARKS = 32;
    static final int COMPLETE_MARKS = 40;
    static final int UNKEYED = 48;

    /** Bios whose address was still remembered for one before them, which then had completed unseen. */
    static final int REUSED = 56;

    static final int FORMAT = 64;
    static final int READY = 72;
    static final int TRACKER_ID = 80;
    static final int SECTOR_SHIFT = 88;
    static final int FINE_GRANULES = 96;
    static final int HALF_GRANULES = 104;
    static final int SECTORS = 112;
    static final int START_SECTOR = 120;
    static final int DISK_NUMBER = 128;
    static final int DEVICE_NUMBER = 136;
    static final int SEQUENCE = 144;
    static final int STACK = 152;
    static final int EPOCH = 160;
    static final int EPOCH_SINCE = 168;
    static final int QUEUE_PROGRAM = 176;
    static final int COMPLETE_PROGRAM = 184;
    static final int REQUEST_BASED = 192;
    static final int WRITES_AT_START = 200;
    static final int BYTE_MARKS = 208;
    static final int STARTED = 216;

    /** Not zero while the half that is not current may hold marks. */
    static final int DRAINING = 352;

    /** Skips of the completion program that were counted before the bios in flight were read the last time. */
    static final int SKIPS_READ = 416;

    /**
     * Skips of the completion program up to the instant from which on every bio in flight was remembered: these are doubts. {@link #ALL}
     * before that instant, and always where no bios are remembered.
     */
    static final int DOUBTFUL_SKIPS = 424;

    /** Ranges that drains took from the bios in flight. */
    static final int TAKEN_IN_FLIGHT = 432;

    static final long ALL = Long.MAX_VALUE;

    private static final int ACCEPTED = 224;
    private static final int POINT = 384;
    private static final int POINT_BYTES = 32;

    /** Changes whenever the meaning of a word does, so that an agent of another version knows that it does not understand. */
    static final long CURRENT_FORMAT = 0x554e4453_00000002L;

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final ByteBuffer memory;

    Control(ByteBuffer memory) {
        this.memory = memory;
    }

    long get(int word) {
        return (long) LONGS.getVolatile(memory, word);
    }

    void set(int word, long value) {
        LONGS.setVolatile(memory, word, value);
    }

    /** Adds to a word that others may add to at the same time. */
    void add(int word, long value) {
        LONGS.getAndAdd(memory, word, value);
    }

    /** Counters that were accepted when a ledger began: what rose since is a doubt. */
    Counters accepted(Ledgers.Name ledger) {
        int at = ACCEPTED + ledger.ordinal() * Counters.WORDS * Long.BYTES;
        return new Counters(get(at), get(at + 8), get(at + 16), get(at + 24), get(at + 32));
    }

    void accept(Ledgers.Name ledger, Counters counters) {
        int at = ACCEPTED + ledger.ordinal() * Counters.WORDS * Long.BYTES;
        set(at, counters.overflow());
        set(at + 8, counters.passthrough());
        set(at + 16, counters.queueMisses());
        set(at + 24, counters.completeMisses());
        set(at + 32, counters.unkeyed());
    }

    /** Ties the base ledger to a point, or to none if it is empty. The first word is written last. */
    void tie(String point) {
        byte[] digest = point.isEmpty() ? new byte[POINT_BYTES] : digest(point);
        ByteBuffer bytes = ByteBuffer.wrap(digest).order(ByteOrder.nativeOrder());
        set(POINT, 0);
        for (int at = Long.BYTES; at < POINT_BYTES; at += Long.BYTES) {
            set(POINT + at, bytes.getLong(at));
        }
        set(POINT, bytes.getLong(0));
    }

    boolean isTiedTo(String point) {
        ByteBuffer bytes = ByteBuffer.wrap(digest(point)).order(ByteOrder.nativeOrder());
        for (int at = 0; at < POINT_BYTES; at += Long.BYTES) {
            if (get(POINT + at) != bytes.getLong(at)) {
                return false;
            }
        }
        return true;
    }

    boolean isTied() {
        return get(POINT) != 0;
    }

    private static byte[] digest(String point) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(point.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            // A first word of zero means none.
            digest[0] |= 1;
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
