package org.understudy.server.protection.internal.runs;

import java.time.Clock;
import java.time.Duration;
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
public class RunHistory {

    private static final Logger log = LoggerFactory.getLogger(RunHistory.class);

    private static final Duration ALL_OF = Duration.ofDays(1);
    private static final int NEWEST = 1000;

    private final RunRows rows;
    private final TransactionOperations transactions;
    private final Clock clock;

    RunHistory(RunRows rows, TransactionOperations transactions, Clock clock) {
        this.rows = rows;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** Forgets old runs of the host. */
    public void thin(HostId host) {
        Integer gone = transactions.execute(
                status -> rows.deleteOld(host.value(), clock.instant().minus(ALL_OF), NEWEST));
        if (gone != null && gone > 0) {
            log.debug("{} old runs of host {} were forgotten", gone, host);
        }
    }
}
