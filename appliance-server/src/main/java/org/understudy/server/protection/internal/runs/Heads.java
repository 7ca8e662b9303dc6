package org.understudy.server.protection.internal.runs;

import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.storage.VolumeStore;

/**
 * Knows whether a host's head equals a point, and makes it so. The mark "dirty" is stored before anything may write to the head,
 * "clean" only after the pool did what makes it true; so a crash in between costs a needless rollback and never more. One run per
 * host is the only caller for that host.
 */
@Component
class Heads {

    private final HeadStateRows rows;
    private final TransactionOperations transactions;
    private final VolumeStore store;

    Heads(HeadStateRows rows, TransactionOperations transactions, VolumeStore store) {
        this.rows = rows;
        this.transactions = transactions;
        this.store = store;
    }

    /** @param base empty: all zeros */
    boolean isClean(HostId host, Optional<PointId> base) {
        return rows.findById(host.value())
                .filter(state ->
                        state.clean && Optional.ofNullable(state.pointId).equals(base.map(PointId::value)))
                .isPresent();
    }

    boolean isDirty(HostId host) {
        return rows.findById(host.value()).filter(state -> !state.clean).isPresent();
    }

    void markDirty(HostId host) {
        mark(host, false, Optional.empty());
    }

    void markClean(HostId host, Optional<PointId> base) {
        mark(host, true, base);
    }

    /** No export of the head may be open. */
    void rollBack(HostId host, Optional<PointId> base) {
        restore(host, base);
        markClean(host, base);
    }

    /** As {@link #rollBack}, but leaves the mark as it is: the caller goes on to write to the head. */
    void restore(HostId host, Optional<PointId> base) {
        // A host that was never backed up has no head that could differ from zeros.
        if (base.isPresent() || !store.volumes(host).isEmpty()) {
            store.rollback(host, base);
        }
    }

    private void mark(HostId host, boolean clean, Optional<PointId> base) {
        UUID point = base.map(PointId::value).orElse(null);
        transactions.executeWithoutResult(status -> {
            HeadStateEntity state = rows.findById(host.value()).orElseGet(() -> new HeadStateEntity(host.value()));
            state.clean = clean;
            state.pointId = point;
            rows.save(state);
        });
    }
}
