package org.understudy.server.protection.internal.policies;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;
import org.understudy.server.kernel.HostId;

/**
 * What the clock-driven part remembers of each host over a restart: a run that was missed, the last one that was skipped, and
 * whether people were told that the host is stale. Thread-safe.
 */
@Component
class HostNotes {

    /** Why a scheduled run did not start. */
    enum SkipReason {
        /** Outside the policy's windows; it is not made up. */
        WINDOW,
        /** The agent is not connected; it is made up once when it connects. */
        OFFLINE,
        /** The run before still goes on. */
        RUNNING
    }

    private final HostNotesRows rows;
    private final TransactionOperations transactions;

    HostNotes(HostNotesRows rows, TransactionOperations transactions) {
        this.rows = rows;
        this.transactions = transactions;
    }

    void skipped(HostId host, Instant at, SkipReason reason) {
        change(host, notes -> {
            notes.skippedAt = at;
            notes.skipReason = reason.name();
            if (reason == SkipReason.OFFLINE) {
                notes.missedAt = at;
            }
        });
    }

    /** The instant of a missed run; it is forgotten, so it is made up once. */
    synchronized Optional<Instant> takeMissed(HostId host) {
        AtomicReference<@Nullable Instant> missed = new AtomicReference<>();
        if (rows.findById(host.value()).filter(notes -> notes.missedAt != null).isPresent()) {
            change(host, notes -> {
                missed.set(notes.missedAt);
                notes.missedAt = null;
            });
        }
        return Optional.ofNullable(missed.get());
    }

    boolean stale(HostId host) {
        return rows.findById(host.value()).map(notes -> notes.stale).orElse(false);
    }

    void stale(HostId host, boolean stale) {
        change(host, notes -> notes.stale = stale);
    }

    Optional<SkipReason> lastSkip(HostId host) {
        return rows.findById(host.value())
                .flatMap(notes -> Optional.ofNullable(notes.skipReason))
                .map(SkipReason::valueOf);
    }

    // One writer at a time: the first row of a host is made here, and two makers would collide.
    private synchronized void change(HostId host, Consumer<HostNotesEntity> change) {
        transactions.executeWithoutResult(status -> {
            HostNotesEntity notes = rows.findById(host.value()).orElseGet(() -> new HostNotesEntity(host.value()));
            change.accept(notes);
            rows.save(notes);
        });
    }
}
