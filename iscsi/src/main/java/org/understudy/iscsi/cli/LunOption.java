package org.understudy.iscsi.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.device.HolePuncher;

/**
 * Value of {@code --lun}: {@code FILE[,ro][,removable][,block=4096]}.
 *
 * @param blockSize 512 or 4096
 */
record LunOption(Path file, boolean readOnly, boolean removable, int blockSize) {

    static LunOption parse(String text) {
        String[] parts = text.split(",", -1);
        boolean readOnly = false;
        boolean removable = false;
        int blockSize = 512;
        for (int i = 1; i < parts.length; i++) {
            switch (parts[i]) {
                case "ro" -> readOnly = true;
                case "removable" -> removable = true;
                case "block=512" -> blockSize = 512;
                case "block=4096" -> blockSize = 4096;
                default ->
                    throw new IllegalArgumentException(
                            "--lun takes FILE[,ro][,removable][,block=512|4096], not '" + parts[i] + "'");
            }
        }
        return new LunOption(Path.of(parts[0]), readOnly, removable, blockSize);
    }

    BlockDevice open(HolePuncher holePuncher) throws IOException {
        return FileBlockDevice.open(file, readOnly, blockSize, holePuncher);
    }
}
