package org.understudy.core.digest;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * SHA-256 of one block of a disk image. A block whose bytes are all zero has no digest: it is {@link #ZERO}, which is
 * neither stored nor sent.
 */
public final class BlockDigest {

    /** Bytes of a digest. */
    public static final int LENGTH = 32;

    /** Stands for a block of zeros. */
    public static final BlockDigest ZERO = new BlockDigest(new byte[LENGTH]);

    private final byte[] bytes;

    private BlockDigest(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A stored digest. */
    public static BlockDigest ofBytes(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a digest has " + LENGTH + " bytes, not " + bytes.length);
        }
        return new BlockDigest(bytes.clone());
    }

    /** The digest of the remaining bytes of {@code block}, which keeps its position. */
    public static BlockDigest of(ByteBuffer block) {
        if (isZero(block)) {
            return ZERO;
        }
        MessageDigest sha256 = sha256();
        sha256.update(block.duplicate());
        return new BlockDigest(sha256.digest());
    }

    /** Whether all remaining bytes are zero; the buffer keeps its position. */
    public static boolean isZero(ByteBuffer block) {
        int i = block.position();
        for (; i + Long.BYTES <= block.limit(); i += Long.BYTES) {
            if (block.getLong(i) != 0) {
                return false;
            }
        }
        for (; i < block.limit(); i++) {
            if (block.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    public void writeTo(ByteBuffer target) {
        target.put(bytes);
    }

    public boolean isZeroBlock() {
        return Arrays.equals(bytes, ZERO.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlockDigest digest && Arrays.equals(bytes, digest.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
