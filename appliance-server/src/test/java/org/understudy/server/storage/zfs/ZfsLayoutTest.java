package org.understudy.server.storage.zfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.CloneId;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;

class ZfsLayoutTest {

    private final ZfsLayout layout = new ZfsLayout(new DatasetName("tank 1/under study"));
    private final HostId host = HostId.random();

    @Test
    void whatIsNamedIsFoundAgain() {
        DatasetName generation = layout.generation(host, 12);
        DatasetName volume = ZfsLayout.volume(generation, new DiskId(host, 255));
        PointId point = PointId.random();

        assertThat(volume).hasToString("tank 1/under study/hosts/" + host + "/g12/disk255");
        assertThat(layout.hostOf(volume)).contains(host);
        assertThat(ZfsLayout.generationNumber(generation)).hasValue(12);
        assertThat(ZfsLayout.diskNumber(volume)).hasValue(255);
        assertThat(ZfsLayout.pointOf(ZfsLayout.point(generation, point))).contains(point);
        assertThat(layout.cloneOf(layout.clone(new CloneId("takeover-1")))).contains(new CloneId("takeover-1"));
    }

    @Test
    void clonesInTheMakingAndDiscardedOnesDoNotCount() {
        CloneId id = new CloneId("c");

        assertThat(layout.cloneOf(layout.unfinished(id))).isEmpty();
        assertThat(layout.cloneOf(layout.discarded(id, new Guid(-1)))).isEmpty();
        assertThat(layout.cloneOf(layout.clone(id).child("disk0"))).isEmpty();
        assertThat(layout.cloneOf(layout.clones())).isEmpty();
    }

    @Test
    void foreignNamesAreNotOurs() {
        assertThat(layout.hostOf(layout.hosts())).isEmpty();
        assertThat(layout.hostOf(layout.hosts().child("db 1"))).isEmpty();
        assertThat(layout.hostOf(new DatasetName("tank 1/hosts").child(host.toString())))
                .isEmpty();
        for (String leaf : List.of("g0", "g01", "g", "g-1", "generation1", "g99999999999")) {
            assertThat(ZfsLayout.generationNumber(layout.host(host).child(leaf)))
                    .as(leaf)
                    .isEqualTo(OptionalInt.empty());
        }
        for (String leaf : List.of("disk256", "disk00", "disk", "disk1.raw")) {
            assertThat(ZfsLayout.diskNumber(layout.generation(host, 1).child(leaf)))
                    .as(leaf)
                    .isEqualTo(OptionalInt.empty());
        }
        assertThat(ZfsLayout.pointOf(layout.generation(host, 1).snapshot("autosnap 2026")))
                .isEmpty();
    }

    @Test
    void theLongestNameFits() {
        ZfsLayout longest = new ZfsLayout(new DatasetName("p/" + "u".repeat(118)));
        DatasetName volume =
                ZfsLayout.volume(longest.generation(host, 999_999_999), new DiskId(host, DiskId.MAX_NUMBER));

        assertThat(ZfsLayout.point(volume, PointId.random()).toString()).hasSizeLessThanOrEqualTo(255);
        assertThat(longest.discarded(new CloneId("c".repeat(64)), new Guid(-1))
                        .child("disk255")
                        .value())
                .hasSizeLessThanOrEqualTo(255);
    }

    @Test
    void aVolumeHasTheLargestBlocksThatItsSizeAllows() {
        assertThat(Heads.blockBytes(1L << 40)).isEqualTo(16 << 10);
        assertThat(Heads.blockBytes(500_107_862_016L)).isEqualTo(8 << 10);
        assertThat(Heads.blockBytes(512 * 12345)).isEqualTo(512);
    }

    @Test
    void aMountIsFoundWhateverItsNames() {
        MountTable mounts = new MountTable(List.of(
                "tmpfs /tank tmpfs rw 0 0",
                "tank\\0401/a /var/lib/with\\040space\\134/g1 zfs rw,xattr,noacl 0 0",
                "/dev/zd0 /mnt ext4 rw 0 0"));

        assertThat(mounts.of(new DatasetName("tank 1/a")))
                .hasValueSatisfying(path -> assertThat(path).hasToString("/var/lib/with space\\/g1"));
        assertThat(mounts.of(new DatasetName("tank 1/b"))).isEmpty();
    }
}
