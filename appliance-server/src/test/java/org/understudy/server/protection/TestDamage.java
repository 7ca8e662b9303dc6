package org.understudy.server.protection;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;

/** What failing disks do. */
final class TestDamage {

    private TestDamage() {}

    static void flipByte(Path file, long offset) throws IOException {
        file.toFile().setWritable(true);
        try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
            image.seek(offset);
            int value = image.read();
            image.seek(offset);
            image.write(value ^ 0x40);
        }
    }
}
