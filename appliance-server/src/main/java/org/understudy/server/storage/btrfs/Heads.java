package org.understudy.server.storage.btrfs;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.Volume;

/**
 * The writable heads. A head is replaced by making {@code head.next}, renaming {@code head} to {@code head.old} and
 * {@code head.next} to {@code head}, and deleting {@code head.old}; whatever of this a crash leaves, {@link #recover} ends. The
 * caller serialises the operations of a host.
 */
final class Heads {

    private static final Pattern IMAGE = Pattern.compile("disk(0|[1-9][0-9]{0,2})\\.raw");

    private final PoolLayout layout;
    private final Subvolumes subvolumes;

    Heads(PoolLayout layout, Subvolumes subvolumes) {
        this.layout = layout;
        this.subvolumes = subvolumes;
    }

    boolean exists(HostId host) {
        return Files.isDirectory(layout.head(host));
    }

    /** Disks of a head, a point or a clone, in order of their numbers. */
    static List<Volume> volumes(HostId host, Path subvolume) throws IOException {
        List<Volume> volumes = new ArrayList<>();
        for (Path entry : DurableFiles.list(subvolume)) {
            Matcher name = IMAGE.matcher(String.valueOf(entry.getFileName()));
            if (name.matches()) {
                DiskId disk = new DiskId(host, Integer.parseInt(name.group(1)));
                volumes.add(new Volume(disk, new ByteSize(Files.size(entry))));
            }
        }
        volumes.sort(Comparator.comparingInt(volume -> volume.disk().number()));
        return volumes;
    }

    /** Size of a head volume, or empty if it does not exist. */
    Optional<ByteSize> size(DiskId disk) throws IOException {
        Path image = PoolLayout.image(layout.head(disk.host()), disk);
        return Files.exists(image) ? Optional.of(new ByteSize(Files.size(image))) : Optional.empty();
    }

    void resize(DiskId disk, ByteSize size) throws IOException {
        if (!exists(disk.host())) {
            Files.createDirectories(layout.points(disk.host()));
            makeEmpty(disk.host(), List.of());
        }
        makeImage(PoolLayout.image(layout.head(disk.host()), disk), size.bytes());
    }

    private static void makeImage(Path image, long size) throws IOException {
        boolean isNew = !Files.exists(image);
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(size);
            file.getFD().sync();
        }
        if (isNew) {
            Files.setPosixFilePermissions(image, PosixFilePermissions.fromString("rw-------"));
            DurableFiles.syncParent(image);
        }
    }

    /** The head becomes equal to a point. */
    void restore(HostId host, PointId point) throws IOException {
        recover(host);
        subvolumes.snapshot(layout.point(host, point), layout.nextHead(host));
        replace(host);
    }

    /** The head's volumes become zeros and its {@code meta} empty. */
    void zero(HostId host) throws IOException {
        recover(host);
        if (exists(host)) {
            makeEmpty(host, volumes(host, layout.head(host)));
        }
    }

    private void makeEmpty(HostId host, List<Volume> volumes) throws IOException {
        recover(host);
        Path next = layout.nextHead(host);
        subvolumes.create(next);
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwx--x--x"));
        Files.createDirectory(PoolLayout.meta(next));
        for (Volume volume : volumes) {
            makeImage(PoolLayout.image(next, volume.disk()), volume.size().bytes());
        }
        replace(host);
    }

    private void replace(HostId host) throws IOException {
        subvolumes.sync();
        if (exists(host)) {
            Files.move(layout.head(host), layout.oldHead(host), StandardCopyOption.ATOMIC_MOVE);
        }
        DurableFiles.rename(layout.nextHead(host), layout.head(host));
        subvolumes.deleteIfPresent(layout.oldHead(host));
    }

    private void clear(HostId host) {
        subvolumes.deleteIfPresent(layout.nextHead(host));
        subvolumes.deleteIfPresent(layout.oldHead(host));
    }

    /** Ends a replacement that a crash or a failure cut short: {@code head.next} is whole once {@code head} is away. */
    void recover(HostId host) throws IOException {
        if (!exists(host) && Files.exists(layout.nextHead(host)) && Files.exists(layout.oldHead(host))) {
            DurableFiles.rename(layout.nextHead(host), layout.head(host));
        }
        clear(host);
    }

    void destroy(HostId host) {
        clear(host);
        subvolumes.deleteIfPresent(layout.head(host));
    }
}
