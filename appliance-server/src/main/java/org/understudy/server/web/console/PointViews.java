package org.understudy.server.web.console;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.protection.Manifest;
import org.understudy.server.protection.RecoveryPoint;
import org.understudy.server.protection.RecoveryPoints;
import org.understudy.server.recovery.Takeovers;
import org.understudy.webui.view.BadgeView;
import org.understudy.webui.view.FactView;
import org.understudy.webui.view.LinkView;
import org.understudy.webui.view.OptionView;
import org.understudy.webui.view.PointRow;
import org.understudy.webui.view.PointView;
import org.understudy.webui.view.ProblemView;
import org.understudy.webui.view.ProgressView;
import org.understudy.webui.view.TakeoverRow;
import org.understudy.webui.view.Tone;

/** Recovery points for people. */
@Component
class PointViews {

    private static final int MACHINES = 200;
    private static final int MISMATCHES = 100;

    private final RecoveryPoints points;
    private final Takeovers takeovers;
    private final RunViews runs;
    private final TakeoverViews machines;
    private final VerificationProgress verifications;

    PointViews(
            RecoveryPoints points,
            Takeovers takeovers,
            RunViews runs,
            TakeoverViews machines,
            VerificationProgress verifications) {
        this.points = points;
        this.takeovers = takeovers;
        this.runs = runs;
        this.machines = machines;
        this.verifications = verifications;
    }

    PointRow row(RecoveryPoint point, Phrases phrases) {
        return new PointRow(
                point.id().toString(),
                phrases.time(point.takenAt()),
                badges(point, phrases),
                phrases.size(point.changedBytes()),
                phrases.size(point.usedBytes()),
                phrases.name("consistency", point.consistency()));
    }

    PointView page(RecoveryPoint point, Phrases phrases) {
        Optional<Manifest> manifest = Optional.empty();
        ProblemView manifestProblem = null;
        try {
            manifest = Optional.of(points.manifest(point.id()));
        } catch (ProblemException e) {
            manifestProblem = phrases.problem(e.problem());
        }
        ProgressView verifying = verifications.of(point.id(), phrases).orElse(null);
        List<TakeoverRow> running = takeovers.takeovers(MACHINES).stream()
                .filter(takeover -> takeover.point().equals(point.id()))
                .map(takeover -> machines.row(takeover, phrases))
                .toList();
        return new PointView(
                point.id().toString(),
                runs.hostLink(point.host()),
                new LinkView("/runs/" + point.run(), phrases.text("point.run")),
                phrases.time(point.takenAt()),
                badges(point, phrases),
                facts(point, phrases),
                point.disks().stream().map(disk -> disk(disk, phrases)).toList(),
                point.verification()
                        .map(result -> verification(result, phrases))
                        .orElse(null),
                verifying,
                manifest.map(known -> manifest(known, phrases)).orElse(null),
                manifestProblem,
                point.pinned(),
                phrases.time(point.lockedUntil().filter(until -> until.isAfter(phrases.now()))),
                phrases.now()
                        .plus(Duration.ofDays(1))
                        .atZone(phrases.zone())
                        .toLocalDate()
                        .toString(),
                point.state() == RecoveryPoint.State.SUSPECT,
                running.stream()
                        .anyMatch(row ->
                                row.state().tone() == Tone.BUSY || row.state().tone() == Tone.GOOD),
                form(manifest.map(Manifest::facts)),
                running);
    }

    static List<BadgeView> badges(RecoveryPoint point, Phrases phrases) {
        List<BadgeView> badges = new ArrayList<>();
        badges.add(new BadgeView(tone(point.state()), phrases.name("point.state", point.state())));
        if (point.pinned()) {
            badges.add(phrases.badge(Tone.PLAIN, "point.pinned"));
        }
        point.lockedUntil()
                .filter(until -> until.isAfter(phrases.now()))
                .ifPresent(until -> badges.add(phrases.badge(
                        Tone.PLAIN, "point.locked", phrases.time(until).text())));
        return badges;
    }

    static Tone tone(RecoveryPoint.State state) {
        return switch (state) {
            case UNVERIFIED -> Tone.PLAIN;
            case VERIFIED, PROVEN -> Tone.GOOD;
            case SUSPECT -> Tone.BAD;
        };
    }

    private List<FactView> facts(RecoveryPoint point, Phrases phrases) {
        List<FactView> facts = new ArrayList<>();
        facts.add(phrases.fact("point.taken", phrases.time(point.takenAt()).full()));
        String consistency = phrases.name("consistency", point.consistency());
        facts.add(phrases.fact(
                "point.consistency",
                point.consistencyReason().isBlank() ? consistency : consistency + " · " + point.consistencyReason()));
        facts.add(phrases.fact("point.changed", phrases.size(point.changedBytes())));
        facts.add(phrases.fact("point.used", phrases.size(point.usedBytes())));
        facts.add(phrases.fact("point.total", phrases.size(point.totalBytes())));
        point.stateSince()
                .ifPresent(since -> facts.add(
                        phrases.fact("point.stateSince", phrases.time(since).full())));
        facts.add(phrases.fact("id", point.id().toString()));
        return facts;
    }

    private static PointView.Disk disk(RecoveryPoint.PointDisk disk, Phrases phrases) {
        return new PointView.Disk(
                "disk" + disk.number(),
                disk.key(),
                phrases.size(disk.sizeBytes()),
                phrases.size(disk.usedBytes()),
                phrases.size(disk.changedBytes()));
    }

    private static PointView.Verification verification(RecoveryPoint.VerificationResult result, Phrases phrases) {
        boolean clean = result.mismatchCount() == 0;
        return new PointView.Verification(
                phrases.badge(clean ? Tone.GOOD : Tone.BAD, clean ? "verification.clean" : "verification.damaged"),
                phrases.time(result.endedAt()),
                phrases.duration(Duration.between(result.startedAt(), result.endedAt())),
                phrases.count(result.blocks()),
                phrases.count(result.mismatchCount()),
                result.mismatches().stream()
                        .limit(MISMATCHES)
                        .map(mismatch -> new PointView.Mismatch(
                                "disk" + mismatch.disk(),
                                phrases.count(mismatch.offset()) + " (0x" + Long.toHexString(mismatch.offset()) + ")",
                                phrases.size(mismatch.length())))
                        .toList(),
                result.mismatchCount() > result.mismatches().size());
    }

    private static PointView.Manifest manifest(Manifest manifest, Phrases phrases) {
        HostFacts host = manifest.facts();
        List<FactView> facts = List.of(
                phrases.fact("manifest.version", Integer.toString(manifest.version())),
                phrases.fact("manifest.hostName", manifest.hostName()),
                phrases.fact("manifest.system", host.operatingSystem()),
                phrases.fact("manifest.kernel", host.kernel()),
                phrases.fact("manifest.firmware", host.firmware().name()),
                phrases.fact("manifest.cpus", phrases.count(host.cpus())),
                phrases.fact("manifest.memory", phrases.size(host.memoryBytes())),
                phrases.fact(
                        "manifest.frozen", phrases.text("time.milliseconds", phrases.count(manifest.frozenMillis()))),
                phrases.fact(
                        "manifest.drivers",
                        host.boot().initramfsDrivers().isEmpty()
                                ? "–"
                                : String.join(
                                        ", ",
                                        host.boot().initramfsDrivers().stream()
                                                .sorted()
                                                .toList())));
        return new PointView.Manifest(
                facts,
                manifest.disks().stream()
                        .map(disk -> new PointView.Digest(
                                "disk" + disk.number(),
                                phrases.size(disk.blockSize()),
                                phrases.count(disk.blocks()),
                                phrases.size(disk.sentBytes()),
                                disk.digestFileSha256()))
                        .toList());
    }

    private static PointView.StartForm form(Optional<HostFacts> facts) {
        return new PointView.StartForm(
                facts.map(known -> Integer.toString(known.cpus())).orElse(""),
                facts.map(known -> Long.toString(known.memoryBytes() >> 20)).orElse(""),
                options(VirtualMachine.DiskBus.values()),
                options(VirtualMachine.NicModel.values()),
                options(VirtualMachine.Firmware.values()));
    }

    private static List<OptionView> options(Enum<?>[] values) {
        return Arrays.stream(values)
                .map(value -> new OptionView(value.name(), value.name(), false))
                .toList();
    }

    /** The best state among the points, for a day of the calendar; null if there are none. */
    static @Nullable Tone best(List<RecoveryPoint> some) {
        if (some.isEmpty()) {
            return null;
        }
        if (some.stream().anyMatch(point -> point.state() == RecoveryPoint.State.SUSPECT)) {
            return Tone.BAD;
        }
        return some.stream()
                        .anyMatch(point -> point.state() == RecoveryPoint.State.VERIFIED
                                || point.state() == RecoveryPoint.State.PROVEN)
                ? Tone.GOOD
                : Tone.PLAIN;
    }
}
