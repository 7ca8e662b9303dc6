package org.understudy.server.recovery.internal;

import jakarta.persistence.CollectionTable;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.OrderColumn;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.State;

/** A row of {@code takeover} with its transitions and probes. */
@Entity
@Table(name = "takeover")
class TakeoverRow {

    @Id
    private UUID id;

    @Version
    private @Nullable Integer version;

    private UUID hostId;
    private UUID pointId;

    @Enumerated(EnumType.STRING)
    private Mode mode;

    @Enumerated(EnumType.STRING)
    private State state;

    private int cpus;
    private long memoryBytes;

    @Enumerated(EnumType.STRING)
    private DiskBus diskBus;

    @Enumerated(EnumType.STRING)
    private NicModel nicModel;

    @Enumerated(EnumType.STRING)
    private Firmware firmware;

    private String profile;
    private Instant requestedAt;
    private @Nullable Instant endedAt;
    private @Nullable String address;
    private @Nullable Long toRunningMicros;
    private @Nullable Long toAnswerMicros;
    private @Nullable Instant screenshotAt;

    @JdbcTypeCode(SqlTypes.JSON)
    private @Nullable StoredProblem problem;

    @Enumerated(EnumType.STRING)
    private @Nullable State failedIn;

    private boolean kept;

    @ElementCollection(fetch = FetchType.LAZY)
    @CollectionTable(name = "takeover_transition", joinColumns = @JoinColumn(name = "takeover_id"))
    @OrderColumn(name = "position")
    private List<TransitionRow> transitions = new ArrayList<>();

    @ElementCollection(fetch = FetchType.LAZY)
    @CollectionTable(name = "takeover_probe", joinColumns = @JoinColumn(name = "takeover_id"))
    @OrderColumn(name = "position")
    private List<ProbeRow> probes = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // filled by JPA
    protected TakeoverRow() {}

    @SuppressWarnings("NullAway.Init") // the rest is filled by update
    TakeoverRow(Takeover takeover) {
        id = takeover.id().value();
        hostId = takeover.host().value();
        pointId = takeover.point().value();
        mode = takeover.mode();
        cpus = takeover.cpus();
        memoryBytes = takeover.memoryBytes();
        diskBus = takeover.diskBus();
        nicModel = takeover.nicModel();
        firmware = takeover.firmware();
        profile = takeover.profile();
        requestedAt = takeover.requestedAt();
        update(takeover);
    }

    /** Takes over what changes in a takeover's life. */
    final void update(Takeover takeover) {
        state = takeover.state();
        endedAt = takeover.endedAt().orElse(null);
        address = takeover.address().orElse(null);
        toRunningMicros = micros(takeover.toRunning());
        toAnswerMicros = micros(takeover.toAnswer());
        screenshotAt = takeover.screenshotAt().orElse(null);
        problem = takeover.problem().map(StoredProblem::of).orElse(null);
        failedIn = takeover.failedIn().orElse(null);
        kept = takeover.kept();
        replace(
                transitions,
                takeover.transitions().stream().map(TransitionRow::new).toList());
        replace(probes, takeover.probes().stream().map(ProbeRow::new).toList());
    }

    /** Only what differs is touched, so that only that is written. */
    private static <T> void replace(List<T> rows, List<T> wanted) {
        for (int i = 0; i < wanted.size(); i++) {
            if (i == rows.size()) {
                rows.add(wanted.get(i));
            } else if (!rows.get(i).equals(wanted.get(i))) {
                rows.set(i, wanted.get(i));
            }
        }
    }

    Takeover toTakeover() {
        return new Takeover(
                new TakeoverId(id),
                new HostId(hostId),
                new PointId(pointId),
                mode,
                state,
                cpus,
                memoryBytes,
                diskBus,
                nicModel,
                firmware,
                profile,
                requestedAt,
                Optional.ofNullable(endedAt),
                Optional.ofNullable(address),
                duration(toRunningMicros),
                duration(toAnswerMicros),
                transitions.stream().map(TransitionRow::toTransition).toList(),
                probes.stream().map(ProbeRow::toResult).toList(),
                Optional.ofNullable(screenshotAt),
                Optional.ofNullable(problem).map(StoredProblem::toProblem),
                Optional.ofNullable(failedIn),
                kept);
    }

    private static @Nullable Long micros(Optional<Duration> duration) {
        return duration.map(value -> value.toNanos() / 1000).orElse(null);
    }

    private static Optional<Duration> duration(@Nullable Long micros) {
        return micros == null ? Optional.empty() : Optional.of(Duration.of(micros, ChronoUnit.MICROS));
    }
}
