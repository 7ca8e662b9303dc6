package org.understudy.agent.linux.tracking;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;

/**
 * What must be known of a base besides the marks, in a file that is replaced as a whole. Whether it belongs to the marks is told by tracker
 * and point; a file that is damaged is as good as none.
 *
 * @param boot id of the boot in which the tracker ran
 * @param tracker its number
 * @param point the point
 * @param used used space of the disk at the point
 */
record BaseRecord(String boot, long tracker, String point, ExtentSet used) {

    private static final int MAGIC = 0x55424231;
    private static final int MOST_EXTENTS = 50_000_000;

    /** Replaces the record of a disk. */
    void write(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " has no directory");
        }
        Files.createDirectories(directory);
        Path temporary = directory.resolve(file.getFileName() + ".new");
        try (CheckedOutputStream sum = new CheckedOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(temporary)), new CRC32());
                DataOutputStream out = new DataOutputStream(sum)) {
            out.writeInt(MAGIC);
            out.writeUTF(boot);
            out.writeLong(tracker);
            out.writeUTF(point);
            out.writeInt(used.extents().size());
            for (Extent extent : used.extents()) {
                out.writeLong(extent.offset());
                out.writeLong(extent.length());
            }
            out.writeLong(sum.getChecksum().getValue());
        }
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Reads a record.
     *
     * @throws IOException if there is none or it is damaged
     */
    static BaseRecord read(Path file) throws IOException {
        try (CheckedInputStream sum =
                        new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file)), new CRC32());
                DataInputStream in = new DataInputStream(sum)) {
            if (in.readInt() != MAGIC) {
                throw new IOException(file + " is no record of a base");
            }
            String boot = in.readUTF();
            long tracker = in.readLong();
            String point = in.readUTF();
            int count = in.readInt();
            if (count < 0 || count > MOST_EXTENTS) {
                throw new IOException(file + " is damaged");
            }
            List<Extent> extents = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                extents.add(new Extent(in.readLong(), in.readLong()));
            }
            long expected = sum.getChecksum().getValue();
            if (in.readLong() != expected) {
                throw new IOException(file + " is damaged");
            }
            return new BaseRecord(boot, tracker, point, ExtentSet.of(extents));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged", e);
        }
    }
}
