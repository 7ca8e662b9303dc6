package org.understudy.server.fleet.enrolment;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.stereotype.Component;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * Locks an address out after five failed enrolments, for one second first and twice as long after each further failure, at most
 * 15 minutes. Failures are forgotten after an hour. An IPv6 address counts by its /64, which is what one machine may choose
 * from. In memory: a restart forgives, and guessing 256 random bits stays hopeless. Thread-safe.
 */
@Component
public class EnrolmentThrottle {

    private static final int FREE_FAILURES = 5;
    private static final Duration LONGEST_LOCK = Duration.ofMinutes(15);
    private static final Duration MEMORY = Duration.ofHours(1);
    private static final int MOST_ADDRESSES = 10_000;
    private static final int IPV6_NETWORK_BYTES = 8;

    private record Failures(int count, Instant last, Instant lockedUntil) {}

    private final Clock clock;
    // Guarded by this. In order of the last failure; the oldest is dropped when there are too many.
    private final Map<String, Failures> byAddress = new LinkedHashMap<>();

    public EnrolmentThrottle(Clock clock) {
        this.clock = clock;
    }

    /** @throws org.understudy.core.problem.ProblemException {@code ENROLMENT_LOCKED} with {@code seconds} to wait */
    synchronized void check(String address) {
        Failures failures = byAddress.get(key(address));
        Instant now = clock.instant();
        if (failures != null && now.isBefore(failures.lockedUntil())) {
            long seconds =
                    Math.max(1, Duration.between(now, failures.lockedUntil()).toSeconds());
            throw Problem.of(ProblemCode.ENROLMENT_LOCKED, "seconds", Long.toString(seconds))
                    .asException();
        }
    }

    synchronized void failed(String address) {
        String key = key(address);
        Instant now = clock.instant();
        Failures before = byAddress.remove(key);
        int count = before == null || before.last().plus(MEMORY).isBefore(now) ? 1 : before.count() + 1;
        byAddress.put(key, new Failures(count, now, now.plus(lock(count))));
        if (byAddress.size() > MOST_ADDRESSES) {
            byAddress.remove(byAddress.keySet().iterator().next());
        }
    }

    synchronized void succeeded(String address) {
        byAddress.remove(key(address));
    }

    private static Duration lock(int failures) {
        if (failures < FREE_FAILURES) {
            return Duration.ZERO;
        }
        int doublings = Math.min(failures - FREE_FAILURES, 20);
        Duration lock = Duration.ofSeconds(1L << doublings);
        return lock.compareTo(LONGEST_LOCK) > 0 ? LONGEST_LOCK : lock;
    }

    private static String key(String address) {
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return HexFormat.of()
                    .formatHex(bytes.length > IPV6_NETWORK_BYTES ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes);
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
