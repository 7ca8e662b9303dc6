package org.understudy.iscsi.device;

/**
 * How a {@link FileBlockDevice} treats its file.
 *
 * @param readOnly writes are refused
 * @param blockSize logical block size, 512 or 4096
 * @param direct data goes past the page cache (O_DIRECT): for block devices and file systems that can; the size must be whole
 *     blocks of the file system, mostly 4096 bytes
 * @param holePuncher frees space on unmap
 * @param holeMap tells what takes up space
 */
public record FileOptions(boolean readOnly, int blockSize, boolean direct, HolePuncher holePuncher, HoleMap holeMap) {

    /** Writable, 512 byte blocks, cached; unmap writes zeros and everything counts as mapped. */
    public static final FileOptions DEFAULTS =
            new FileOptions(false, 512, false, HolePuncher.writingZeros(), HoleMap.unknown());

    public FileOptions {
        if (blockSize != 512 && blockSize != 4096) {
            throw new IllegalArgumentException("block size must be 512 or 4096, not " + blockSize);
        }
    }

    public FileOptions withReadOnly(boolean on) {
        return new FileOptions(on, blockSize, direct, holePuncher, holeMap);
    }

    public FileOptions withBlockSize(int bytes) {
        return new FileOptions(readOnly, bytes, direct, holePuncher, holeMap);
    }

    public FileOptions withDirect(boolean on) {
        return new FileOptions(readOnly, blockSize, on, holePuncher, holeMap);
    }

    public FileOptions withHolePuncher(HolePuncher puncher) {
        return new FileOptions(readOnly, blockSize, direct, puncher, holeMap);
    }

    public FileOptions withHoleMap(HoleMap map) {
        return new FileOptions(readOnly, blockSize, direct, holePuncher, map);
    }
}
