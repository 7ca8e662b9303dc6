package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.opentest4j.TestAbortedException;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;

/**
 * A block device of a kind that the agent tracks, made of the disks of the lab's machine. All disks read zeros at first. Closing takes it
 * apart again. What the kernel has no driver for ends the test as skipped, with that reason.
 */
final class MadeDevice implements AutoCloseable {

    /** Kinds of devices. */
    enum Kind {
        VIRTIO_DISK,
        VIRTIO_PARTITION,
        NVME_DISK,
        SCSI_DISK,
        LVM_LINEAR,
        LVM_THIN,
        DM_CRYPT,
        MD_RAID1,
        MD_RAID0
    }

    private static final String GROUP = "uslab";

    private final KernelFiles files = KernelFiles.ofThisHost();
    private final CommandRunner commands = new ProcessCommandRunner();
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private Path device = Path.of("none");
    private Path disk = Path.of("none");

    private MadeDevice() {}

    /** A whole device of a kind, 200 MiB or more. */
    static MadeDevice of(Kind kind) throws IOException {
        MadeDevice made = new MadeDevice();
        boolean done = false;
        try {
            made.make(kind);
            done = true;
        } finally {
            if (!done) {
                made.close();
            }
        }
        return made;
    }

    /** A device whose writes are slow. */
    static MadeDevice slow(SlowKind kind) throws IOException {
        MadeDevice made = new MadeDevice();
        boolean done = false;
        try {
            made.makeSlow(kind);
            done = true;
        } finally {
            if (!done) {
                made.close();
            }
        }
        return made;
    }

    /** What stands above the layer that is slow. */
    enum SlowKind {
        /** A virtio disk whose writes the emulator holds back. */
        VIRTIO_DISK,
        LINEAR,
        CRYPT,
        THIN,
        RAID1
    }

    /** What is tracked and holds a file system. */
    Path device() {
        return device;
    }

    /** The whole disk that a run protects: the device, or what its partition lies on. */
    Path disk() {
        return disk;
    }

    /** Kernel name of {@link #disk}. */
    String diskName() throws IOException {
        return disk.toRealPath().getFileName().toString();
    }

    private void make(Kind kind) throws IOException {
        switch (kind) {
            case VIRTIO_DISK -> use(empty("one"));
            case NVME_DISK -> use(empty("flash"));
            case SCSI_DISK -> use(empty("rotor"));
            case VIRTIO_PARTITION -> partition(empty("one"));
            case LVM_LINEAR -> linear(empty("two"));
            case LVM_THIN -> thin(empty("two"));
            case DM_CRYPT -> {
                encrypt(empty("one"), "uslab-crypt");
                use(Path.of("/dev/mapper/uslab-crypt"));
            }
            case MD_RAID1 -> {
                module("raid1");
                raid("1", List.of("--size=256M"), empty("one"), empty("two"));
            }
            case MD_RAID0 -> {
                module("raid0");
                long half = 128L << 11;
                raid(
                        "0",
                        List.of(),
                        mapped("uslab-leg-1", half + " linear " + empty("one") + " 0"),
                        mapped("uslab-leg-2", half + " linear " + empty("two") + " 0"));
            }
        }
    }

    private void makeSlow(SlowKind kind) throws IOException {
        if (kind == SlowKind.VIRTIO_DISK) {
            use(disk("slow"));
            return;
        }
        module("dm-delay");
        switch (kind) {
            case LINEAR -> {
                Path below = delayed(empty("one"), "uslab-slow-1");
                use(mapped("uslab-linear", sectors(below) + " linear " + below + " 0"));
            }
            case CRYPT -> {
                Path below = delayed(empty("one"), "uslab-slow-1");
                encrypt(below, "uslab-crypt");
                use(Path.of("/dev/mapper/uslab-crypt"));
            }
            case THIN -> {
                module("dm-thin-pool");
                Path data = delayed(empty("one"), "uslab-slow-1");
                Path metadata = mapped("uslab-meta", (8 << 11) + " linear " + empty("two") + " 0");
                String pool = "uslab-pool";
                mapped(pool, sectors(data) + " thin-pool " + metadata + " " + data + " 128 0");
                run("dmsetup", "message", pool, "0", "create_thin 0");
                use(mapped("uslab-thin", sectors(data) / 2 + " thin /dev/mapper/" + pool + " 0"));
            }
            case RAID1 -> {
                module("raid1");
                raid(
                        "1",
                        List.of("--size=96M"),
                        delayed(empty("one"), "uslab-slow-1"),
                        delayed(empty("two"), "uslab-slow-2"));
            }
            case VIRTIO_DISK -> throw new IllegalStateException("made above");
        }
    }

    private void use(Path made) {
        device = made;
        disk = made;
    }

    /** The disk with this serial number. */
    private Path disk(String serial) throws IOException {
        for (String name : files.names(files.sys().resolve("block"))) {
            Path directory = files.sys().resolve("block").resolve(name);
            if (serial.equals(files.line(directory.resolve("serial")))
                    || serial.equals(files.line(directory.resolve("device/serial")))) {
                return files.dev().resolve(name);
            }
        }
        // SCSI disks have their number in a page that sysfs does not spell out; udev's name for them ends in it.
        Path links = files.dev().resolve("disk/by-id");
        for (String link : files.names(links)) {
            if (link.startsWith("scsi-") && link.endsWith("_" + serial)) {
                return links.resolve(link).toRealPath();
            }
        }
        throw new IOException("this machine has no disk with the serial number " + serial);
    }

    private Path empty(String serial) throws IOException {
        Path found = disk(serial);
        run("blkdiscard", "-f", "-z", found.toString());
        return found;
    }

    private void partition(Path whole) {
        run("sh", "-c", "printf 'label: gpt\\nstart=8M, size=240M\\n' | sfdisk -q " + whole);
        run("udevadm", "settle");
        undo.push(() -> run("sh", "-c", "wipefs -q -a " + whole + " && blockdev --rereadpt " + whole));
        device = Path.of(whole + "1");
        disk = whole;
    }

    private void linear(Path whole) {
        group(whole);
        run("lvcreate", "-q", "-y", "-Wn", "-L", "256M", "-n", "linear", GROUP);
        use(Path.of("/dev", GROUP, "linear"));
    }

    private void thin(Path whole) {
        module("dm-thin-pool");
        group(whole);
        run(
                "lvcreate",
                "-q",
                "-y",
                "-Wn",
                "-L",
                "296M",
                "--poolmetadatasize",
                "4M",
                "-V",
                "256M",
                "-T",
                GROUP + "/pool",
                "-n",
                "thin");
        use(Path.of("/dev", GROUP, "thin"));
    }

    private void group(Path whole) {
        module("dm-mod");
        run("pvcreate", "-q", "-y", whole.toString());
        run("vgcreate", "-q", GROUP, whole.toString());
        undo.push(() -> run("sh", "-c", "vgremove -q -f -y " + GROUP + " && pvremove -q -y " + whole));
    }

    private void encrypt(Path below, String name) throws IOException {
        module("dm-crypt");
        Path key = Files.createTempFile("key", "");
        try {
            Files.writeString(key, "a key for a disk of zeros");
            run(
                    "cryptsetup",
                    "luksFormat",
                    "-q",
                    "--type",
                    "luks1",
                    "--pbkdf-force-iterations",
                    "1000",
                    "--key-file",
                    key.toString(),
                    below.toString());
            run("cryptsetup", "open", "--key-file", key.toString(), below.toString(), name);
        } finally {
            Files.delete(key);
        }
        undo.push(() -> run("cryptsetup", "close", name));
    }

    private void raid(String level, List<String> more, Path... members) {
        List<String> argv = new ArrayList<>(List.of("mdadm", "--create", "/dev/md77", "--run"));
        argv.addAll(List.of("--assume-clean", "--metadata=1.2", "--level=" + level, "--raid-devices=2"));
        argv.addAll(more);
        for (Path member : members) {
            argv.add(member.toString());
        }
        run(argv.toArray(String[]::new));
        undo.push(() -> {
            run("mdadm", "--stop", "/dev/md77");
            for (Path member : members) {
                run("mdadm", "--zero-superblock", member.toString());
            }
        });
        run("udevadm", "settle");
        use(Path.of("/dev/md77"));
    }

    /** 128 MiB of a disk of which each write takes 400 ms, and a read no longer than ever. */
    private Path delayed(Path whole, String name) {
        long sectors = 128L << 11;
        return mapped(name, sectors + " delay " + whole + " 0 0 " + whole + " 0 400");
    }

    private Path mapped(String name, String table) {
        module("dm-mod");
        run("dmsetup", "create", name, "--table", "0 " + table);
        undo.push(() -> run("dmsetup", "remove", "--retry", name));
        run("udevadm", "settle");
        return Path.of("/dev/mapper", name);
    }

    private long sectors(Path blockDevice) {
        return Long.parseLong(run("blockdev", "--getsz", blockDevice.toString()).strip());
    }

    private void module(String name) {
        if (!commands.run(Command.of("modprobe", name)).succeeded()) {
            throw new TestAbortedException("this kernel has no " + name);
        }
    }

    /** Makes an ext4 file system and mounts it. */
    void mount(Path mountPoint) throws IOException {
        Files.createDirectories(mountPoint);
        run("mkfs.ext4", "-q", "-F", device.toString());
        run("mount", device.toString(), mountPoint.toString());
        undo.push(() -> {
            if (!commands.run(Command.of("umount", mountPoint.toString())).succeeded()) {
                run("umount", "--lazy", mountPoint.toString());
            }
        });
    }

    String run(String... argv) {
        return commands.run(Command.of(argv)).orThrow().output();
    }

    /** Undoes all that can be undone; what cannot is told at the end. */
    @Override
    public void close() {
        RuntimeException failure = null;
        while (!undo.isEmpty()) {
            try {
                commands.run(Command.of("udevadm", "settle"));
                undo.pop().run();
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
