package org.understudy.privileges.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.ScriptedCommandRunner;
import org.understudy.privileges.clock.ClockFile;
import org.understudy.privileges.clock.ManualTime;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.name.HostId;
import org.understudy.privileges.name.Identity;
import org.understudy.privileges.name.PointId;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Request;
import org.understudy.zfs.Datasets;
import org.understudy.zfs.name.DatasetName;

/** The commands that one verb comes to. */
class OpenZfsTest {

    private static final String HOST = "11111111-1111-1111-1111-111111111111";
    private static final String POINT = "22222222-2222-2222-2222-222222222222";
    private static final String G = "tank/u/hosts/" + HOST + "/g1";
    private static final String DATASETS = "name,guid,volsize,origin,creation";
    private static final String SNAPSHOTS = "name,guid,createtxg,creation,used,userrefs";

    @TempDir
    Path directory;

    private final ScriptedCommandRunner commands = new ScriptedCommandRunner();

    private static String row(String... fields) {
        return String.join("\t", fields) + "\n";
    }

    private OpenZfsTest find(String member, String guid) {
        commands.on(
                List.of("zfs", "list", "-H", "-p", "-t", "snapshot", "-o", SNAPSHOTS, member),
                row(member, guid, "77", "1800000000", "0", "0"));
        return this;
    }

    private void noMark(String member, String property) {
        commands.on(
                List.of("zfs", "get", "-H", "-p", "-s", "local,received", "-o", "property,value", property, member),
                "");
    }

    @Test
    void destroying_a_point_destroys_its_members_one_by_one_and_each_by_its_guid() {
        String head = G + "@" + POINT;
        String disk = G + "/disk0@" + POINT;
        find(head, "5").find(disk, "6");
        commands.on(
                List.of("zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume", "-o", DATASETS, G),
                row(G, "3", "-", "-", "1800000000") + row(G + "/disk0", "4", "1073741824", "-", "1800000000"));
        noMark(head, "org.understudy:keep-until");
        noMark(disk, "org.understudy:keep-until");
        noMark(head, "org.understudy:gone");
        commands.on(
                List.of("zfs", "list", "-H", "-p", "-r", "-t", "filesystem,volume", "-o", DATASETS, "tank/u"),
                row("tank/u", "1", "-", "-", "1800000000"));
        commands.on(List.of("zfs", "set", "org.understudy:gone=yes", head), "");
        for (String member : List.of(disk, head)) {
            commands.failOn(
                    List.of("zfs", "release", "org.understudy.lock", member),
                    1,
                    "cannot release hold from snapshot '" + member + "': no such tag on this dataset\n");
            find(member, member.equals(head) ? "5" : "6");
            commands.on(List.of("zfs", "destroy", member), "");
        }
        ManualTime time = new ManualTime();
        TrustedClock clock = new TrustedClock(time, time, time, new ClockFile(directory.resolve("clock")));
        clock.tick();
        StorageVerbs verbs = new StorageVerbs(
                new OpenZfs(new Datasets(commands)), new DatasetName("tank/u"), clock, Duration.ofDays(3660));

        Answer answer =
                verbs.perform(new Request.DestroyPoint(new HostId(HOST), 1, new PointId(POINT), new Identity("5")));

        assertThat(answer).isInstanceOf(Answer.Done.class);
        commands.verify();
        assertThat(commands.ran().get(commands.ran().size() - 1).argv()).containsExactly("zfs", "destroy", head);
    }
}
