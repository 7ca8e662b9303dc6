package org.understudy.agent.usedspace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.layout.DiskBytes;

/** Maps swap areas: only the header page means anything after a restart ({@code include/linux/swap.h}). */
final class SwapUsedSpace implements FileSystemMap {

    @Override
    public String addUsed(DiskReader disk, MetadataState state, ExtentCollector used)
            throws IOException, UnmappableException {
        Volume volume = new Volume(disk, ByteOrder.LITTLE_ENDIAN);
        ByteBuffer head = volume.read(0, (int) Math.min(65536, disk.sizeBytes()), "the header");
        for (int page = 4096; page <= head.limit(); page <<= 1) {
            if (DiskBytes.has(head, page - 10, "SWAPSPACE2") || DiskBytes.has(head, page - 10, "SWAP-SPACE")) {
                used.add(0, page);
                return "the header only";
            }
        }
        throw new UnmappableException("its header has no signature");
    }
}
