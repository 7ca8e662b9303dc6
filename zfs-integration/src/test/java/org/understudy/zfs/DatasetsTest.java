package org.understudy.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.core.command.ScriptedCommandRunner;
import org.understudy.zfs.error.ZfsError;
import org.understudy.zfs.error.ZfsException;
import org.understudy.zfs.name.DatasetName;
import org.understudy.zfs.name.Guid;
import org.understudy.zfs.name.HoldTag;
import org.understudy.zfs.name.PropertyName;
import org.understudy.zfs.name.SnapshotName;

class DatasetsTest {

    private static final DatasetName VOLUME = new DatasetName("t1/a b/vol 1");
    private static final SnapshotName SNAPSHOT = VOLUME.snapshot("s 1");
    private static final Guid GUID = Guid.parse("17148660497920586072");
    private static final List<String> ASK_SNAPSHOT = List.of(
            "zfs",
            "list",
            "-H",
            "-p",
            "-t",
            "snapshot",
            "-o",
            "name,guid,createtxg,creation,used,userrefs",
            "t1/a b/vol 1@s 1");
    private static final String TOLD_SNAPSHOT = "t1/a b/vol 1@s 1\t17148660497920586072\t35\t1795184011\t57344\t0\n";

    private final ScriptedCommandRunner commands = new ScriptedCommandRunner();
    private final Datasets datasets = new Datasets(commands);

    @AfterEach
    void every_command_came() {
        commands.verify();
    }

    private static void fails(ZfsError error, ThrowingCallable call) {
        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.error()).isEqualTo(error));
    }

    @Test
    void a_list_tells_volumes_clones_and_file_systems_apart() {
        commands.on(
                List.of(
                        "zfs",
                        "list",
                        "-H",
                        "-p",
                        "-r",
                        "-t",
                        "filesystem,volume",
                        "-o",
                        "name,guid,volsize,origin,creation",
                        "t1"),
                "t1\t17286125995006539589\t-\t-\t1795184000\n"
                        + "t1/a b/vol 1\t493809536779379\t10485760\tt1/cl 1@s 1\t1795184001\n");

        assertThat(datasets.list(new DatasetName("t1")))
                .containsExactly(
                        new Dataset(
                                new DatasetName("t1"),
                                Guid.parse("17286125995006539589"),
                                Optional.empty(),
                                Optional.empty(),
                                Instant.ofEpochSecond(1795184000)),
                        new Dataset(
                                VOLUME,
                                Guid.parse("493809536779379"),
                                Optional.of(10485760L),
                                Optional.of(SnapshotName.parse("t1/cl 1@s 1")),
                                Instant.ofEpochSecond(1795184001)));
    }

    @Test
    void a_line_that_is_not_understood_is_a_failure_and_no_omission() {
        String broken = TOLD_SNAPSHOT + "t1/a b/vol 1@s 2\tnot-a-number\t36\t1795184012\t0\t0\n";
        commands.on(
                List.of(
                        "zfs",
                        "list",
                        "-H",
                        "-p",
                        "-d",
                        "1",
                        "-t",
                        "snapshot",
                        "-s",
                        "createtxg",
                        "-o",
                        "name,guid,createtxg,creation,used,userrefs",
                        "t1/a b/vol 1"),
                broken);

        fails(new ZfsError.Unreadable(broken), () -> datasets.snapshots(VOLUME));
    }

    @Test
    void absent_is_empty_but_a_failure_to_ask_is_a_failure() {
        commands.failOn(ASK_SNAPSHOT, 1, "cannot open 't1/a b/vol 1@s 1': dataset does not exist\n");
        assertThat(datasets.find(SNAPSHOT)).isEmpty();

        commands.failOn(ASK_SNAPSHOT, 1, "The ZFS modules cannot be auto-loaded.\n");
        fails(new ZfsError.NoModule(), () -> datasets.find(SNAPSHOT));
    }

    @Test
    void a_snapshot_of_another_identity_is_not_destroyed() {
        commands.on(ASK_SNAPSHOT, TOLD_SNAPSHOT);

        fails(
                new ZfsError.NotOurs(SNAPSHOT.toString(), new Guid(1), GUID),
                () -> datasets.destroy(SNAPSHOT, new Guid(1)));
    }

    @Test
    void the_snapshot_that_is_meant_is_destroyed_alone() {
        commands.on(ASK_SNAPSHOT, TOLD_SNAPSHOT).on(List.of("zfs", "destroy", "t1/a b/vol 1@s 1"), "");

        datasets.destroy(SNAPSHOT, GUID);
    }

    @Test
    void what_is_gone_already_needs_no_destruction() {
        commands.failOn(ASK_SNAPSHOT, 1, "cannot open 't1/a b/vol 1@s 1': dataset does not exist\n");

        datasets.destroy(SNAPSHOT, GUID);
    }

    @Test
    void a_held_snapshot_stays() {
        commands.on(ASK_SNAPSHOT, TOLD_SNAPSHOT)
                .failOn(
                        List.of("zfs", "destroy", "t1/a b/vol 1@s 1"),
                        1,
                        "cannot destroy snapshot t1/a b/vol 1@s 1: it's being held. Run 'zfs holds -r t1/a b/vol 1@s 1' to see holders.\n");

        fails(new ZfsError.Held("t1/a b/vol 1@s 1"), () -> datasets.destroy(SNAPSHOT, GUID));
    }

    @Test
    void the_top_of_a_pool_is_never_destroyed() {
        assertThatIllegalArgumentException().isThrownBy(() -> datasets.destroy(new DatasetName("t1"), GUID));
    }

    @Test
    void a_recursive_snapshot_carries_its_properties_in_one_command() {
        commands.on(List.of("zfs", "snapshot", "-r", "-o", "bk:id=1", "-o", "bk:state=new", "t1/a b@p"), "");

        datasets.snapshotRecursively(
                new DatasetName("t1/a b").snapshot("p"),
                Map.of(new PropertyName("bk:state"), "new", new PropertyName("bk:id"), "1"));
    }

    @Test
    void a_volume_is_made_sparse_with_its_block_size() {
        commands.on(
                List.of("zfs", "create", "-s", "-V", "1048576", "-b", "16384", "-o", "compression=lz4", "t1/a b/vol 1"),
                "");

        datasets.createVolume(VOLUME, VolumeSpec.of(1 << 20));
    }

    @Test
    void a_volume_never_shrinks() {
        commands.on(
                List.of(
                        "zfs",
                        "list",
                        "-H",
                        "-p",
                        "-t",
                        "filesystem,volume",
                        "-o",
                        "name,guid,volsize,origin,creation",
                        "t1/a b/vol 1"),
                "t1/a b/vol 1\t5\t1048576\t-\t1795184001\n");

        assertThatExceptionOfType(ZfsException.class)
                .isThrownBy(() -> datasets.grow(VOLUME, 512 << 10))
                .satisfies(e -> assertThat(e.error()).isInstanceOf(ZfsError.InvalidProperty.class));
    }

    @Test
    void holding_twice_and_releasing_nothing_succeed() {
        commands.failOn(
                        List.of("zfs", "hold", "keep", "t1/a b/vol 1@s 1"),
                        1,
                        "cannot hold snapshot 't1/a b/vol 1@s 1': tag already exists on this dataset\n")
                .failOn(
                        List.of("zfs", "release", "keep", "t1/a b/vol 1@s 1"),
                        1,
                        "cannot release hold from snapshot 't1/a b/vol 1@s 1': no such tag on this dataset\n");

        datasets.hold(SNAPSHOT, new HoldTag("keep"));
        datasets.release(SNAPSHOT, new HoldTag("keep"));
    }

    @Test
    void the_module_decides_what_is_possible() {
        commands.on(List.of("zfs", "version"), "zfs-2.3.9-0+deb13u1\nzfs-kmod-2.1.11-1\n");

        assertThat(datasets.capabilities()).isEmpty();

        commands.on(List.of("zfs", "version"), "zfs-2.3.9-0+deb13u1\nzfs-kmod-2.3.9-0+deb13u1\n");
        assertThat(datasets.capabilities())
                .contains(ZfsCapability.JSON_OUTPUT)
                .doesNotContain(ZfsCapability.RECEIVE_APPEND);
    }

    @Test
    void reclaimable_space_is_asked_for_all_snapshots_together() {
        commands.on(
                List.of("zfs", "destroy", "-n", "-v", "-p", "t1/a b/vol 1@s 1,s 2"),
                "destroy\tt1/a b/vol 1@s 1\ndestroy\tt1/a b/vol 1@s 2\nreclaim\t70144\n");

        assertThat(datasets.reclaimableBytes(VOLUME, List.of(SNAPSHOT, VOLUME.snapshot("s 2"))))
                .isEqualTo(70144);
    }

    @Test
    void spaces_in_a_name_become_plus_signs_in_the_device() {
        commands.on(List.of("udevadm", "settle"), "");

        assertThat(datasets.device(VOLUME)).hasToString("/dev/zvol/t1/a+b/vol+1");
    }
}
