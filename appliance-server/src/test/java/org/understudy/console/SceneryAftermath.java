package org.understudy.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.alerts.LoggedEvent;
import org.understudy.server.alerts.Severity;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;

/** The part of the scenery that comes from drills, takeovers and the event log. */
final class SceneryAftermath {

    private final Scene scene;
    private final Instant now;

    SceneryAftermath(Scene scene) {
        this.scene = scene;
        this.now = scene.now();
    }

    void takeovers() {
        takeover(
                Scenery.DRILL,
                Scenery.WEB,
                Scenery.point(1, 3),
                Takeover.Mode.DRILL,
                Takeover.State.RUNNING,
                now.minusSeconds(95),
                List.of(
                        new Takeover.ProbeResult(
                                new Takeover.Probe.Http(80, "/", Optional.of("Orders")),
                                Optional.of(true),
                                Optional.of(Duration.ofMillis(11_300)),
                                Optional.of("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
                                Optional.of("<!DOCTYPE html>\n<h1>Orders</h1>\n<p>Generation 7</p>"),
                                Optional.empty()),
                        new Takeover.ProbeResult(
                                new Takeover.Probe.Tcp(22),
                                Optional.of(true),
                                Optional.of(Duration.ofMillis(9_870)),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()),
                        new Takeover.ProbeResult(
                                new Takeover.Probe.Tcp(5432),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of("connection refused"))),
                Optional.empty(),
                false);
        takeover(
                Scenery.TAKEOVER,
                Scenery.FILES,
                Scenery.point(3, 1),
                Takeover.Mode.TAKEOVER,
                Takeover.State.RUNNING,
                now.minus(Duration.ofHours(7)),
                List.of(),
                Optional.empty(),
                true);
        takeover(
                Scenery.FAILED_DRILL,
                Scenery.MAIL,
                Scenery.MAIL_SUSPECT,
                Takeover.Mode.DRILL,
                Takeover.State.FAILED,
                now.minus(Duration.ofHours(30)),
                List.of(new Takeover.ProbeResult(
                        new Takeover.Probe.Tcp(25),
                        Optional.of(false),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of("no answer within 5 min"))),
                Optional.of(
                        Problem.of(ProblemCode.PROBE_FAILED, "probe", "TCP 25").withDetails("no answer within 5 min")),
                false);
    }

    private void takeover(
            TakeoverId id,
            HostId host,
            PointId point,
            Takeover.Mode mode,
            Takeover.State state,
            Instant at,
            List<Takeover.ProbeResult> probes,
            Optional<Problem> problem,
            boolean kept) {
        boolean runs = state == Takeover.State.RUNNING;
        List<Takeover.Transition> steps = new ArrayList<>(List.of(
                new Takeover.Transition(Takeover.State.REQUESTED, at, Duration.ofMillis(15), ""),
                new Takeover.Transition(Takeover.State.CLONING, at.plusMillis(15), Duration.ofMillis(120), ""),
                new Takeover.Transition(Takeover.State.PREPARING, at.plusMillis(135), Duration.ofMillis(340), ""),
                new Takeover.Transition(Takeover.State.BOOTING, at.plusMillis(475), Duration.ofMillis(1_165), "")));
        steps.add(new Takeover.Transition(state, at.plusMillis(1640), Duration.ZERO, ""));
        scene.takeovers.put(
                id,
                new Takeover(
                        id,
                        host,
                        point,
                        mode,
                        state,
                        2,
                        2L << 30,
                        VirtualMachine.DiskBus.VIRTIO,
                        VirtualMachine.NicModel.VIRTIO,
                        VirtualMachine.Firmware.UEFI,
                        "VIRTIO disks and network: the initramfs has virtio_blk, the system has virtio_net",
                        at,
                        runs ? Optional.empty() : Optional.of(at.plusSeconds(301)),
                        runs ? Optional.of("10.91.4.23") : Optional.empty(),
                        Optional.of(Duration.ofMillis(1640)),
                        runs && !probes.isEmpty() ? Optional.of(Duration.ofMillis(9_870)) : Optional.empty(),
                        steps,
                        probes,
                        Optional.of(at.plusSeconds(60)),
                        problem,
                        problem.map(p -> Takeover.State.BOOTING),
                        kept));
    }

    void log() {
        event(
                Severity.ALARM,
                "host.stale",
                Scenery.FILES,
                Duration.ofHours(6),
                Map.of(
                        "host",
                        "文件服务器 2",
                        "newest",
                        now.minus(Duration.ofHours(33)).toString()),
                Optional.empty(),
                false);
        event(
                Severity.WARNING,
                "run.failed",
                Scenery.FILES,
                Duration.ofHours(9),
                Map.of("host", "文件服务器 2", "state", "TRANSFERRING"),
                scene.run(Scenery.FAILED_RUN).problem(),
                false);
        event(
                Severity.ALARM,
                "point.suspect",
                Scenery.MAIL,
                Duration.ofHours(31),
                Map.of(
                        "host",
                        "mail",
                        "point",
                        Scenery.MAIL_SUSPECT.toString(),
                        "disk",
                        "0",
                        "offset",
                        "7247757312",
                        "count",
                        "2"),
                Optional.empty(),
                false);
        event(
                Severity.NOTICE,
                "takeover.answered",
                Scenery.WEB,
                Duration.ofSeconds(84),
                Map.of("host", "web-01", "point", Scenery.point(1, 3).toString(), "mode", "DRILL", "seconds", "11"),
                Optional.empty(),
                true);
        event(
                Severity.NOTICE,
                "agent.disconnected",
                Scenery.FILES,
                Duration.ofHours(31),
                Map.of("host", "文件服务器 2", "reason", "connection reset"),
                Optional.empty(),
                true);
        for (int i = 0; i < 20; i++) {
            event(
                    Severity.INFO,
                    "point.created",
                    Scenery.WEB,
                    Duration.ofMinutes(12 + 60L * i),
                    Map.of("host", "web-01", "point", Scenery.point(1, i).toString()),
                    Optional.empty(),
                    true);
        }
    }

    private void event(
            Severity severity,
            String kind,
            HostId host,
            Duration ago,
            Map<String, String> values,
            Optional<Problem> problem,
            boolean acknowledged) {
        scene.log.add(new LoggedEvent(
                scene.log.size() + 1L,
                now.minus(ago),
                severity,
                kind,
                Optional.of(host),
                values,
                problem,
                acknowledged));
    }
}
