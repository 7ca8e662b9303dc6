package org.understudy.zfs;

import java.util.Map;
import org.understudy.zfs.name.PropertyName;

/**
 * A volume to make. It is sparse: it takes no space that is not written.
 *
 * @param bytes size, a multiple of {@code blockBytes}
 * @param blockBytes size of its blocks, for ever: a power of two from 512 to 128 KiB; below 4 KiB only for disks whose size asks for it
 * @param compression for example {@code lz4} or {@code zstd-3}
 */
public record VolumeSpec(long bytes, int blockBytes, String compression, Map<PropertyName, String> properties) {

    /** For disks of machines: small enough for random writes of databases, large enough to compress. Measured in the lab. */
    public static final int DEFAULT_BLOCK_BYTES = 16 << 10;

    public VolumeSpec {
        if (Integer.bitCount(blockBytes) != 1 || blockBytes < 512 || blockBytes > 128 << 10) {
            throw new IllegalArgumentException("not a block size from 512 to 128 KiB: " + blockBytes);
        }
        if (bytes <= 0 || bytes % blockBytes != 0) {
            throw new IllegalArgumentException(bytes + " bytes are not a multiple of blocks of " + blockBytes);
        }
        if (!compression.matches("off|on|lz4|zle|gzip(-[1-9])?|zstd(-[0-9]{1,2})?|zstd-fast(-[0-9]{1,4})?")) {
            throw new IllegalArgumentException("not a compression: '" + compression + "'");
        }
        properties = Map.copyOf(properties);
    }

    public static VolumeSpec of(long bytes) {
        return new VolumeSpec(bytes, DEFAULT_BLOCK_BYTES, "lz4", Map.of());
    }
}
