package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.server.hypervisor.MachineName;

/**
 * What libvirt writes beside a machine and leaves when it is undefined: QEMU's log and the serial port.
 *
 * @param directory libvirt's {@code log/qemu}; empty: it is not ours, so it is left alone
 */
record MachineLogs(Optional<Path> directory) {

    private static final Logger log = LoggerFactory.getLogger(MachineLogs.class);

    void remove(MachineName name) {
        if (directory.isEmpty()) {
            return;
        }
        for (String file : List.of(name + ".log", name + "-serial.log")) {
            try {
                Files.deleteIfExists(directory.get().resolve(file));
            } catch (IOException e) {
                log.warn("{} of a removed machine stays in {}: {}", file, directory.get(), e.toString());
            }
        }
    }
}
