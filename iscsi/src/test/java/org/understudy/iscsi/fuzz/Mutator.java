package org.understudy.iscsi.fuzz;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Changes valid PDUs a little: bits, bytes, header fields set to edge values, pieces moved, cut or added. Seeded. */
final class Mutator {

    private static final int HEADER = 48;
    private static final int[] EDGES = {
        0,
        1,
        -1,
        0x7fffffff,
        0x80000000,
        0x00ffffff,
        0x00fffffc,
        0x00100000,
        0x00100001,
        0x2000,
        0x2001,
        511,
        512,
        513,
        0xffff
    };
    /** Fields of basic header segments: AHS length, data length, LUN, tags, numbers, offset, CDB. */
    private static final int[] FIELDS = {0, 1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 34, 36, 38, 40, 42, 44};

    /** Fields that neither end a session when they are wrong nor shift what follows: LUN, tags, expected length, CDB. */
    private static final int[] GENTLE_FIELDS = {2, 8, 10, 16, 18, 20, 22, 32, 34, 36, 38, 40, 42, 44};

    private final Random random;
    private final int gentle;
    private final int harsh;
    private long mutated;

    /**
     * @param gentle PDUs of 1000 changed in what a command means
     * @param harsh PDUs of 1000 changed in any way, which mostly ends the connection
     */
    Mutator(Random random, int gentle, int harsh) {
        this.random = random;
        this.gentle = gentle;
        this.harsh = harsh;
    }

    /** PDUs changed so far. */
    long mutated() {
        return mutated;
    }

    /** The PDU as it is, or changed. */
    byte[] maybe(byte[] pdu) {
        int dice = random.nextInt(1000);
        if (dice < harsh) {
            return mutate(pdu);
        }
        return dice < harsh + gentle && pdu.length >= HEADER ? mutateGently(pdu) : pdu;
    }

    private byte[] mutateGently(byte[] pdu) {
        mutated++;
        ByteBuffer bytes = ByteBuffer.wrap(pdu);
        for (int i = random.nextInt(3); i >= 0; i--) {
            int field = GENTLE_FIELDS[random.nextInt(GENTLE_FIELDS.length)];
            switch (random.nextInt(6)) {
                case 0 -> pdu[field + random.nextInt(2)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> pdu[field + random.nextInt(2)] = (byte) random.nextInt();
                case 2 -> bytes.putShort(field, (short) EDGES[random.nextInt(EDGES.length)]);
                case 3 -> pdu[1] ^= (byte) (1 << random.nextInt(3));
                default -> {
                    int at = pdu.length == HEADER ? 32 + random.nextInt(16) : 32 + random.nextInt(pdu.length - 32);
                    pdu[at] = (byte) random.nextInt();
                }
            }
        }
        return pdu;
    }

    byte[] mutate(byte[] pdu) {
        mutated++;
        byte[] result = pdu;
        for (int i = random.nextInt(3); i >= 0; i--) {
            result = once(result);
        }
        return result;
    }

    private byte[] once(byte[] pdu) {
        if (pdu.length < HEADER) {
            return Arrays.copyOf(pdu, random.nextInt(2 * HEADER));
        }
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5 -> pdu[within(pdu)] ^= (byte) (1 << random.nextInt(8));
            case 6, 7, 8, 9 -> pdu[within(pdu)] = (byte) random.nextInt();
            case 10, 11, 12, 13, 14, 15 -> edge(pdu);
            case 16, 17 -> pdu[1] = (byte) random.nextInt();
            case 18 -> pdu[0] = (byte) random.nextInt();
            case 19 -> Arrays.fill(pdu, within(pdu), pdu.length, (byte) (random.nextBoolean() ? 0 : 0xff));
            case 20 -> swap(pdu);
            case 21 -> setLength(pdu, random.nextInt(1 << (1 + random.nextInt(24))));
            case 22 -> {
                return Arrays.copyOf(pdu, random.nextInt(pdu.length + 64));
            }
            default -> {
                return repeated(pdu);
            }
        }
        return pdu;
    }

    private int within(byte[] pdu) {
        // Headers and the first bytes of data decide most.
        return random.nextInt(random.nextBoolean() ? Math.min(pdu.length, HEADER + 24) : pdu.length);
    }

    private void edge(byte[] pdu) {
        int field = FIELDS[random.nextInt(FIELDS.length)];
        ByteBuffer bytes = ByteBuffer.wrap(pdu);
        int value = EDGES[random.nextInt(EDGES.length)];
        if (field % 4 == 0 && random.nextBoolean()) {
            bytes.putInt(field, value);
        } else {
            bytes.putShort(field, (short) value);
        }
    }

    private void swap(byte[] pdu) {
        int length = 1 + random.nextInt(4);
        int from = random.nextInt(HEADER - length);
        int to = random.nextInt(HEADER - length);
        byte[] piece = Arrays.copyOfRange(pdu, from, from + length);
        System.arraycopy(pdu, to, pdu, from, length);
        System.arraycopy(piece, 0, pdu, to, length);
    }

    private static void setLength(byte[] pdu, int length) {
        pdu[5] = (byte) (length >> 16);
        pdu[6] = (byte) (length >> 8);
        pdu[7] = (byte) length;
    }

    private static byte[] repeated(byte[] pdu) {
        byte[] twice = Arrays.copyOf(pdu, 2 * pdu.length);
        System.arraycopy(pdu, 0, twice, pdu.length, pdu.length);
        return twice;
    }
}
