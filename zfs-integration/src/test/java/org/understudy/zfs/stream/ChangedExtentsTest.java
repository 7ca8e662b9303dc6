package org.understudy.zfs.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

class ChangedExtentsTest {

    private static final long SIZE = 1 << 20;

    private static ExtentSet read(byte[] stream) throws IOException {
        ChangedExtents changes = new ChangedExtents(SIZE);
        changes.read(new ByteArrayInputStream(stream));
        return changes.extents();
    }

    private static void broken(byte[] stream, String why) {
        assertThatExceptionOfType(BrokenStreamException.class)
                .isThrownBy(() -> read(stream))
                .withMessageContaining(why);
    }

    @Test
    void writes_and_frees_of_the_volume_are_its_changes() throws IOException {
        byte[] stream = StreamBuilder.begun()
                .object(1, 0)
                .write(1, 0, 16384, 0)
                .write(1, 16384, 16384, 4608)
                .free(1, 65536, 8192)
                .embedded(1, 131072, 16384, 45)
                .end()
                .bytes();

        assertThat(read(stream))
                .isEqualTo(ExtentSet.of(new Extent(0, 32768), new Extent(65536, 8192), new Extent(131072, 16384)));
    }

    @Test
    void bookkeeping_of_zfs_is_no_change_of_the_disk() throws IOException {
        byte[] stream = StreamBuilder.begun()
                .object(2, 13)
                .write(2, 0, 512, 0)
                .spill(2, 512)
                .freeObjects(3, 29)
                .free(3, 0, -1)
                .end()
                .bytes();

        assertThat(read(stream)).isEqualTo(ExtentSet.empty());
    }

    @Test
    void all_ones_mean_to_the_end_and_nothing_goes_past_the_disk() throws IOException {
        assertThat(read(StreamBuilder.begun().free(1, 4096, -1).end().bytes()))
                .isEqualTo(ExtentSet.of(Extent.between(4096, SIZE)));
        assertThat(read(StreamBuilder.begun()
                        .free(1, SIZE + 5, -1)
                        .free(1, -8, 4)
                        .end()
                        .bytes()))
                .isEqualTo(ExtentSet.empty());
        assertThat(read(StreamBuilder.begun().freeObjects(0, -1).end().bytes()))
                .isEqualTo(ExtentSet.of(new Extent(0, SIZE)));
    }

    @Test
    void streams_of_machines_of_the_other_byte_order_are_read() throws IOException {
        byte[] stream = new StreamBuilder(ByteOrder.BIG_ENDIAN)
                .begin(1, 24)
                .write(1, 8192, 8192, 512)
                .end()
                .bytes();

        assertThat(read(stream)).isEqualTo(ExtentSet.of(new Extent(8192, 8192)));
    }

    @Test
    void damaged_streams_are_refused_with_their_reason() {
        broken(new byte[0], "ended before");
        broken(new byte[400], "magic number");
        broken(StreamBuilder.begun().bytes(), "ended before its last record");
        broken(StreamBuilder.begun().write(1, 0, 512, 0).bytes(), "ended before its last record");
        broken(StreamBuilder.begun().raw(11).end().bytes(), "unknown record type 11");
        broken(StreamBuilder.begun().raw(0).end().bytes(), "unknown record type 0");
        broken(StreamBuilder.begun().end().end().bytes(), "goes on after its end");
        broken(new StreamBuilder(ByteOrder.LITTLE_ENDIAN).begin(2, 0).end().bytes(), "several datasets");
        byte[] cut = StreamBuilder.begun().write(1, 0, 4096, 0).bytes();
        broken(Arrays.copyOf(cut, cut.length - 1), "within a record");
    }

    @Test
    void a_claimed_length_takes_no_memory() {
        byte[] huge = StreamBuilder.begun().embedded(1, 0, 4096, 0).end().bytes();
        huge[ChangedExtents.RECORD_BYTES + 8 + 47] = (byte) 0x80;

        broken(huge, "claims a payload");
    }

    @Test
    void many_scattered_changes_are_all_there() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long size = 1L << 40;
        StreamBuilder stream = StreamBuilder.begun();
        List<Extent> expected = new ArrayList<>();
        for (int i = 0; i < 70_000; i++) {
            long offset = (random.nextLong() >>> 24) & ~8191L;
            expected.add(new Extent(offset, 4096));
            stream.free(1, offset, 4096);
        }
        ChangedExtents changes = new ChangedExtents(size);
        changes.read(new ByteArrayInputStream(stream.end().bytes()));

        assertThat(changes.extents()).as("seed %d", seed).isEqualTo(ExtentSet.of(expected));
    }
}
