package org.understudy.server.hypervisor.libvirt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is read of the host's own tables. */
class SurroundingsTest {

    private static final String MOUNTS = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            30 22 0:26 / /var\\040lib rw,relatime - btrfs /dev/loop0 rw
            31 22 0:27 / /varlib rw,relatime shared:9 master:1 - tmpfs tmpfs rw
            32 31 0:28 / /varlib rw,relatime - tmpfs tmpfs rw
            """;

    @Test
    void theDeepestMountHoldsADirectory() {
        assertThat(MountPoint.holding(Path.of("/srv/x"), MOUNTS)).hasValue(new MountPoint(Path.of("/"), true));
        assertThat(MountPoint.holding(Path.of("/var lib/understudy"), MOUNTS))
                .hasValue(new MountPoint(Path.of("/var lib"), false));
    }

    @Test
    void ofTwoMountsAtOnePlaceTheLastCounts() {
        assertThat(MountPoint.holding(Path.of("/varlib/x"), MOUNTS))
                .hasValue(new MountPoint(Path.of("/varlib"), false));
    }

    @Test
    void anAddressIsFoundByItsCardOnlyInACompleteEntry() throws IOException {
        String table = """
                IP address       HW type     Flags       HW address            Mask     Device
                10.231.4.9       0x1         0x0         52:54:00:00:00:01     *        usn1
                10.231.4.10      0x1         0x2         52:54:00:AA:00:01     *        usn1
                """;
        assertThat(GuestReach.arpEntry(table, List.of("52:54:00:00:00:01"), Set.of("usn1")))
                .isEmpty();
        assertThat(GuestReach.arpEntry(table, List.of("52:54:00:aa:00:01"), Set.of("usn2")))
                .as("the same card in another network is another machine")
                .isEmpty();
        assertThat(GuestReach.arpEntry(table, List.of("52:54:00:aa:00:01"), Set.of("usn1")))
                .hasValueSatisfying(
                        address -> assertThat(address.getHostAddress()).isEqualTo("10.231.4.10"));
    }
}
