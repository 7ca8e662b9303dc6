package org.understudy.server.recovery.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;

/** Rows in memory. Survives the restart of the server, as the database does. */
final class InMemoryTakeoverBook implements TakeoverBook {

    private final Map<TakeoverId, Takeover> rows = new HashMap<>();

    @Override
    public synchronized void open(Takeover takeover) {
        boolean taken = takeover.mode() == Mode.TAKEOVER
                && unfinished().stream()
                        .anyMatch(other ->
                                other.mode() == Mode.TAKEOVER && other.host().equals(takeover.host()));
        if (taken && !takeover.state().isFinal()) {
            throw Problem.of(
                            ProblemCode.TAKEOVER_EXISTS, "host", takeover.host().toString())
                    .asException();
        }
        rows.put(takeover.id(), takeover);
    }

    @Override
    public synchronized Optional<Takeover> find(TakeoverId id) {
        return Optional.ofNullable(rows.get(id));
    }

    @Override
    public synchronized List<Takeover> newest(int limit) {
        List<Takeover> all = new ArrayList<>(rows.values());
        all.sort(Comparator.comparing(Takeover::requestedAt).reversed());
        return List.copyOf(all.subList(0, Math.min(limit, all.size())));
    }

    @Override
    public synchronized List<Takeover> unfinished() {
        return rows.values().stream()
                .filter(takeover -> !takeover.state().isFinal())
                .sorted(Comparator.comparing(Takeover::requestedAt))
                .toList();
    }

    @Override
    public synchronized Takeover change(TakeoverId id, UnaryOperator<Takeover> change) {
        Takeover row = rows.get(id);
        if (row == null) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "takeover " + id).asException();
        }
        Takeover changed = change.apply(row);
        rows.put(id, changed);
        return changed;
    }

    /** The database was lost. */
    synchronized void forgetAll() {
        rows.clear();
    }
}
