package org.understudy.iscsi.target;

import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.target.RefusedLogin.Reason;

/** Counts refused logins and passes them on to the listener. Thread-safe. */
final class Refusals {

    private static final Logger log = LoggerFactory.getLogger(Refusals.class);

    private final LoginListener listener;
    private final Clock clock;
    private final AtomicLongArray counts = new AtomicLongArray(Reason.values().length);

    Refusals(LoginListener listener, Clock clock) {
        this.listener = listener;
        this.clock = clock;
    }

    void refused(InetSocketAddress peer, String initiatorName, String targetName, Reason reason, String detail) {
        counts.incrementAndGet(reason.ordinal());
        log.info("login of {} from {} refused: {}", initiatorName.isEmpty() ? "?" : initiatorName, peer, detail);
        try {
            listener.refused(new RefusedLogin(clock.instant(), peer, initiatorName, targetName, reason, detail));
        } catch (RuntimeException e) {
            log.error("the listener for refused logins failed", e);
        }
    }

    Map<Reason, Long> counts() {
        Map<Reason, Long> result = new EnumMap<>(Reason.class);
        for (Reason reason : Reason.values()) {
            result.put(reason, counts.get(reason.ordinal()));
        }
        return result;
    }
}
