package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.BpfException;
import org.understudy.agent.linux.bpf.DirectoryLock;
import org.understudy.agent.linux.bpf.KernelObject;
import org.understudy.agent.linux.bpf.MappedMap;
import org.understudy.core.extent.ExtentSet;

/**
 * A running tracker, opened by its pins. Several processes may have it open; each operation takes the lock of the pin directory.
 * Closing it ends nothing but this view. Used by one thread.
 */
public final class Tracker implements AutoCloseable {

    /** Writes done without a mark, below which it may be that the first of them are still on their way. */
    private static final long FEW_WRITES = 16;

    private static final int MOST_EXTENTS = 100_000;

    private final PinSet pins;
    private final TrackedDevice device;
    private final DeviceProbe probe;
    private final List<KernelObject> objects = new ArrayList<>();
    private final List<MappedMap> mapped = new ArrayList<>();
    private final KernelObject queueProgram;
    private final KernelObject completeProgram;
    private final Control control;
    private final MarkHalves marks;
    private final Ledgers ledgers;
    private final @Nullable BiosInFlight flight;
    private final Skips skips;
    private final MarkForm form;
    private final long half;
    private boolean closed;

    /** How often the kernel skipped the program on completion; -1 if it does not count. */
    @FunctionalInterface
    interface Skips {
        long of(KernelObject program) throws BpfException;
    }

    /** Opens what {@link TrackerInstaller} pinned. */
    static Tracker open(PinSet pins, TrackedDevice device, DeviceProbe probe) throws TrackingException {
        return open(pins, device, probe, program -> Bpf.programInfo(program).misses());
    }

    static Tracker open(PinSet pins, TrackedDevice device, DeviceProbe probe, Skips skips) throws TrackingException {
        try {
            return new Tracker(pins, device, probe, skips);
        } catch (BpfException e) {
            if (e.errno() == BpfException.EPERM) {
                throw TrackingException.unavailable(
                        device.name(), "eBPF is for the administrator", "Run this as root.", e);
            }
            throw TrackingException.unusable(device.name(), "a part of it is gone: " + e.getMessage());
        } catch (IOException e) {
            throw TrackingException.unusable(device.name(), e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private Tracker(PinSet pins, TrackedDevice device, DeviceProbe probe, Skips skips)
            throws IOException, TrackingException {
        this.pins = pins;
        this.device = device;
        this.probe = probe;
        this.skips = skips;
        boolean opened = false;
        try {
            control = new Control(map(PinSet.CONTROL, Control.BYTES));
            check();
            form = control.get(Control.BYTE_MARKS) != 0 ? MarkForm.BYTES : MarkForm.BITS;
            long fine = control.get(Control.FINE_GRANULES);
            half = control.get(Control.HALF_GRANULES);
            marks = new MarkHalves(map(PinSet.MARKS, form.bytesFor(2 * half)), form, fine);
            ledgers =
                    new Ledgers(map(PinSet.LEDGERS, fine / Byte.SIZE * Ledgers.Name.values().length), fine / Long.SIZE);
            flight = control.get(Control.REQUEST_BASED) != 0 ? null : new BiosInFlight(opened(PinSet.FLIGHT));
            queueProgram = program(PinSet.QUEUE_PROGRAM, PinSet.QUEUE_LINK, Control.QUEUE_PROGRAM);
            completeProgram = program(PinSet.COMPLETE_PROGRAM, PinSet.COMPLETE_LINK, Control.COMPLETE_PROGRAM);
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    private KernelObject opened(String pin) throws BpfException {
        KernelObject object = pins.open(pin);
        objects.add(object);
        return object;
    }

    private ByteBuffer map(String pin, long bytes) throws BpfException {
        MappedMap memory = MappedMap.of(opened(pin), bytes);
        mapped.add(memory);
        return memory.bytes();
    }

    private void check() throws TrackingException {
        if (control.get(Control.FORMAT) != Control.CURRENT_FORMAT) {
            throw TrackingException.unusable(device.name(), "an agent of another version began it");
        }
        if (control.get(Control.READY) == 0) {
            throw TrackingException.unusable(device.name(), "its start was never finished");
        }
        String other = TrackerIdentity.differs(control, device);
        if (other != null) {
            throw TrackingException.unusable(device.name(), other);
        }
    }

    private KernelObject program(String programPin, String linkPin, int idWord) throws BpfException, TrackingException {
        KernelObject program = opened(programPin);
        KernelObject link = opened(linkPin);
        long id = control.get(idWord);
        if (Bpf.programInfo(program).id() != id || Bpf.linkedProgram(link) != id) {
            throw TrackingException.unusable(device.name(), "one of its programs was exchanged");
        }
        return program;
    }

    public TrackedDevice device() {
        return device;
    }

    public Granularity granularity() {
        return new Granularity(Granularity.SECTOR_BYTES << control.get(Control.SECTOR_SHIFT));
    }

    /** A number that no other tracker has. */
    public long id() {
        return control.get(Control.TRACKER_ID);
    }

    /** Number of the shown epoch, from 1. */
    public long epochNumber() {
        return control.get(Control.EPOCH);
    }

    /** How long the shown epoch has lasted. */
    public Duration epochAge() throws IOException {
        return probe.uptime().minusMillis(control.get(Control.EPOCH_SINCE));
    }

    /** How long the tracker has run. */
    public Duration age() throws IOException {
        return probe.uptime().minusMillis(control.get(Control.STARTED));
    }

    /**
     * What was written in the shown epoch.
     *
     * @param doubts why it may be incomplete, half a sentence each; empty if it is complete
     */
    public record Epoch(ExtentSet written, List<String> doubts) {

        public Epoch {
            doubts = List.copyOf(doubts);
        }
    }

    /** Everything written since the shown epoch began. */
    public Epoch epoch() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            drain(granule -> {});
            return new Epoch(extents(Ledgers.Name.EPOCH), doubtsOfEpoch());
        }
    }

    /** As {@link #epoch}, and begins a new one. */
    public Epoch nextEpoch() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            Counters before = counters();
            drain(granule -> {});
            Epoch written = new Epoch(extents(Ledgers.Name.EPOCH), doubtsOfEpoch());
            // A doubt that arose after `before` was counted is one of the next epoch, too.
            ledgers.clear(Ledgers.Name.EPOCH);
            control.accept(Ledgers.Name.EPOCH, before);
            control.set(Control.EPOCH, epochNumber() + 1);
            control.set(Control.EPOCH_SINCE, probe.uptime().toMillis());
            return written;
        }
    }

    /** What was written since the last drain by anybody. */
    public ExtentSet drain() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            ExtentGatherer gatherer = gatherer();
            drain(gatherer);
            return gatherer.extents();
        }
    }

    /** Everything written since the point that {@link #isTiedTo} knows, or since {@link #forgetBase}. */
    public ExtentSet sinceBase() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            drain(granule -> {});
            return extents(Ledgers.Name.BASE);
        }
    }

    /** Begins a base that belongs to no point, for a run that reads everything. */
    public void forgetBase() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            Counters before = counters();
            control.tie("");
            drain(granule -> {});
            ledgers.clear(Ledgers.Name.BASE);
            control.accept(Ledgers.Name.BASE, before);
        }
    }

    /**
     * Drains at the instant of a point that may become the next base; {@link #commit} says that it did. What is returned are all marks since
     * the last cut, from the ledger and not from the drain: the command line may have drained in between.
     */
    public ExtentSet cut() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            Counters before = counters();
            drain(granule -> {});
            ExtentSet written = extents(Ledgers.Name.NEXT);
            ledgers.clear(Ledgers.Name.NEXT);
            control.accept(Ledgers.Name.NEXT, before);
            return written;
        }
    }

    /** Everything written since the last {@link #cut}. */
    public ExtentSet sinceCut() throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            drain(granule -> {});
            return extents(Ledgers.Name.NEXT);
        }
    }

    /** The point of the last {@link #cut} is confirmed: what was written before it may be forgotten. */
    public void commit(String point) throws IOException {
        try (DirectoryLock lock = DirectoryLock.take(pins.directory())) {
            drain(granule -> {});
            control.tie("");
            ledgers.copy(Ledgers.Name.NEXT, Ledgers.Name.BASE);
            control.accept(Ledgers.Name.BASE, control.accepted(Ledgers.Name.NEXT));
            control.tie(point);
        }
    }

    public boolean isTiedTo(String point) {
        return control.isTiedTo(point);
    }

    public boolean isTied() {
        return control.isTied();
    }

    /** Why the shown epoch may be incomplete, half a sentence each; empty if it is complete. */
    public List<String> doubtsOfEpoch() throws IOException {
        return doubts(Ledgers.Name.EPOCH);
    }

    /** Why {@link #sinceBase} may be incomplete. */
    public List<String> doubtsOfBase() throws IOException {
        return doubts(Ledgers.Name.BASE);
    }

    private List<String> doubts(Ledgers.Name ledger) throws IOException {
        List<String> doubts = new ArrayList<>(counters().doubtsSince(control.accepted(ledger)));
        long done = probe.writesDone(device);
        long atStart = control.get(Control.WRITES_AT_START);
        if (done >= 0 && atStart >= 0 && done - atStart > FEW_WRITES) {
            if (control.get(Control.QUEUE_MARKS) == 0) {
                doubts.add("the kernel counts writes whose submission was not seen");
            }
            if (control.get(Control.COMPLETE_MARKS) == 0) {
                doubts.add("the kernel counts writes whose completion was not seen");
            }
        }
        return doubts;
    }

    private Counters counters() throws IOException {
        return Counters.withSkips(
                control.get(Control.OVERFLOW),
                control.get(Control.PASSTHROUGH),
                Bpf.programInfo(queueProgram).misses(),
                skips.of(completeProgram),
                control.get(Control.DOUBTFUL_SKIPS),
                control.get(Control.UNKEYED));
    }

    /** Figures for people. */
    public TrackerFigures figures() throws IOException {
        Counters now = counters();
        return new TrackerFigures(
                control.get(Control.QUEUE_MARKS),
                control.get(Control.COMPLETE_MARKS),
                now.overflow(),
                now.passthrough(),
                control.get(Control.UNKNOWN_COMMANDS),
                now.unkeyed(),
                now.queueMisses(),
                skips.of(completeProgram),
                control.get(Control.REUSED),
                control.get(Control.TAKEN_IN_FLIGHT),
                memoryBytes(),
                form == MarkForm.BYTES ? "bytes" : "bits",
                Bpf.programInfo(queueProgram).verifiedInstructions(),
                Bpf.programInfo(completeProgram).verifiedInstructions());
    }

    /** What the kernel charges for the maps that this view has open. */
    private long memoryBytes() throws IOException {
        long bytes = 0;
        for (KernelObject object : objects) {
            Path info = Path.of("/proc/self/fdinfo", Integer.toString(object.fd()));
            for (String line : Files.readAllLines(info)) {
                if (line.startsWith("memlock:")) {
                    bytes += Long.parseLong(line.substring("memlock:".length()).strip());
                }
            }
        }
        return bytes;
    }

    private ExtentSet extents(Ledgers.Name ledger) {
        ExtentGatherer gatherer = gatherer();
        ledgers.forEach(ledger, gatherer);
        return gatherer.extents();
    }

    private ExtentGatherer gatherer() {
        return new ExtentGatherer(granularity().bytes(), device.sizeBytes(), MOST_EXTENTS);
    }

    /**
     * Under the lock: makes the other half current and moves the marks of the old one, and those of bios whose completion was
     * skipped.
     */
    private void drain(LongConsumer granules) throws IOException {
        if (control.get(Control.DRAINING) != 0) {
            // Whoever drained last died meanwhile; its marks belong to this drain.
            Bpf.awaitRunningPrograms();
            marks.move(half - control.get(Control.BASE), ledgers, granule -> {});
        }
        long old = control.get(Control.BASE);
        control.set(Control.DRAINING, 1);
        control.set(Control.BASE, half - old);
        Bpf.awaitRunningPrograms();
        if (flight != null) {
            addFlight(flight, old);
        }
        marks.move(old, ledgers, granules);
        control.set(Control.DRAINING, 0);
    }

    /**
     * A completion that the kernel skipped left its bio in the map. If it skipped none since the map was read the last time, all such bios were
     * taken then, or came to light when their address was used again; what is in the map besides is on its way and will be marked when it
     * completes.
     */
    private void addFlight(BiosInFlight bios, long old) throws IOException {
        boolean allKnown = control.get(Control.DOUBTFUL_SKIPS) == Control.ALL
                && (probe.inFlight(device) == 0 || age().toNanos() > BiosInFlight.AGE_NANOS);
        // After the look at what is in flight, before the look into the map.
        long skipped = skips.of(completeProgram);
        if (allKnown) {
            control.set(Control.DOUBTFUL_SKIPS, skipped);
        }
        if (skipped >= 0 && skipped == control.get(Control.SKIPS_READ)) {
            return;
        }
        long now = System.nanoTime();
        List<BiosInFlight.Bio> aged = new ArrayList<>();
        int taken = 0;
        for (BiosInFlight.Bio bio : bios.all()) {
            GranuleRange.of(device, bio.sector(), bio.bytes(), (int) control.get(Control.SECTOR_SHIFT))
                    .ifPresent(range -> marks.add(old, range.first(), range.last()));
            taken++;
            if (bio.isOld(now)) {
                aged.add(bio);
            }
        }
        control.add(Control.TAKEN_IN_FLIGHT, taken);
        // One that is forgotten and on its way nevertheless is a doubt when it completes, unless just that completion
        // is skipped; so nothing is forgotten while the kernel counts anything in flight.
        if (!aged.isEmpty() && probe.inFlight(device) == 0) {
            for (BiosInFlight.Bio bio : aged) {
                if (!bios.forget(bio)) {
                    control.add(Control.OVERFLOW, 1);
                }
            }
        }
        control.set(Control.SKIPS_READ, skipped);
    }

    /** Lets go of the descriptors and the memory; tracking goes on. Idempotent. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            mapped.forEach(MappedMap::close);
            objects.forEach(KernelObject::close);
        }
    }
}
