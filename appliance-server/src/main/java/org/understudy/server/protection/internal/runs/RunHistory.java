package org.understudy.server.protection.internal.runs;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionOperations;
import org.understudy.server.kernel.HostId;

/**
 * Thins the history of runs: of each host stay those of the last day and the newest thousand, whatever is more. A run each 5 s would
 * fill the database otherwise. Thread-safe.
 */
@Component
class RunHistory {

    private static final Logger log = LoggerFactory.getLogger(RunHistory.class);

    private static final Duration ALL_OF = Duration.ofDays(1);
    private static final int NEWEST = 1000;
    private static final Duration PAUSE = Duration.ofMinutes(10);

    private final RunRows rows;
    private final TransactionOperations transactions;
    private final Clock clock;
    private final Map<HostId, Instant> thinned = new ConcurrentHashMap<>();

    RunHistory(RunRows rows, TransactionOperations transactions, Clock clock) {
        this.rows = rows;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** Forgets old runs of the host, if that was not done lately. */
    void thin(HostId host) {
        Instant now = clock.instant();
        Instant before = thinned.put(host, now);
        if (before != null && now.isBefore(before.plus(PAUSE))) {
            thinned.put(host, before);
            return;
        }
        Integer gone = transactions.execute(status -> rows.deleteOld(host.value(), now.minus(ALL_OF), NEWEST));
        if (gone != null && gone > 0) {
            log.debug("{} old runs of host {} were forgotten", gone, host);
        }
    }
}
