package org.understudy.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestReporter;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.zfs.SendRequest.Form;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.SnapshotName;

/** Streams between datasets of a real pool: complete, incremental, cut and resumed, refused; and what they say has changed. */
@Tag("zfs")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamsLab {

    private static final int MIB = 1 << 20;

    private LabPool pool;
    private Datasets datasets;
    private Streams streams;

    @BeforeAll
    void makePool() throws IOException {
        pool = LabPool.create(PoolSpec.Redundancy.NONE, 1);
        datasets = pool.datasets;
        streams = new Streams(pool.commands, pool.commands, pool.directory);
    }

    @AfterAll
    void destroyPool() throws IOException {
        pool.close();
    }

    private static void fails(Class<? extends ZfsError> error, ThrowingCallable call) {
        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.error()).isInstanceOf(error));
    }

    private byte[] sent(SendRequest request) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        streams.send(request, stream -> stream.transferTo(bytes));
        return bytes.toByteArray();
    }

    private void receive(DatasetName destination, byte[] stream) throws IOException {
        streams.receive(destination, out -> out.write(stream));
    }

    private SnapshotName snapshot(DatasetName volume, String name) {
        datasets.snapshot(List.of(volume.snapshot(name)), Map.of());
        return volume.snapshot(name);
    }

    @Test
    void full_and_incremental_streams_of_each_form_arrive_with_their_identity() throws IOException {
        for (Form form : Form.values()) {
            DatasetName volume = pool.volume("source " + form, 16L * MIB, 4 * MIB, 1);
            DatasetName copy = pool.dataset("copy " + form);
            SnapshotName first = snapshot(volume, "p 1");
            receive(copy, sent(SendRequest.full(first, form)));
            pool.write(volume, MIB, LabPool.random(MIB, 2));
            SnapshotName second = snapshot(volume, "p 2");
            SendRequest step = SendRequest.incremental(first, second, form);
            byte[] stream = sent(step);
            receive(copy, stream);

            assertThat(datasets.find(copy.snapshot("p 2")).orElseThrow().guid())
                    .isEqualTo(datasets.find(second).orElseThrow().guid());
            assertThat(pool.read(copy, 4 * MIB)).isEqualTo(pool.read(volume, 4 * MIB));
            assertThat(streams.sizeBytes(step)).isBetween(stream.length * 8L / 10, stream.length * 12L / 10);
        }
    }

    @Test
    void a_bookmark_is_base_enough() throws IOException {
        DatasetName volume = pool.volume("bookmarked", 8L * MIB, MIB, 3);
        DatasetName copy = pool.dataset("bookmarked copy");
        SnapshotName first = snapshot(volume, "p 1");
        receive(copy, sent(SendRequest.full(first, Form.COMPRESSED)));
        datasets.bookmark(first, "cursor");
        datasets.destroy(first, datasets.find(first).orElseThrow().guid());
        pool.write(volume, 0, LabPool.random(MIB, 4));
        SnapshotName second = snapshot(volume, "p 2");

        receive(copy, sent(SendRequest.incremental(volume.bookmark("cursor"), second, Form.COMPRESSED)));

        assertThat(pool.read(copy, MIB)).isEqualTo(LabPool.random(MIB, 4));
    }

    @Test
    void a_cut_stream_goes_on_from_its_token() throws IOException {
        DatasetName volume = pool.volume("cut", 32L * MIB, 16 * MIB, 5);
        DatasetName copy = pool.dataset("cut copy");
        SnapshotName point = snapshot(volume, "p 1");
        SendRequest request = SendRequest.full(point, Form.COMPRESSED);
        byte[] whole = sent(request);

        fails(ZfsError.BadStream.class, () -> streams.receive(copy, out -> out.write(whole, 0, whole.length * 3 / 4)));

        String token = streams.resumeToken(copy).orElseThrow();
        assertThat(datasets.find(point)).isPresent();
        fails(ZfsError.DestinationExists.class, () -> receive(copy, whole));
        byte[] rest = sent(request.resumedBy(token));
        assertThat(rest.length).isLessThan(whole.length / 2);
        receive(copy, rest);
        assertThat(streams.resumeToken(copy)).isEmpty();
        assertThat(pool.read(copy, 16 * MIB)).isEqualTo(LabPool.random(16 * MIB, 5));
    }

    @Test
    void a_cut_step_stands_in_the_way_until_it_is_discarded() throws IOException {
        DatasetName volume = pool.volume("cut step", 16L * MIB, MIB, 16);
        DatasetName copy = pool.dataset("cut step copy");
        SnapshotName first = snapshot(volume, "p 1");
        receive(copy, sent(SendRequest.full(first, Form.COMPRESSED)));
        pool.write(volume, 0, LabPool.random(4 * MIB, 17));
        SnapshotName second = snapshot(volume, "p 2");
        byte[] step = sent(SendRequest.incremental(first, second, Form.COMPRESSED));
        fails(ZfsError.BadStream.class, () -> streams.receive(copy, out -> out.write(step, 0, step.length / 2)));

        fails(ZfsError.PartialState.class, () -> receive(copy, step));
        assertThat(streams.resumeToken(copy)).isPresent();
        assertThat(pool.read(copy, MIB)).as("the copy is as before").isEqualTo(LabPool.random(MIB, 16));
        streams.discardPartial(copy);
        receive(copy, step);

        assertThat(pool.read(copy, 4 * MIB)).isEqualTo(LabPool.random(4 * MIB, 17));
    }

    @Test
    void what_a_cut_stream_left_can_be_discarded() throws IOException {
        DatasetName volume = pool.volume("dropped", 16L * MIB, 8 * MIB, 6);
        DatasetName copy = pool.dataset("dropped copy");
        SnapshotName point = snapshot(volume, "p 1");
        byte[] whole = sent(SendRequest.full(point, Form.COMPRESSED));
        fails(ZfsError.BadStream.class, () -> streams.receive(copy, out -> out.write(whole, 0, whole.length / 2)));
        String token = streams.resumeToken(copy).orElseThrow();

        streams.discardPartial(copy);
        datasets.destroy(point, datasets.find(point).orElseThrow().guid());

        fails(
                ZfsError.ResumeRefused.class,
                () -> sent(SendRequest.full(point, Form.COMPRESSED).resumedBy(token)));
        assertThat(datasets.find(copy)).isEmpty();
    }

    @Test
    void a_destination_that_does_not_fit_refuses() throws IOException {
        DatasetName volume = pool.volume("misfit", 8L * MIB, MIB, 7);
        DatasetName copy = pool.dataset("misfit copy");
        SnapshotName first = snapshot(volume, "p 1");
        byte[] full = sent(SendRequest.full(first, Form.COMPRESSED));
        SnapshotName second = snapshot(volume, "p 2");
        pool.write(volume, 0, LabPool.random(MIB, 8));
        SnapshotName third = snapshot(volume, "p 3");

        receive(copy, full);
        fails(ZfsError.DestinationExists.class, () -> receive(copy, full));
        fails(
                ZfsError.BaseMismatch.class,
                () -> receive(copy, sent(SendRequest.incremental(second, third, Form.COMPRESSED))));
        pool.write(copy, 0, LabPool.random(MIB, 9));
        fails(
                ZfsError.DestinationModified.class,
                () -> receive(copy, sent(SendRequest.incremental(first, third, Form.COMPRESSED))));
        fails(ZfsError.BadStream.class, () -> receive(pool.dataset("garbage"), new byte[4096]));
        fails(ZfsError.BadStream.class, () -> receive(pool.dataset("garbage"), new byte[0]));
        fails(ZfsError.Missing.class, () -> sent(SendRequest.full(volume.snapshot("none"), Form.PLAIN)));
    }

    @Test
    void a_stream_damaged_on_its_way_is_refused() throws IOException {
        DatasetName volume = pool.volume("damaged", 8L * MIB, 2 * MIB, 10);
        byte[] stream = sent(SendRequest.full(snapshot(volume, "p 1"), Form.COMPRESSED));
        stream[stream.length / 2] ^= 1;

        fails(ZfsError.BadStream.class, () -> receive(pool.dataset("damaged copy"), stream));
    }

    @Test
    void changed_extents_never_miss_a_difference(TestReporter reporter) throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int size = 8 * MIB;
        DatasetName volume = pool.volume("changing", size, size / 2, seed);
        List<SnapshotName> points = new ArrayList<>();
        List<byte[]> images = new ArrayList<>();
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < random.nextInt(6); i++) {
                int length = 512 * (1 + random.nextInt(400));
                byte[] data = random.nextInt(3) == 0 ? new byte[length] : LabPool.random(length, random.nextLong());
                pool.write(volume, 512L * random.nextInt((size - length) / 512), data);
            }
            points.add(snapshot(volume, "round " + round));
            images.add(pool.read(volume, size));
        }
        long started = System.nanoTime();
        int pairs = 0;
        for (int from = 0; from < points.size(); from++) {
            for (int to = from + 1; to < points.size(); to++, pairs++) {
                ExtentSet changed = streams.changedExtents(points.get(from), points.get(to));
                assertThat(difference(images.get(from), images.get(to)).subtract(changed))
                        .as("missed from %d to %d, seed %d", from, to, seed)
                        .isEqualTo(ExtentSet.empty());
                assertThat(changed.subtract(ExtentSet.of(new Extent(0, size)))).isEqualTo(ExtentSet.empty());
            }
        }
        reporter.publishEntry("secondsPerPair", String.valueOf((System.nanoTime() - started) / 1e9 / pairs));
    }

    @Test
    void changed_extents_are_exact_to_the_block_and_cover_growth() throws IOException {
        DatasetName volume = pool.volume("exact", 8L * MIB, 8 * MIB, 11);
        SnapshotName before = snapshot(volume, "p 1");
        pool.write(volume, 3 * MIB + 512, LabPool.random(512, 12));
        pool.run(
                "blkdiscard",
                "-o",
                "1048576",
                "-l",
                "65536",
                datasets.device(volume).toString());
        SnapshotName after = snapshot(volume, "p 2");
        datasets.grow(volume, 12L * MIB);
        SnapshotName grown = snapshot(volume, "p 3");

        assertThat(streams.changedExtents(before, after))
                .isEqualTo(ExtentSet.of(new Extent(MIB, 65536), new Extent(3 * MIB, 16384)));
        assertThat(streams.changedExtents(after, grown)).isEqualTo(ExtentSet.of(Extent.between(8L * MIB, 12L * MIB)));
    }

    @Test
    void an_untouched_snapshot_has_no_changes_and_a_clone_counts_from_its_origin() throws IOException {
        DatasetName volume = pool.volume("calm", 8L * MIB, MIB, 13);
        SnapshotName first = snapshot(volume, "p 1");
        SnapshotName second = snapshot(volume, "p 2");
        DatasetName clone = pool.dataset("calm clone");
        datasets.cloneSnapshot(first, clone, Map.of());
        pool.write(clone, 32768, LabPool.random(16384, 14));
        SnapshotName cloned = snapshot(clone, "c 1");

        assertThat(streams.changedExtents(first, second)).isEqualTo(ExtentSet.empty());
        // From an origin ZFS names holes again, so only what holds data is exact.
        assertThat(streams.changedExtents(first, cloned).intersect(ExtentSet.of(new Extent(0, MIB))))
                .isEqualTo(ExtentSet.of(new Extent(32768, 16384)));
    }

    private static ExtentSet difference(byte[] a, byte[] b) {
        List<Extent> different = new ArrayList<>();
        for (int i = 0; i < a.length; i++) {
            if (a[i] != b[i]) {
                different.add(new Extent(i, 1));
            }
        }
        return ExtentSet.of(different);
    }

    @Test
    void a_reader_that_gives_up_leaves_no_process() throws IOException {
        DatasetName volume = pool.volume("given up", 32L * MIB, 24 * MIB, 15);
        SnapshotName point = snapshot(volume, "p 1");

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> streams.send(SendRequest.full(point, Form.PLAIN), (InputStream stream) -> {
                    new ByteArrayInputStream(stream.readNBytes(1000)).skip(10);
                    throw new IOException("enough");
                }))
                .withMessage("enough");

        assertThat(ProcessHandle.current().descendants().count()).isZero();
    }
}
