package org.understudy.agent.linux;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A whole block device of this host.
 *
 * @param name kernel name, such as {@code sda}
 * @param file device file to open and to show
 * @param key key in the protocol
 * @param model as the device says, or null
 * @param serial as the device says, or null
 */
record BlockDevice(
        String name,
        Path file,
        String key,
        @Nullable String model,
        @Nullable String serial) {}
