package org.understudy.server.protection.internal.points;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.RecoveryPoint.Mismatch;
import org.understudy.server.protection.RecoveryPoint.State;
import org.understudy.server.protection.RecoveryPoint.VerificationResult;
import org.understudy.server.storage.VolumeSnapshot;

/** Facts of a point that are kept as properties of its snapshot; see docs/design/backup-run.md. */
public final class PoolProperties {

    public static final String RUN = "run";

    static final String TAKEN_AT = "taken-at";
    static final String HOST_NAME = "host-name";
    static final String PINNED = "pinned";
    static final String LOCKED_UNTIL = "locked-until";
    static final String STATE = "state";
    static final String STATE_SINCE = "state-since";
    static final String VERIFICATION = "verification";
    static final String MISMATCHES = "mismatches";

    private static final int MAX_VALUE = 1024;
    private static final int MAX_HOST_NAME = 200;

    private PoolProperties() {}

    /** What a snapshot is made with. */
    public static Map<String, String> ofNewPoint(RunId run, Instant takenAt, String hostName) {
        Map<String, String> properties = new HashMap<>();
        properties.put(RUN, run.toString());
        properties.put(TAKEN_AT, takenAt.toString());
        String clean = hostName.replaceAll("\\p{Cntrl}", "?");
        properties.put(HOST_NAME, clean.length() <= MAX_HOST_NAME ? clean : clean.substring(0, MAX_HOST_NAME));
        return properties;
    }

    /** Whether a snapshot is known to hold damaged data. */
    public static boolean suspect(VolumeSnapshot snapshot) {
        return State.SUSPECT.name().equals(snapshot.properties().get(STATE));
    }

    /** The part of a point that its manifest, written before the snapshot, cannot hold. */
    record Mutable(
            boolean pinned,
            Optional<Instant> lockedUntil,
            State state,
            Optional<Instant> stateSince,
            Optional<VerificationResult> verification) {}

    /** @throws org.understudy.core.problem.ProblemException {@code MANIFEST_UNREADABLE} if a property is not of our making */
    static Mutable read(VolumeSnapshot snapshot) {
        Map<String, String> properties = snapshot.properties();
        try {
            return new Mutable(
                    Boolean.parseBoolean(properties.getOrDefault(PINNED, "false")),
                    Optional.ofNullable(properties.get(LOCKED_UNTIL)).map(Instant::parse),
                    State.valueOf(properties.getOrDefault(STATE, State.UNVERIFIED.name())),
                    Optional.ofNullable(properties.get(STATE_SINCE)).map(Instant::parse),
                    Optional.ofNullable(properties.get(VERIFICATION))
                            .map(text -> readVerification(text, properties.getOrDefault(MISMATCHES, ""))));
        } catch (DateTimeException | IllegalArgumentException e) {
            throw Problem.of(
                            ProblemCode.MANIFEST_UNREADABLE,
                            "point",
                            snapshot.point().toString(),
                            "reason",
                            "its properties in the pool are damaged")
                    .asException(e);
        }
    }

    static String write(VerificationResult result) {
        return result.startedAt() + " " + result.endedAt() + " " + result.blocks() + " " + result.mismatchCount();
    }

    /** As many of the mismatches as a property can hold. */
    static String write(List<Mismatch> mismatches) {
        StringBuilder text = new StringBuilder();
        for (Mismatch mismatch : mismatches) {
            String next = mismatch.disk() + ":" + mismatch.offset() + ":" + mismatch.length();
            if (text.length() + 1 + next.length() > MAX_VALUE) {
                break;
            }
            text.append(text.isEmpty() ? "" : ",").append(next);
        }
        return text.toString();
    }

    private static VerificationResult readVerification(String text, String mismatches) {
        String[] parts = text.split(" ", -1);
        if (parts.length != 4) {
            throw new IllegalArgumentException("not a verification: " + text);
        }
        List<Mismatch> found = new ArrayList<>();
        if (!mismatches.isEmpty()) {
            for (String one : mismatches.split(",", -1)) {
                List<Long> numbers =
                        List.of(one.split(":", -1)).stream().map(Long::valueOf).collect(Collectors.toList());
                if (numbers.size() != 3) {
                    throw new IllegalArgumentException("not a mismatch: " + one);
                }
                found.add(new Mismatch(Math.toIntExact(numbers.get(0)), numbers.get(1), numbers.get(2)));
            }
        }
        return new VerificationResult(
                Instant.parse(parts[0]),
                Instant.parse(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                List.copyOf(found));
    }
}
