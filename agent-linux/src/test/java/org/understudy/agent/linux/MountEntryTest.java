package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.understudy.agent.linux.device.DeviceNumber;

class MountEntryTest {

    @Test
    void linesOfTheKernelAreReadWithAndWithoutOptionalFields() {
        List<MountEntry> mounts = MountEntry.parse(List.of(
                "36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
                "61 29 0:45 /@ /srv ro,relatime - btrfs /dev/sda2 rw,space_cache=v2",
                "62 29 8:3 / /usr rw - ext4 /dev/sda3 ro",
                "not a mount"));

        assertThat(mounts)
                .containsExactly(
                        new MountEntry(
                                36, 35, new DeviceNumber(98, 0), Path.of("/mnt/a b"), false, "ext3", "/dev/root"),
                        new MountEntry(61, 29, new DeviceNumber(0, 45), Path.of("/srv"), false, "btrfs", "/dev/sda2"),
                        new MountEntry(62, 29, new DeviceNumber(8, 3), Path.of("/usr"), true, "ext4", "/dev/sda3"));
    }

    @Test
    void deviceNumbersAreDecodedAsGlibcDoes() {
        assertThat(DeviceNumber.decode(0x700L)).isEqualTo(new DeviceNumber(7, 0));
        // makedev(259, 300): the major keeps 12 bits, the minor is split around it.
        assertThat(DeviceNumber.decode(259L << 8 | 300 & 0xff | (300L & ~0xffL) << 12))
                .isEqualTo(new DeviceNumber(259, 300));
        assertThat(DeviceNumber.parse("259:12")).hasToString("259:12");
    }
}
