package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.BpfException;
import org.understudy.agent.linux.bpf.Btf;
import org.understudy.agent.linux.bpf.KernelObject;
import org.understudy.agent.linux.bpf.MappedMap;

/** Makes, attaches and pins the programs and maps of one tracker. Used by one thread. */
final class TrackerInstaller {

    private static final int FLIGHT_ENTRIES = 1 << 16;
    private static final Path TYPES = Path.of("sys/kernel/btf/vmlinux");

    private final BlockLayout layout;
    private final TrackedDevice device;
    private final PinSet pins;
    private final DeviceProbe probe;

    TrackerInstaller(BlockLayout layout, TrackedDevice device, PinSet pins, DeviceProbe probe) {
        this.layout = layout;
        this.device = device;
        this.pins = pins;
        this.probe = probe;
    }

    /** Looks up what the programs need to know of this kernel. */
    static BlockLayout layout(String device, Path root) throws TrackingException {
        Path types = root.resolve(TYPES);
        if (!Files.isReadable(types)) {
            throw TrackingException.unavailable(
                    device,
                    "this kernel does not publish its type information (BTF) in /" + TYPES,
                    "Use a kernel built with CONFIG_DEBUG_INFO_BTF; until then runs compare all used blocks.");
        }
        try (Btf btf = Btf.read(types)) {
            return BlockLayout.of(btf);
        } catch (IOException | BlockLayout.MissingException | IndexOutOfBoundsException e) {
            throw TrackingException.unavailable(
                    device,
                    "this kernel is not understood: " + e.getMessage(),
                    "Runs compare all used blocks instead. Please report the kernel's version.",
                    e);
        }
    }

    /** Installs with bits, or with bytes if the kernel does not accept atomic OR. */
    void install(Granularity granularity) throws TrackingException, IOException {
        install(granularity, granularity);
    }

    /** As {@link #install(Granularity)} with a granularity for each form. */
    void install(Granularity ofBits, Granularity ofBytes) throws TrackingException, IOException {
        MapShape bits = MapShape.of(device, ofBits, MarkForm.BITS);
        try {
            install(bits);
        } catch (BpfException e) {
            if (e.errno() != BpfException.EINVAL) {
                throw e;
            }
            install(MapShape.of(device, ofBytes, MarkForm.BYTES));
        }
    }

    /** Installs in one form; leaves no pin behind if it fails. */
    void install(MapShape shape) throws IOException {
        try {
            Files.createDirectories(pins.directory().toAbsolutePath().getParent());
            Files.createDirectory(pins.directory());
        } catch (FileAlreadyExistsException e) {
            throw new IOException("somebody else starts tracking of " + device.name() + " just now", e);
        }
        boolean done = false;
        try (Held held = new Held()) {
            install(shape, held);
            done = true;
        } finally {
            if (!done) {
                pins.remove();
            }
        }
    }

    private void install(MapShape shape, Held held) throws IOException {
        KernelObject marks = held.add(Bpf.createMap(shape.form().map(2 * shape.half())));
        int ledgerWords = Math.toIntExact(shape.ledgerBytes() / Long.BYTES * Ledgers.Name.values().length);
        KernelObject ledgers = held.add(Bpf.createMap(
                new Bpf.MapSpec("us_ledgers", Bpf.MapKind.ARRAY, Integer.BYTES, Long.BYTES, ledgerWords, true)));
        KernelObject control = held.add(
                Bpf.createMap(new Bpf.MapSpec("us_control", Bpf.MapKind.ARRAY, Integer.BYTES, Control.BYTES, 1, true)));
        KernelObject flight = device.requestBased()
                ? null
                : held.add(Bpf.createMap(new Bpf.MapSpec(
                        "us_flight",
                        Bpf.MapKind.HASH,
                        Long.BYTES,
                        BiosInFlight.WORDS * Long.BYTES,
                        FLIGHT_ENTRIES,
                        false)));
        MarkingPrograms programs = new MarkingPrograms(layout, device, shape, marks, control, flight);
        KernelObject complete = held.add(
                device.requestBased()
                        ? Bpf.loadTracing(
                                "us_rq_complete", layout.requestCompleted().type(), programs.onRequestComplete())
                        : Bpf.loadTracing(
                                "us_bio_complete", layout.bioCompleted().type(), programs.onBioComplete()));
        KernelObject queue =
                held.add(Bpf.loadTracing("us_bio_queue", layout.bioQueued().type(), programs.onQueue()));
        try (MappedMap memory = MappedMap.of(control, Control.BYTES)) {
            Control words = new Control(memory.bytes());
            describe(words, shape);
            words.set(Control.QUEUE_PROGRAM, Bpf.programInfo(queue).id());
            words.set(Control.COMPLETE_PROGRAM, Bpf.programInfo(complete).id());
            pins.pin(PinSet.CONTROL, control);
            pins.pin(PinSet.MARKS, marks);
            pins.pin(PinSet.LEDGERS, ledgers);
            if (flight != null) {
                pins.pin(PinSet.FLIGHT, flight);
            }
            pins.pin(PinSet.COMPLETE_PROGRAM, complete);
            pins.pin(PinSet.QUEUE_PROGRAM, queue);
            // Completion first: what is in flight when submission is attached is then marked when it completes.
            pins.pin(PinSet.COMPLETE_LINK, held.add(Bpf.attach(complete)));
            pins.pin(PinSet.QUEUE_LINK, held.add(Bpf.attach(queue)));
            words.set(Control.WRITES_AT_START, probe.writesDone(device));
            settle(words, complete);
            words.set(Control.READY, 1);
        }
    }

    private void describe(Control words, MapShape shape) throws IOException {
        words.set(Control.FORMAT, Control.CURRENT_FORMAT);
        words.set(Control.TRACKER_ID, new SecureRandom().nextLong() | 1);
        words.set(Control.SECTOR_SHIFT, shape.sectorShift());
        words.set(Control.FINE_GRANULES, shape.fine());
        words.set(Control.HALF_GRANULES, shape.half());
        words.set(Control.BYTE_MARKS, shape.form() == MarkForm.BYTES ? 1 : 0);
        words.set(Control.SECTORS, device.sectors());
        words.set(Control.START_SECTOR, device.startSector());
        words.set(Control.DISK_NUMBER, TrackerIdentity.encode(device.disk()));
        words.set(Control.DEVICE_NUMBER, TrackerIdentity.encode(device.number()));
        words.set(Control.SEQUENCE, device.sequence());
        words.set(Control.STACK, device.stack());
        words.set(Control.REQUEST_BASED, device.requestBased() ? 1 : 0);
        words.set(Control.DOUBTFUL_SKIPS, Control.ALL);
        words.set(Control.EPOCH, 1);
        long uptime = probe.uptime().toMillis();
        words.set(Control.STARTED, uptime);
        words.set(Control.EPOCH_SINCE, uptime);
    }

    /**
     * Waits until what was in flight before the attachment has completed, as far as the kernel's count says within two seconds. On
     * bio-based devices these completions have no remembered range; what comes later of them is a doubt, and as long as such a bio may
     * be in flight, so is each completion that the kernel skips.
     */
    private void settle(Control words, KernelObject complete) throws IOException {
        if (device.requestBased()) {
            return;
        }
        long until = System.nanoTime() + 2_000_000_000L;
        while (probe.inFlight(device) > 0 && System.nanoTime() < until) {
            Bpf.awaitRunningPrograms();
        }
        boolean strangers = probe.inFlight(device) > 0;
        Bpf.awaitRunningPrograms();
        long unkeyed = words.get(Control.UNKEYED);
        long skips = Bpf.programInfo(complete).misses();
        if (!strangers) {
            words.set(Control.DOUBTFUL_SKIPS, skips);
        }
        for (Ledgers.Name ledger : Ledgers.Name.values()) {
            words.accept(ledger, new Counters(0, 0, 0, skips, unkeyed));
        }
    }

    /** Objects of which this process needs no descriptor once they are pinned. */
    private static final class Held implements AutoCloseable {

        private final Deque<KernelObject> objects = new ArrayDeque<>();

        KernelObject add(KernelObject object) {
            objects.push(object);
            return object;
        }

        @Override
        public void close() {
            @Nullable KernelObject next = objects.poll();
            while (next != null) {
                next.close();
                next = objects.poll();
            }
        }
    }
}
