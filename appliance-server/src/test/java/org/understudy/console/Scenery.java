package org.understudy.console;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.PolicyId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.protection.BackupRun;
import org.understudy.server.protection.ProtectionPolicy;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RetentionRule;
import org.understudy.server.protection.RunProgress;

/** Fills a scene with an appliance in the middle of its life: some things well, some broken, some going on. */
final class Scenery {

    static final HostId WEB = host(1);
    static final HostId DATABASE = host(2);
    static final HostId FILES = host(3);
    static final HostId MAIL = host(4);
    static final HostId FRESH = host(5);
    static final HostId OLD = host(6);
    static final PolicyId HOURLY = new PolicyId(new UUID(0x10, 0x8000000000000001L));
    static final PolicyId NIGHTLY = new PolicyId(new UUID(0x10, 0x8000000000000002L));
    static final PointId WEB_NEWEST = point(1, 0);
    static final PointId MAIL_SUSPECT = point(4, 1);
    static final RunId LIVE_RUN = run(2, 0);
    static final RunId FAILED_RUN = run(3, 0);
    static final RunId DONE_RUN = run(1, 0);
    static final TakeoverId DRILL = new TakeoverId(new UUID(0x40, 0x8000000000000001L));
    static final TakeoverId TAKEOVER = new TakeoverId(new UUID(0x40, 0x8000000000000002L));
    static final TakeoverId FAILED_DRILL = new TakeoverId(new UUID(0x40, 0x8000000000000003L));

    private final Scene scene;
    private final Instant now;

    private Scenery(Scene scene) {
        this.scene = scene;
        this.now = scene.now();
    }

    static void fill(Scene scene) {
        synchronized (scene) {
            scene.clear();
            Scenery scenery = new Scenery(scene);
            scenery.policies();
            scenery.hosts();
            scenery.history();
            scenery.live();
            SceneryAftermath aftermath = new SceneryAftermath(scene);
            aftermath.takeovers();
            aftermath.log();
        }
    }

    private void policies() {
        policy(
                HOURLY,
                "hourly, verified",
                new ProtectionPolicy.Schedule.Interval(Duration.ofHours(1)),
                Duration.ofHours(3),
                List.of(),
                true);
        policy(
                NIGHTLY,
                "每晚备份 nightly",
                new ProtectionPolicy.Schedule.Cron("0 30 1 * * ?"),
                Duration.ofHours(26),
                List.of(new ProtectionPolicy.Window(
                        EnumSet.allOf(DayOfWeek.class), LocalTime.of(1, 0), LocalTime.of(5, 30))),
                false);
    }

    private void policy(
            PolicyId id,
            String name,
            ProtectionPolicy.Schedule schedule,
            Duration objective,
            List<ProtectionPolicy.Window> windows,
            boolean verify) {
        scene.policies.put(
                id,
                new ProtectionPolicy(
                        id,
                        name,
                        schedule,
                        windows,
                        List.of(new ProtectionPolicy.BandwidthLimit(
                                Optional.of(new ProtectionPolicy.Window(
                                        EnumSet.range(DayOfWeek.MONDAY, DayOfWeek.FRIDAY),
                                        LocalTime.of(8, 0),
                                        LocalTime.of(18, 0))),
                                40L << 20)),
                        new RetentionRule(24, 48, 14, 8, 12, 2),
                        objective,
                        ZoneId.of("Asia/Shanghai"),
                        Duration.ofSeconds(5),
                        true,
                        verify));
    }

    private void hosts() {
        add(WEB, "web-01", Optional.of(HOURLY), true, Duration.ofSeconds(4), false, "Debian GNU/Linux 13 (trixie)");
        add(
                DATABASE,
                "db-01.example.com",
                Optional.of(HOURLY),
                true,
                Duration.ofSeconds(2),
                false,
                "Rocky Linux 9.6 (Blue Onyx)");
        add(FILES, "文件服务器 2", Optional.of(NIGHTLY), false, Duration.ofHours(31), false, "Ubuntu 24.04.3 LTS");
        add(MAIL, "mail", Optional.of(NIGHTLY), true, Duration.ofSeconds(7), false, "Debian GNU/Linux 12 (bookworm)");
        add(FRESH, "hr-app", Optional.empty(), true, Duration.ofSeconds(3), false, "openSUSE Leap 15.6");
        add(OLD, "old-erp", Optional.empty(), false, Duration.ofDays(40), true, "Debian GNU/Linux 10 (buster)");
        scene.tokens.add(new Fleet.PendingToken(
                "tok-7", now.minus(Duration.ofMinutes(9)), now.plus(Duration.ofMinutes(51)), "ann"));
    }

    private void add(
            HostId id,
            String name,
            Optional<PolicyId> policy,
            boolean connected,
            Duration seen,
            boolean retired,
            String system) {
        scene.hosts.put(
                id,
                new ProtectedHost(
                        id,
                        name,
                        policy,
                        Optional.of(facts(
                                name,
                                List.of(
                                        disk("wwn-0x5000c500a1b2c3d4", "/dev/sda", "Samsung SSD 870", 20L << 30),
                                        disk("serial-WD-WX41A93K0012", "/dev/sdb", "WDC WD40EFRX", 4L << 40)),
                                system)),
                        List.of(
                                new ProtectedHost.ProtectedDisk(0, "wwn-0x5000c500a1b2c3d4", true),
                                new ProtectedHost.ProtectedDisk(1, "serial-WD-WX41A93K0012", false)),
                        connected,
                        Optional.of(now.minus(seen)),
                        now.minus(Duration.ofDays(64)),
                        "0.1.0",
                        retired));
    }

    static HostFacts facts(String name, List<HostFacts.Disk> disks) {
        return facts(name, disks, "Debian GNU/Linux 13 (trixie)");
    }

    private static HostFacts facts(String name, List<HostFacts.Disk> disks, String system) {
        return new HostFacts(
                name,
                "6f1c0a5e9d3b4c7fa1b2c3d4e5f60718",
                system,
                "6.12.48-amd64",
                8L << 30,
                4,
                HostFacts.Firmware.UEFI,
                disks,
                List.of(new HostFacts.NetworkInterface(
                        "enp1s0", "52:54:00:12:34:56", List.of("192.0.2.21/24", "2001:db8::21/64"), "virtio_net")),
                SceneryStarts.of(
                        name,
                        new HostFacts.BootFacts(
                                true,
                                system,
                                name,
                                Set.of("ahci", "virtio_blk", "nvme", "ata_piix"),
                                Set.of("e1000e", "virtio_net"),
                                List.of(),
                                null,
                                null)));
    }

    private static HostFacts.Disk disk(String key, String device, String model, long size) {
        return new HostFacts.Disk(
                key,
                device,
                model,
                null,
                size,
                512,
                "gpt",
                List.of(
                        new HostFacts.Partition(1, 1 << 20, 512 << 20, "vfat", "EFI", null, "/boot/efi"),
                        new HostFacts.Partition(
                                2,
                                513L << 20,
                                size - (513L << 20),
                                "ext4",
                                null,
                                null,
                                device.endsWith("a") ? "/" : "/srv")));
    }

    private void history() {
        for (int i = 0; i < 60; i++) {
            Instant at = now.minus(Duration.ofHours(i)).minus(Duration.ofMinutes(12));
            done(
                    1,
                    i,
                    WEB,
                    at,
                    i == 3 ? RecoveryPoint.State.PROVEN : RecoveryPoint.State.VERIFIED,
                    i == 26,
                    i == 0 ? Optional.of(now.plus(Duration.ofDays(30))) : Optional.empty());
        }
        for (int i = 1; i < 30; i++) {
            done(
                    2,
                    i,
                    DATABASE,
                    now.minus(Duration.ofHours(i)),
                    i == 9 ? RecoveryPoint.State.PROVEN : RecoveryPoint.State.VERIFIED,
                    false,
                    Optional.empty());
        }
        for (int i = 1; i < 20; i++) {
            done(
                    3,
                    i,
                    FILES,
                    now.minus(Duration.ofDays(i)).minus(Duration.ofHours(9)),
                    RecoveryPoint.State.UNVERIFIED,
                    i == 8,
                    Optional.empty());
        }
        failed(
                FAILED_RUN,
                FILES,
                now.minus(Duration.ofHours(9)),
                Problem.of(ProblemCode.AGENT_CONNECTION_LOST, "host", "文件服务器 2")
                        .withDetails("java.io.IOException: Connection reset by peer\n\tat org.understudy.agent…"));
        for (int i = 0; i < 16; i++) {
            done(
                    4,
                    i,
                    MAIL,
                    now.minus(Duration.ofDays(i)).minus(Duration.ofHours(10)),
                    i == 1 ? RecoveryPoint.State.SUSPECT : RecoveryPoint.State.UNVERIFIED,
                    false,
                    Optional.empty());
        }
    }

    private void done(
            int hostNumber,
            int number,
            HostId host,
            Instant at,
            RecoveryPoint.State state,
            boolean pinned,
            Optional<Instant> locked) {
        RunId run = run(hostNumber, number);
        PointId point = point(hostNumber, number);
        long changed = (40L << 20) + (number * 7_340_033L) % (300L << 20);
        List<BackupRun.Transition> steps = new ArrayList<>();
        Instant entered = at.minusSeconds(40);
        long[] millis = {30, 640, 210, 1_850, 120, 33_400, 90, 310, 460, 220};
        for (int i = 0; i < millis.length; i++) {
            steps.add(new BackupRun.Transition(
                    BackupRun.State.values()[i],
                    entered,
                    Duration.ofMillis(millis[i]),
                    i == 3 ? "frozen for 180 ms" : ""));
            entered = entered.plusMillis(millis[i]);
        }
        steps.add(new BackupRun.Transition(BackupRun.State.DONE, entered, Duration.ZERO, ""));
        scene.runs.put(
                run,
                new BackupRun(
                        run,
                        host,
                        number % 11 == 5 ? BackupRun.Trigger.MANUAL : BackupRun.Trigger.SCHEDULE,
                        BackupRun.State.DONE,
                        number > 28 && hostNumber == 2,
                        1,
                        at.minusSeconds(40),
                        Optional.of(entered),
                        steps,
                        new BackupRun.Volumes(20L << 30, 6_710_886_400L, 6_710_886_400L, changed, changed + 98_304),
                        Optional.of(point),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
        boolean suspect = state == RecoveryPoint.State.SUSPECT;
        Optional<RecoveryPoint.VerificationResult> result = state == RecoveryPoint.State.UNVERIFIED
                ? Optional.empty()
                : Optional.of(new RecoveryPoint.VerificationResult(
                        at.plusSeconds(60),
                        at.plusSeconds(101),
                        327_680,
                        suspect ? 2 : 0,
                        suspect
                                ? List.of(
                                        new RecoveryPoint.Mismatch(0, 7_247_757_312L, 65_536),
                                        new RecoveryPoint.Mismatch(0, 7_247_822_848L, 65_536))
                                : List.of()));
        scene.points.put(
                point,
                new RecoveryPoint(
                        point,
                        host,
                        run,
                        at,
                        state,
                        Optional.of(at.plusSeconds(101)),
                        number % 13 == 6 ? Consistency.CRASH : Consistency.FILE_SYSTEM,
                        number % 13 == 6 ? "the freeze took longer than its limit" : "",
                        pinned,
                        locked,
                        changed,
                        20L << 30,
                        6_710_886_400L,
                        List.of(new RecoveryPoint.PointDisk(
                                0, "wwn-0x5000c500a1b2c3d4", 20L << 30, 6_710_886_400L, changed)),
                        result));
    }

    private void failed(RunId id, HostId host, Instant at, Problem problem) {
        scene.runs.put(
                id,
                new BackupRun(
                        id,
                        host,
                        BackupRun.Trigger.RETRY,
                        BackupRun.State.FAILED,
                        false,
                        3,
                        at,
                        Optional.of(at.plusSeconds(75)),
                        List.of(
                                new BackupRun.Transition(BackupRun.State.REQUESTED, at, Duration.ofMillis(20), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.DESCRIBING, at.plusMillis(20), Duration.ofMillis(700), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.PREPARING,
                                        at.plusMillis(720),
                                        Duration.ofMillis(250),
                                        "head rolled back to the last point"),
                                new BackupRun.Transition(
                                        BackupRun.State.OPENING_VIEW, at.plusMillis(970), Duration.ofMillis(1900), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.EXPORTING, at.plusMillis(2870), Duration.ofMillis(140), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.TRANSFERRING,
                                        at.plusMillis(3010),
                                        Duration.ofMillis(71_900),
                                        "pass 2"),
                                new BackupRun.Transition(
                                        BackupRun.State.FAILED, at.plusSeconds(75), Duration.ZERO, "")),
                        new BackupRun.Volumes(4L << 40, 1_900L << 30, 51L << 30, 2L << 30, 1_400L << 20),
                        Optional.empty(),
                        Optional.of(problem),
                        Optional.of(BackupRun.State.TRANSFERRING),
                        Optional.empty()));
    }

    private void live() {
        Instant at = now.minusSeconds(38);
        scene.runs.put(
                LIVE_RUN,
                new BackupRun(
                        LIVE_RUN,
                        DATABASE,
                        BackupRun.Trigger.SCHEDULE,
                        BackupRun.State.TRANSFERRING,
                        false,
                        1,
                        at,
                        Optional.empty(),
                        List.of(
                                new BackupRun.Transition(BackupRun.State.REQUESTED, at, Duration.ofMillis(40), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.DESCRIBING, at.plusMillis(40), Duration.ofMillis(810), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.PREPARING, at.plusMillis(850), Duration.ofMillis(330), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.OPENING_VIEW, at.plusMillis(1180), Duration.ofMillis(2600), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.EXPORTING, at.plusMillis(3780), Duration.ofMillis(150), ""),
                                new BackupRun.Transition(
                                        BackupRun.State.TRANSFERRING, at.plusMillis(3930), Duration.ZERO, "pass 1")),
                        new BackupRun.Volumes(20L << 30, 6L << 30, 4L << 30, 60L << 20, 61L << 20),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(new RunProgress(
                                1,
                                2_952_790_016L,
                                6_710_886_400L,
                                61L << 20,
                                118L << 20,
                                Optional.of(Duration.ofSeconds(31))))));
    }

    private static HostId host(int number) {
        return new HostId(new UUID(0x00, 0x8000000000000000L + number));
    }

    static PointId point(int host, int number) {
        return new PointId(new UUID(0x2000 + host, 0x8000000000000000L + number));
    }

    static RunId run(int host, int number) {
        return new RunId(new UUID(0x3000 + host, 0x8000000000000000L + number));
    }
}
