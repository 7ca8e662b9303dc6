package org.understudy.agent.usedspace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** xxHash, 64 bit, seed 0 (xxHash specification 0.1.1). Stateless. */
final class XxHash64 {

    private static final long P1 = 0x9e3779b185ebca87L;
    private static final long P2 = 0xc2b2ae3d27d4eb4fL;
    private static final long P3 = 0x165667b19e3779f9L;
    private static final long P4 = 0x85ebca77c2b2ae63L;
    private static final long P5 = 0x27d4eb2f165667c5L;

    private XxHash64() {}

    static long hash(ByteBuffer source, int offset, int length) {
        ByteBuffer bytes = source.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int at = offset;
        int end = offset + length;
        long hash;
        if (length >= 32) {
            long a = 0x60ea27eeadc0b5d6L;
            long b = P2;
            long c = 0;
            long d = 0x61c8864e7a143579L;
            for (; at <= end - 32; at += 32) {
                a = round(a, bytes.getLong(at));
                b = round(b, bytes.getLong(at + 8));
                c = round(c, bytes.getLong(at + 16));
                d = round(d, bytes.getLong(at + 24));
            }
            hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        } else {
            hash = P5;
        }
        hash += length;
        for (; at <= end - 8; at += 8) {
            hash = Long.rotateLeft(hash ^ round(0, bytes.getLong(at)), 27) * P1 + P4;
        }
        if (at <= end - 4) {
            hash = Long.rotateLeft(hash ^ Integer.toUnsignedLong(bytes.getInt(at)) * P1, 23) * P2 + P3;
            at += 4;
        }
        for (; at < end; at++) {
            hash = Long.rotateLeft(hash ^ (bytes.get(at) & 0xffL) * P5, 11) * P1;
        }
        hash = (hash ^ hash >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }

    private static long round(long lane, long input) {
        return Long.rotateLeft(lane + input * P2, 31) * P1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * P1 + P4;
    }
}
