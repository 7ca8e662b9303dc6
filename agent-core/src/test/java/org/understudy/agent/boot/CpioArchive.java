package org.understudy.agent.boot;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes cpio archives (newc). */
final class CpioArchive {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    CpioArchive add(String name, String content) {
        entry(name, content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    CpioArchive addAll(String folder, String... files) {
        for (String file : files) {
            add(folder + "/" + file, "module");
        }
        return this;
    }

    byte[] toBytes() {
        entry("TRAILER!!!", new byte[0]);
        while (bytes.size() % 512 != 0) {
            bytes.write(0);
        }
        return bytes.toByteArray();
    }

    private void entry(String name, byte[] content) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        StringBuilder header = new StringBuilder("070701");
        int[] fields = {1, 0100644, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes.length + 1, 0};
        for (int field : fields) {
            header.append(String.format("%08X", field));
        }
        bytes.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        bytes.writeBytes(nameBytes);
        bytes.write(0);
        pad();
        bytes.writeBytes(content);
        pad();
    }

    private void pad() {
        while (bytes.size() % 4 != 0) {
            bytes.write(0);
        }
    }
}
