package org.understudy.server.recovery.internal;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.State;

/** The rows in PostgreSQL. A unique index holds that a host has one takeover in production at a time. */
class StoredTakeoverBook implements TakeoverBook {

    private static final String ONE_PER_HOST = "takeover_one_per_host";
    private static final Set<State> FINAL = Set.of(State.DONE, State.FAILED);

    private final TakeoverRows rows;
    private final TransactionTemplate transaction;
    private final TransactionTemplate reading;

    StoredTakeoverBook(TakeoverRows rows, PlatformTransactionManager transactions) {
        this.rows = rows;
        this.transaction = new TransactionTemplate(transactions);
        this.reading = new TransactionTemplate(transactions);
        this.reading.setReadOnly(true);
    }

    @Override
    public void open(Takeover takeover) {
        try {
            transaction.executeWithoutResult(status -> rows.saveAndFlush(new TakeoverRow(takeover)));
        } catch (DataIntegrityViolationException e) {
            if (String.valueOf(e.getMessage()).contains(ONE_PER_HOST)) {
                throw Problem.of(
                                ProblemCode.TAKEOVER_EXISTS,
                                "host",
                                takeover.host().toString())
                        .asException(e);
            }
            throw e;
        }
    }

    @Override
    public Optional<Takeover> find(TakeoverId id) {
        return read(() -> rows.findById(id.value()).map(TakeoverRow::toTakeover));
    }

    @Override
    public List<Takeover> newest(int limit) {
        return read(() ->
                rows.findAllByOrderByRequestedAtDescIdDesc(org.springframework.data.domain.Limit.of(limit)).stream()
                        .map(TakeoverRow::toTakeover)
                        .toList());
    }

    @Override
    public List<Takeover> unfinished() {
        return read(() -> rows.findByStateNotInOrderByRequestedAtAscIdAsc(FINAL).stream()
                .map(TakeoverRow::toTakeover)
                .toList());
    }

    @Override
    public Takeover change(TakeoverId id, UnaryOperator<Takeover> change) {
        Takeover changed = transaction.execute(status -> {
            TakeoverRow row = rows.lock(id.value())
                    .orElseThrow(() -> Problem.of(ProblemCode.NOT_FOUND, "what", "takeover " + id)
                            .asException());
            Takeover next = change.apply(row.toTakeover());
            row.update(next);
            rows.saveAndFlush(row);
            return next;
        });
        if (changed == null) {
            throw new IllegalStateException("a change without a result");
        }
        return changed;
    }

    private <T> T read(java.util.function.Supplier<T> query) {
        T found = reading.execute(status -> query.get());
        if (found == null) {
            throw new IllegalStateException("a query without a result");
        }
        return found;
    }
}
