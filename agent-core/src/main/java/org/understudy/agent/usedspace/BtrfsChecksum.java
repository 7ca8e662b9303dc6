package org.understudy.agent.usedspace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The checksums that btrfs puts into the first 32 bytes of its blocks, over all that follow. */
enum BtrfsChecksum {
    CRC32C {
        @Override
        byte[] of(ByteBuffer block) {
            return littleEndian(4, Integer.toUnsignedLong(Checksums.crc32c(block, FIELD, block.limit() - FIELD)));
        }
    },
    XXHASH64 {
        @Override
        byte[] of(ByteBuffer block) {
            return littleEndian(8, XxHash64.hash(block, FIELD, block.limit() - FIELD));
        }
    },
    SHA256 {
        @Override
        byte[] of(ByteBuffer block) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(block.duplicate().position(FIELD));
                return digest.digest();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has SHA-256", e);
            }
        }
    };

    private static final int FIELD = 32;

    abstract byte[] of(ByteBuffer block);

    static BtrfsChecksum of(int type) throws UnmappableException {
        if (type < 0 || type >= values().length) {
            throw new UnmappableException(
                    type == 3 ? "its checksums (BLAKE2) cannot be verified" : "an unknown checksum");
        }
        return values()[type];
    }

    boolean matches(ByteBuffer block) {
        byte[] expected = of(block);
        byte[] stored = new byte[expected.length];
        block.get(0, stored);
        return Arrays.equals(stored, expected);
    }

    private static byte[] littleEndian(int count, long value) {
        ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
        return Arrays.copyOf(bytes.array(), count);
    }
}
