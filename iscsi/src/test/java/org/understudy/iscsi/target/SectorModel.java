package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * What each 512 byte sector of a disk may hold after a crash. Every write has a version of its own, and the content of a
 * sector tells its number and version and nothing else, so that a torn or misplaced sector shows. Thread-safe.
 */
final class SectorModel {

    static final int SECTOR = 512;

    private final long[] issued;
    private final long[] acknowledged;
    private final long[] durable;
    private long versions;

    SectorModel(int sectors) {
        this.issued = new long[sectors];
        this.acknowledged = new long[sectors];
        this.durable = new long[sectors];
    }

    int sectors() {
        return issued.length;
    }

    /** Content for a write that is about to be sent. */
    synchronized byte[] write(int first, int count) {
        versions++;
        byte[] content = new byte[count * SECTOR];
        for (int i = 0; i < count; i++) {
            issued[first + i] = versions;
            System.arraycopy(content(first + i, versions), 0, content, i * SECTOR, SECTOR);
        }
        return content;
    }

    /** The write of these sectors was acknowledged. */
    synchronized void acknowledged(int first, int count) {
        System.arraycopy(issued, first, acknowledged, first, count);
    }

    /** It was acknowledged as durable. */
    synchronized void durable(int first, int count) {
        acknowledged(first, count);
        System.arraycopy(issued, first, durable, first, count);
    }

    /** What a flush that is sent now will have made durable when it is answered. */
    synchronized long[] flushBegins() {
        return acknowledged.clone();
    }

    /** That flush was answered. */
    synchronized void flushed(long[] begun) {
        for (int i = 0; i < durable.length; i++) {
            durable[i] = Math.max(durable[i], begun[i]);
        }
    }

    /**
     * Checks what was found after a crash, and goes on from it.
     *
     * @param everyAcknowledged true if the machine lived on, so that whatever was acknowledged must be there
     */
    synchronized void assertHolds(ByteBuffer disk, boolean everyAcknowledged, String crash) {
        for (int i = 0; i < issued.length; i++) {
            byte[] found = new byte[SECTOR];
            disk.get(i * SECTOR, found);
            long version = ByteBuffer.wrap(found).getLong(8);
            assertThat(Arrays.mismatch(found, content(i, version)))
                    .as("%s: sector %d is torn, claims version %d", crash, i, version)
                    .isEqualTo(-1);
            assertThat(version)
                    .as("%s: version of sector %d", crash, i)
                    .isBetween(everyAcknowledged ? acknowledged[i] : durable[i], issued[i]);
            issued[i] = version;
            acknowledged[i] = version;
            durable[i] = version;
        }
    }

    private static byte[] content(int sector, long version) {
        byte[] content = new byte[SECTOR];
        if (version != 0) {
            new Random(version * 0x9e3779b97f4a7c15L + sector).nextBytes(content);
            ByteBuffer.wrap(content).putLong(0, sector).putLong(8, version);
        }
        return content;
    }
}
