package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.extent.ExtentSet;

/** The records of all disks, in one directory, and the boot that they are compared with. Used by one thread. */
public final class BaseRecords {

    private static final Logger log = LoggerFactory.getLogger(BaseRecords.class);

    private final Path directory;
    private final Path bootId;

    /**
     * @param directory made when it is needed
     * @param proc mount point of procfs
     */
    public BaseRecords(Path directory, Path proc) {
        this.directory = directory;
        bootId = proc.resolve("sys/kernel/random/boot_id");
    }

    /** The record of a disk, if there is one that can be read. */
    Optional<BaseRecord> find(String disk) {
        Path file = file(disk);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(BaseRecord.read(file));
        } catch (IOException e) {
            log.warn("the record of {} cannot be used: {}", disk, e.toString());
            return Optional.empty();
        }
    }

    void put(String disk, long tracker, String point, ExtentSet used) throws IOException {
        new BaseRecord(boot(), tracker, point, used).write(file(disk));
    }

    /** Id of the present boot. */
    String boot() throws IOException {
        return Files.readString(bootId, StandardCharsets.US_ASCII).strip();
    }

    /** Names of disks come from the protocol; as a file name they are spelled in hexadecimal digits. */
    private Path file(String disk) {
        return directory.resolve(HexFormat.of().formatHex(disk.getBytes(StandardCharsets.UTF_8)) + ".base");
    }
}
