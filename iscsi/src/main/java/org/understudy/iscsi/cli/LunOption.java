package org.understudy.iscsi.cli;

import java.io.IOException;
import java.nio.file.Path;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.device.FileOptions;
import org.understudy.iscsi.device.HoleMap;
import org.understudy.iscsi.device.HolePuncher;
import org.understudy.iscsi.device.ZeroDetectingDevice;

/**
 * Value of {@code --lun}: {@code FILE[,ro][,direct][,zeroes][,removable][,block=4096]}.
 *
 * @param direct past the page cache
 * @param zeroes zeros that are written are punched out
 * @param blockSize 512 or 4096
 */
record LunOption(Path file, boolean readOnly, boolean direct, boolean zeroes, boolean removable, int blockSize) {

    static final String FORM = "FILE[,ro][,direct][,zeroes][,removable][,block=4096]";

    static LunOption parse(String text) {
        String[] parts = text.split(",", -1);
        boolean readOnly = false;
        boolean direct = false;
        boolean zeroes = false;
        boolean removable = false;
        int blockSize = 512;
        for (int i = 1; i < parts.length; i++) {
            switch (parts[i]) {
                case "ro" -> readOnly = true;
                case "direct" -> direct = true;
                case "zeroes" -> zeroes = true;
                case "removable" -> removable = true;
                case "block=512" -> blockSize = 512;
                case "block=4096" -> blockSize = 4096;
                default -> throw new IllegalArgumentException("--lun takes " + FORM + ", not '" + parts[i] + "'");
            }
        }
        return new LunOption(Path.of(parts[0]), readOnly, direct, zeroes, removable, blockSize);
    }

    BlockDevice open(HolePuncher holePuncher, HoleMap holeMap) throws IOException {
        BlockDevice device =
                FileBlockDevice.open(file, new FileOptions(readOnly, blockSize, direct, holePuncher, holeMap));
        return zeroes ? new ZeroDetectingDevice(device) : device;
    }
}
