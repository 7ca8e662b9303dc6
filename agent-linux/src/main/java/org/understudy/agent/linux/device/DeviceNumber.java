package org.understudy.agent.linux.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Number of a device as the kernel prints it, {@code major:minor}. */
public record DeviceNumber(int major, int minor) {

    /** The number that a device file stands for. */
    public static DeviceNumber of(Path deviceFile) throws IOException {
        long rdev = ((Number) Files.getAttribute(deviceFile, "unix:rdev")).longValue();
        return decode(rdev);
    }

    /** The layout of glibc's {@code dev_t} ({@code sys/sysmacros.h}). */
    public static DeviceNumber decode(long device) {
        long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
        return new DeviceNumber((int) major, (int) minor);
    }

    public static DeviceNumber parse(String text) {
        int colon = text.indexOf(':');
        return new DeviceNumber(
                Integer.parseInt(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }

    @Override
    public String toString() {
        return major + ":" + minor;
    }
}
