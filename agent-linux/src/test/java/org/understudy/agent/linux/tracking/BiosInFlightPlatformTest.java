package org.understudy.agent.linux.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.nio.file.ExtendedOpenOption;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.KernelObject;
import org.understudy.agent.linux.bpf.MappedMap;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * Completions that the kernel skipped cost no mark. The programs for bio-based devices run here on a loop device, whose bios end without the
 * event of bio-based devices: as if the kernel skipped each of them.
 */
@Tag("platform")
class BiosInFlightPlatformTest {

    private static final int MIB = 1 << 20;
    private static final long SECTORS_OF_MIB = 2048;
    private static final long MADE_UP = 0x1234_5678_9abcL;

    @TempDir
    Path directory;

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);
    private Path loop = Path.of("none");
    private Path pins = Path.of("none");

    private String run(String... argv) {
        return commands.run(Command.of(argv)).orThrow().output();
    }

    @BeforeEach
    void attach() throws IOException {
        Path file = directory.resolve("disk.img");
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.setLength(64L * MIB);
        }
        pins = Files.createDirectory(directory.resolve("bpf"));
        run("mount", "-t", "bpf", "bpf", pins.toString());
        loop = Path.of(run("losetup", "--find", "--show", file.toString()).strip());
    }

    @AfterEach
    void detach() {
        run("umount", "--lazy", pins.toString());
        run("losetup", "--detach", loop.toString());
    }

    /** The loop device as if its driver were given bios. */
    private TrackedDevice device() throws TrackingException {
        TrackedDevice found = probe.probe(loop);
        return new TrackedDevice(
                found.name(),
                found.number(),
                found.disk(),
                found.startSector(),
                found.sectors(),
                found.partition(),
                found.sequence(),
                found.stack(),
                false);
    }

    private Trackers trackers() {
        return new Trackers(pins.resolve("trackers"), Path.of("/"), probe);
    }

    private PinSet pinSet() throws TrackingException {
        return new PinSet(pins.resolve("trackers").resolve(device().pinName()));
    }

    private void write(long offset) {
        run(
                "dd",
                "if=/dev/urandom",
                "of=" + loop,
                "bs=4k",
                "count=1",
                "oflag=direct,seek_bytes",
                "conv=notrunc",
                "seek=" + offset,
                "status=none");
    }

    private static ExtentSet granule(long offset) {
        return ExtentSet.of(new Extent(offset, 65536));
    }

    @ParameterizedTest
    @EnumSource(MarkForm.class)
    void writesWhoseCompletionIsNotSeenAreInEachDrainAfterASkip(MarkForm form) throws Exception {
        trackers().start(device(), Granularity.DEFAULT, form).close();
        AtomicLong skips = new AtomicLong();
        ExtentSet written = ExtentSet.of(new Extent(5 * MIB, 65536), new Extent(63 * MIB, 65536));
        try (Tracker tracker = Tracker.open(pinSet(), device(), probe, program -> skips.get());
                KernelObject map = pinSet().open(PinSet.FLIGHT)) {
            write(5 * MIB);
            write(63 * MIB);

            assertThat(tracker.drain()).as("marked on submission").isEqualTo(written);
            assertThat(tracker.drain()).isEqualTo(ExtentSet.empty());
            assertThat(new BiosInFlight(map).all()).isNotEmpty();
            skips.set(2);
            ExtentSet again = tracker.drain();
            TrackerFigures figures = tracker.figures();
            // One's address may have been used again by the other, which is marked then.
            assertThat(again.union(figures.reused() > 0 ? written : ExtentSet.empty()))
                    .isEqualTo(written);
            assertThat(tracker.doubtsOfEpoch()).isEmpty();
            System.err.println("bios as " + figures.form() + ": verified " + figures.queueVerified() + " and "
                    + figures.completeVerified() + " instructions");
        }
    }

    @ParameterizedTest
    @EnumSource(MarkForm.class)
    void whatASkippedCompletionLeftBehindIsInEachDrainAfterASkip(MarkForm form) throws Exception {
        trackers().start(device(), Granularity.DEFAULT, form).close();
        AtomicLong skips = new AtomicLong(10);
        try (Tracker tracker = Tracker.open(pinSet(), device(), probe, program -> skips.get());
                KernelObject map = pinSet().open(PinSet.FLIGHT)) {
            BiosInFlight flight = new BiosInFlight(map);
            tracker.forgetBase();
            tracker.nextEpoch();
            tracker.cut();
            flight.put(new BiosInFlight.Bio(MADE_UP, 7 * SECTORS_OF_MIB, 4096, System.nanoTime()));

            assertThat(tracker.drain())
                    .as("no completion was skipped: it is on its way")
                    .isEqualTo(ExtentSet.empty());
            skips.incrementAndGet();
            assertThat(tracker.drain()).isEqualTo(granule(7 * MIB));
            assertThat(tracker.drain()).as("no other was skipped").isEqualTo(ExtentSet.empty());
            skips.incrementAndGet();
            assertThat(tracker.drain()).as("this one may have been").isEqualTo(granule(7 * MIB));
            assertThat(tracker.sinceBase()).isEqualTo(granule(7 * MIB));
            assertThat(tracker.sinceCut()).isEqualTo(granule(7 * MIB));
            assertThat(tracker.epoch().written()).isEqualTo(granule(7 * MIB));
            assertThat(flight.all()).hasSize(1);
            assertThat(tracker.figures().takenInFlight()).isEqualTo(2);
            assertThat(tracker.doubtsOfEpoch()).isEmpty();
            assertThat(tracker.doubtsOfBase()).isEmpty();
        }
    }

    @Test
    void whatIsOldIsInOneMoreDrainAndThenForgotten() throws Exception {
        trackers().start(device(), Granularity.DEFAULT).close();
        AtomicLong skips = new AtomicLong(10);
        try (Tracker tracker = Tracker.open(pinSet(), device(), probe, program -> skips.get());
                KernelObject map = pinSet().open(PinSet.FLIGHT)) {
            BiosInFlight flight = new BiosInFlight(map);
            tracker.nextEpoch();
            long longAgo = System.nanoTime() - BiosInFlight.AGE_NANOS - 1;
            // More than are read from the kernel at once.
            int many = 5000;
            for (int i = 0; i < many; i++) {
                flight.put(new BiosInFlight.Bio(MADE_UP + i * 256L, 9 * SECTORS_OF_MIB, 512, longAgo));
            }
            assertThat(flight.all()).hasSize(many);
            skips.incrementAndGet();

            assertThat(tracker.drain()).isEqualTo(granule(9 * MIB));
            assertThat(flight.all()).isEmpty();
            skips.incrementAndGet();
            assertThat(tracker.drain()).isEqualTo(ExtentSet.empty());
            assertThat(tracker.doubtsOfEpoch()).isEmpty();
        }
    }

    /** Only submission is watched, so that each bio stays, until the kernel uses its memory for another one. */
    @ParameterizedTest
    @EnumSource(MarkForm.class)
    void whenAnAddressIsUsedAgainItsOldRangeIsMarked(MarkForm form) throws Exception {
        TrackedDevice device = device();
        MapShape shape = MapShape.of(device, Granularity.DEFAULT, form);
        BlockLayout layout = TrackerInstaller.layout(device.name(), Path.of("/"));
        Bpf.allowLockedMemory();
        try (KernelObject marks = Bpf.createMap(shape.form().map(2 * shape.half()));
                KernelObject words = Bpf.createMap(
                        new Bpf.MapSpec("us_control", Bpf.MapKind.ARRAY, Integer.BYTES, Control.BYTES, 1, true));
                KernelObject map = Bpf.createMap(new Bpf.MapSpec(
                        "us_flight", Bpf.MapKind.HASH, Long.BYTES, BiosInFlight.WORDS * Long.BYTES, 1 << 16, false));
                KernelObject program = Bpf.loadTracing(
                        "us_bio_queue",
                        layout.bioQueued().type(),
                        new MarkingPrograms(layout, device, shape, marks, words, map).onQueue());
                MappedMap marksMemory = MappedMap.of(marks, shape.markBytes());
                MappedMap controlMemory = MappedMap.of(words, Control.BYTES);
                KernelObject link = Bpf.attach(program);
                FileChannel channel = FileChannel.open(loop, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT)) {
            Control control = new Control(controlMemory.bytes());
            BiosInFlight flight = new BiosInFlight(map);
            MarkHalves halves = new MarkHalves(marksMemory.bytes(), form, shape.fine());
            Ledgers ledgers = new Ledgers(
                    ByteBuffer.allocateDirect((int) shape.ledgerBytes() * 3).order(ByteOrder.nativeOrder()),
                    shape.fine() / Long.SIZE);
            ExtentGatherer written = new ExtentGatherer(65536, device.sizeBytes(), 100);
            long before = System.nanoTime();
            ByteBuffer block =
                    ByteBuffer.allocateDirect(2 * 4096).alignedSlice(4096).limit(4096);
            channel.write(block, 3 * MIB);
            List<BiosInFlight.Bio> first = flight.all();
            assertThat(first).hasSize(1).allSatisfy(bio -> {
                assertThat(bio.sector()).isEqualTo(3 * SECTORS_OF_MIB);
                assertThat(bio.bytes()).isEqualTo(4096);
                assertThat(bio.submitted()).isBetween(before, System.nanoTime());
            });
            Bpf.awaitRunningPrograms();
            halves.move(0, ledgers, granule -> {});

            // The same thread, so that the kernel soon takes the same memory for the bio again.
            for (int tries = 0; tries < 2000 && holds(flight, first.get(0)); tries++) {
                channel.write(block.rewind(), 40 * MIB);
            }
            Bpf.awaitRunningPrograms();
            halves.move(0, ledgers, written);

            assertThat(control.get(Control.REUSED)).as("addresses used again").isPositive();
            assertThat(written.extents())
                    .isEqualTo(ExtentSet.of(new Extent(3 * MIB, 65536), new Extent(40 * MIB, 65536)));
            assertThat(control.get(Control.COMPLETE_MARKS)).isEqualTo(control.get(Control.REUSED));
            assertThat(control.get(Control.OVERFLOW)).isZero();
            assertThat(link.fd()).isPositive();
        }
    }

    private static boolean holds(BiosInFlight flight, BiosInFlight.Bio bio) throws IOException {
        return flight.all().contains(bio);
    }
}
