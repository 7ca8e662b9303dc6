package org.understudy.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.zfs.PoolStatus.Device;
import org.understudy.zfs.PoolStatus.Scan;
import org.understudy.zfs.PoolStatus.ScanKind;
import org.understudy.zfs.PoolStatus.ScanState;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.PoolName;

/** Output captured from OpenZFS 2.3.9. */
class PoolStatusParserTest {

    private static final PoolName T1 = new PoolName("t1");

    private static final String TEXT = """
              pool: t1
             state: ONLINE
              scan: scrub repaired 0B in 00:00:08 with 0 errors on Fri Nov 20 14:14:51 2026
            config:

            \tNAME                 STATE     READ WRITE CKSUM
            \tt1                   ONLINE       0     0     0
            \t  mirror-0           ONLINE       0     0     0
            \t    /var/tmp/zf x/a  ONLINE       0     0     3  (trimming)
            \t    /var/tmp/zf x/b  ONLINE       0     0     0  (trimming)
            \tspares
            \t  /var/tmp/zf x/s    AVAIL  \s

            errors: No known data errors
            """;

    private static final String JSON = """
            {"output_version":{"command":"zpool status","vers_major":0,"vers_minor":1},"pools":{"t1":{"name":"t1","state":"ONLINE",
            "pool_guid":2751146854515682002,"txg":54,"spa_version":5000,"zpl_version":5,"scan_stats":{"function":"SCRUB",
            "state":"FINISHED","start_time":1795184083,"end_time":1795184091,"to_examine":872448,"examined":872448,"skipped":196608,
            "processed":0,"errors":0,"bytes_per_scan":0,"pass_start":1795184084,"scrub_pause":0,"scrub_spent_paused":0,
            "issued_bytes_per_scan":675840,"issued":675840},"vdevs":{"t1":{"name":"t1","vdev_type":"root","guid":2751146854515682002,
            "class":"normal","state":"ONLINE","alloc_space":909312,"total_space":251658240,"def_space":251658240,"read_errors":0,
            "write_errors":0,"checksum_errors":0,"vdevs":{"mirror-0":{"name":"mirror-0","vdev_type":"mirror",
            "guid":11524727442157781774,"class":"normal","state":"ONLINE","alloc_space":909312,"total_space":251658240,
            "def_space":251658240,"rep_dev_size":251658240,"read_errors":0,"write_errors":0,"checksum_errors":0,"vdevs":{
            "/var/tmp/zf x/a":{"name":"/var/tmp/zf x/a","vdev_type":"file","guid":10926374788544988511,"path":"/var/tmp/zf x/a",
            "class":"normal","state":"ONLINE","rep_dev_size":256376832,"phys_space":268435456,"read_errors":0,"write_errors":0,
            "checksum_errors":3,"slow_ios":0},"/var/tmp/zf x/b":{"name":"/var/tmp/zf x/b","vdev_type":"file",
            "guid":3392183687826472304,"path":"/var/tmp/zf x/b","class":"normal","state":"ONLINE","rep_dev_size":256376832,
            "phys_space":268435456,"read_errors":0,"write_errors":0,"checksum_errors":0,"slow_ios":0}}}}}},"error_count":0}}}
            """;

    private static final Device MIRROR = new Device(
            "mirror-0",
            "ONLINE",
            0,
            0,
            0,
            List.of(
                    new Device("/var/tmp/zf x/a", "ONLINE", 0, 0, 3, List.of()),
                    new Device("/var/tmp/zf x/b", "ONLINE", 0, 0, 0, List.of())));

    @Test
    void the_json_of_newer_versions_and_the_text_of_older_ones_say_the_same() {
        PoolStatus json = PoolStatusParser.json(T1, JSON);
        PoolStatus text = PoolStatusParser.text(T1, TEXT);

        assertThat(json)
                .isEqualTo(new PoolStatus(
                        T1,
                        "ONLINE",
                        Optional.of(new Scan(ScanKind.SCRUB, ScanState.FINISHED, 0)),
                        List.of(MIRROR),
                        0));
        assertThat(text.top().get(0)).isEqualTo(MIRROR);
        assertThat(text.scan()).isEqualTo(json.scan());
        assertThat(text.health()).isEqualTo("ONLINE");
        assertThat(text.damagedFiles()).isZero();
        assertThat(text.top().get(1).members())
                .containsExactly(new Device("/var/tmp/zf x/s", "AVAIL", 0, 0, 0, List.of()));
    }

    @Test
    void scans_of_the_text_are_told_apart() {
        assertThat(scanOf("scan: scrub in progress since Fri Nov 20 14:14:51 2026"))
                .contains(new Scan(ScanKind.SCRUB, ScanState.RUNNING, 0));
        assertThat(scanOf("scan: resilver in progress since Fri Nov 20 14:14:51 2026"))
                .contains(new Scan(ScanKind.RESILVER, ScanState.RUNNING, 0));
        assertThat(scanOf("scan: resilvered 1.2M in 00:00:01 with 2 errors on Fri Nov 20 14:14:51 2026"))
                .contains(new Scan(ScanKind.RESILVER, ScanState.FINISHED, 2));
        assertThat(scanOf("scan: scrub canceled on Fri Nov 20 14:14:51 2026"))
                .contains(new Scan(ScanKind.SCRUB, ScanState.CANCELED, 0));
        assertThat(scanOf("scan: none requested")).isEmpty();
    }

    private static Optional<Scan> scanOf(String line) {
        return PoolStatusParser.text(T1, TEXT.replaceAll("scan: .*", line)).scan();
    }

    @Test
    void text_that_is_not_understood_is_a_failure() {
        for (String broken :
                List.of("", "pool: t1", TEXT.replace("errors:", "failures:"), TEXT.replace("NAME", "name"))) {
            assertThatExceptionOfType(ZfsException.class).isThrownBy(() -> PoolStatusParser.text(T1, broken));
        }
        for (String broken : List.of("", "{}", "[]", JSON.replace("\"state\"", "\"condition\""))) {
            assertThatExceptionOfType(ZfsException.class).isThrownBy(() -> PoolStatusParser.json(T1, broken));
        }
    }

    @Test
    void pools_to_import_are_named_by_identity() {
        String text = """
                  pool: t2
                    id: 4914049153315490586
                 state: ONLINE
                action: The pool can be imported using its name or numeric identifier.
                config:

                \tt2                 ONLINE
                \t  /var/tmp/zf x/c  ONLINE
                """;

        assertThat(PoolStatusParser.importable(text))
                .containsExactly(new Importable(new PoolName("t2"), Guid.parse("4914049153315490586"), "ONLINE"));
        assertThat(PoolStatusParser.importable("no pools available to import\n"))
                .isEmpty();
        assertThat(PoolStatusParser.importable("")).isEmpty();
        assertThatExceptionOfType(ZfsException.class).isThrownBy(() -> PoolStatusParser.importable("something else"));
    }

    @Test
    void events_that_the_kernel_forgot_are_counted() {
        PoolEvents events = PoolStatusParser.events(
                "dropped 748 events\nNov 20 2026 15:07:17.592015035\tsysevent.fs.zfs.scrub_start\n");

        assertThat(events)
                .isEqualTo(new PoolEvents(
                        748, List.of(new PoolEvent("Nov 20 2026 15:07:17.592015035", "sysevent.fs.zfs.scrub_start"))));
        assertThat(PoolStatusParser.events("")).isEqualTo(new PoolEvents(0, List.of()));
        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(() -> PoolStatusParser.events("dropped some events\n"));
    }

    @Test
    void a_list_of_pools() {
        assertThat(PoolStatusParser.pools("t1\t2751146854515682002\t251658240\t1044480\t250613760\t11\tONLINE\n"))
                .containsExactly(
                        new Pool(T1, Guid.parse("2751146854515682002"), 251658240, 1044480, 250613760, 11, "ONLINE"));
        assertThatExceptionOfType(ZfsException.class).isThrownBy(() -> PoolStatusParser.pools("t1\t5\n"));
    }
}
