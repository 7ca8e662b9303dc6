package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.linux.bpf.Bpf;
import org.understudy.agent.linux.bpf.BpfException;
import org.understudy.agent.linux.bpf.BpfFileSystem;
import org.understudy.agent.linux.bpf.KernelObject;
import org.understudy.agent.linux.bpf.MappedMap;

/** The trackers of this host: one directory of pins for each device. Thread-safe; several processes may work on it. */
public final class Trackers {

    /** Where pins go unless somebody says otherwise. */
    public static final Path PINS = BpfFileSystem.USUAL.resolve("understudy");

    private final Path pins;
    private final Path root;
    private final DeviceProbe probe;

    /**
     * @param pins directory in a bpffs; made when it is needed
     * @param root where {@code sys} and {@code proc} are
     */
    public Trackers(Path pins, Path root, DeviceProbe probe) {
        this.pins = pins;
        this.root = root;
        this.probe = probe;
    }

    /**
     * Mounts bpffs at its usual place if the pins belong there and nobody has.
     *
     * @throws TrackingException if there is no bpffs afterwards
     */
    public void mountPins() throws TrackingException {
        try {
            Path parent = pins.toAbsolutePath().getParent();
            if (parent != null && BpfFileSystem.USUAL.equals(parent) && !BpfFileSystem.contains(parent)) {
                BpfFileSystem.mount(parent);
            }
        } catch (IOException e) {
            throw noBpffs(e.getMessage() == null ? e.toString() : e.getMessage());
        }
        checkPins();
    }

    private void checkPins() throws TrackingException {
        try {
            Path existing =
                    Files.isDirectory(pins) ? pins : pins.toAbsolutePath().getParent();
            if (existing == null || !BpfFileSystem.contains(existing)) {
                throw noBpffs("there is no bpffs at " + existing);
            }
        } catch (IOException e) {
            throw noBpffs(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private TrackingException noBpffs(String reason) {
        return TrackingException.unavailable("this host", reason, "Mount it: mount -t bpf bpf " + BpfFileSystem.USUAL);
    }

    /** Whether a device has pins, whatever their state. */
    public boolean isTracked(TrackedDevice device) {
        return pinsOf(device.pinName()).exists();
    }

    /**
     * Starts tracking. Pins of a tracker that cannot be used any more are replaced.
     *
     * @throws TrackingException if it is not possible on this host
     */
    public Tracker start(TrackedDevice device, Granularity granularity) throws TrackingException {
        return start(device, installer -> installer.install(granularity));
    }

    /** As {@link #start(TrackedDevice, Granularity)} with marks as fine as the host's memory bears. */
    Tracker startFitting(TrackedDevice device) throws TrackingException {
        Granularity fine = Granularity.fitting(device.sizeBytes(), memoryBytes());
        return start(device, installer -> installer.install(fine, Granularity.DEFAULT));
    }

    private long memoryBytes() {
        try {
            for (String line : Files.readAllLines(root.resolve("proc/meminfo"))) {
                if (line.startsWith("MemTotal:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
        } catch (IOException e) {
            // Unknown memory is taken for little, which costs fineness only.
            return 0;
        }
        return 0;
    }

    /** As {@link #start(TrackedDevice, Granularity)} with the form of marks given, for tests of old kernels' form. */
    Tracker start(TrackedDevice device, Granularity granularity, MarkForm form) throws TrackingException {
        MapShape shape = MapShape.of(device, granularity, form);
        return start(device, installer -> installer.install(shape));
    }

    @FunctionalInterface
    private interface Installation {
        void by(TrackerInstaller installer) throws IOException, TrackingException;
    }

    private Tracker start(TrackedDevice device, Installation installation) throws TrackingException {
        checkPins();
        PinSet own = pinsOf(device.pinName());
        BlockLayout layout = TrackerInstaller.layout(device.name(), root);
        Bpf.allowLockedMemory();
        try {
            Bpf.awaitRunningPrograms();
            own.remove();
            installation.by(new TrackerInstaller(layout, device, own, probe));
        } catch (BpfException e) {
            throw TrackingException.unavailable(
                    device.name(),
                    e.errno() == BpfException.EPERM
                            ? "the kernel does not allow eBPF to this process: " + e.getMessage()
                            : "the kernel refuses: " + e.getMessage(),
                    "Run this as root; if it was, runs compare all used blocks instead.",
                    e);
        } catch (IOException e) {
            throw TrackingException.unavailable(
                    device.name(), e.getMessage() == null ? e.toString() : e.getMessage(), "Try again.", e);
        }
        return Tracker.open(own, device, probe);
    }

    /**
     * Opens the tracker of a device.
     *
     * @throws TrackingException if there is none, or it cannot be used
     */
    public Tracker open(TrackedDevice device) throws TrackingException {
        PinSet own = pinsOf(device.pinName());
        if (!own.exists()) {
            throw TrackingException.notTracked(device.name());
        }
        return Tracker.open(own, device, probe);
    }

    /** Ends tracking of a device by its kernel name. Returns whether there was any. */
    public boolean stop(String name) throws TrackingException {
        PinSet own = pinsOf(name.replace('.', '_').replace('/', '!'));
        boolean was = own.exists();
        try {
            own.remove();
            return was;
        } catch (IOException e) {
            throw TrackingException.unusable(name, "its pins cannot be removed: " + e);
        }
    }

    /** Names of all devices that have pins, ascending. */
    public List<String> names() throws TrackingException {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(pins)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(pins)) {
                stream.forEach(path -> names.add(path.getFileName().toString()));
            } catch (IOException e) {
                throw noBpffs("its directories cannot be listed: " + e);
            }
        }
        names.sort(null);
        return names;
    }

    /** Ends trackers of devices that are gone or are other ones now; returns their names. */
    public List<String> removeStale() throws TrackingException {
        List<String> removed = new ArrayList<>();
        for (String name : names()) {
            if (!isCurrent(name) && stop(name)) {
                removed.add(name);
            }
        }
        return removed;
    }

    private boolean isCurrent(String name) throws TrackingException {
        TrackedDevice now;
        try {
            now = probe.find(name);
        } catch (TrackingException e) {
            return false;
        }
        try (KernelObject object = pinsOf(name).open(PinSet.CONTROL);
                MappedMap memory = MappedMap.of(object, Control.BYTES)) {
            Control control = new Control(memory.bytes());
            return control.get(Control.FORMAT) == Control.CURRENT_FORMAT
                    && (control.get(Control.READY) == 0 || TrackerIdentity.differs(control, now) == null);
        } catch (BpfException e) {
            // It may be half made by another process at this moment; its own start or stop deals with it.
            return true;
        }
    }

    private PinSet pinsOf(String pinName) {
        return new PinSet(pins.resolve(pinName));
    }
}
