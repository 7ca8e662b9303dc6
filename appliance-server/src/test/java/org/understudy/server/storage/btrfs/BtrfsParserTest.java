package org.understudy.server.storage.btrfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** On text captured from btrfs-progs 6.2 and util-linux 2.38. */
class BtrfsParserTest {

    private static final String USAGE = """
            Overall:
                Device size:\t\t        1073741824
                Device allocated:\t\t         132513792
                Device unallocated:\t\t         941228032
                Device missing:\t\t                 0
                Device slack:\t\t                 0
                Used:\t\t\t            294912
                Free (estimated):\t\t         949616640\t(min: 479002624)
                Free (statfs, df):\t\t         948568064
                Data ratio:\t\t\t              1.00
                Metadata ratio:\t\t              2.00
                Global reserve:\t\t           5767168\t(used: 0)
                Multiple profiles:\t\t                no

            Data,single: Size:8388608, Used:0 (0.00%)
               /dev/loop0\t   8388608
            """;

    @Test
    void usageIsReadFromTheFirstParagraph() {
        assertThat(BtrfsParser.usage(USAGE)).isEqualTo(new BtrfsParser.Usage(1073741824L, 294912L, 949616640L));
    }

    @Test
    void usageWithoutANeededNumberIsAFailure() {
        fails(() -> BtrfsParser.usage(USAGE.replace("Free (estimated)", "Free (guessed)")));
        fails(() -> BtrfsParser.usage(""));
    }

    @Test
    void loopDevicesAreReadWithTheirFiles() {
        String one = """
                {
                   "loopdevices": [
                      {
                         "name": "/dev/loop0",
                         "back-file": "/srv/pool ü.img"
                      }
                   ]
                }
                """;
        assertThat(BtrfsParser.loops(one))
                .containsExactly(new BtrfsParser.Loop(Path.of("/dev/loop0"), "/srv/pool ü.img"));
        assertThat(BtrfsParser.loops("{\n   \"loopdevices\": [\n\n   ]\n}\n")).isEmpty();
        assertThat(BtrfsParser.loops("")).isEmpty();
        fails(() -> BtrfsParser.loops("{\"loopdevices\": [{\"name\": 7}]}"));
        fails(() -> BtrfsParser.loops("losetup: something"));
    }

    @Test
    void theTopmostMountCounts() {
        String two = """
                {"filesystems": [
                      {"source": "/dev/sda1", "fstype": "ext4", "target": "/srv/pool"},
                      {"source": "/dev/loop0", "fstype": "btrfs", "target": "/srv/pool"}
                ]}""";
        assertThat(BtrfsParser.mount(two)).contains(new BtrfsParser.Mount("/dev/loop0", "btrfs"));
        assertThat(BtrfsParser.mount("")).isEmpty();
        fails(() -> BtrfsParser.mount("{}"));
    }

    @Test
    void allocationIsBlocksTimesTheirSize() {
        assertThat(BtrfsParser.allocatedBytes("19024 512\n")).isEqualTo(19024L * 512);
        fails(() -> BtrfsParser.allocatedBytes("19024"));
    }

    private static void fails(ThrowingCallable call) {
        assertThatExceptionOfType(ProblemException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.problem().code()).isEqualTo(ProblemCode.POOL_UNAVAILABLE));
    }
}
