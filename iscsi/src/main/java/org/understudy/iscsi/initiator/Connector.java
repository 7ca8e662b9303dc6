package org.understudy.iscsi.initiator;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.LoginRefused;
import org.understudy.iscsi.IscsiException.LunChanged;
import org.understudy.iscsi.IscsiException.OutcomeUnknown;

/**
 * Keeps a session connected: holds the present {@link Link}, and when that is lost makes the next one and sends again what was
 * not answered. States: connected, reconnecting (commands wait), ended (commands fail). One thread at a time reconnects; it ends
 * when everything was sent again. Thread-safe.
 */
final class Connector implements Link.Owner {

    private static final Logger log = LoggerFactory.getLogger(Connector.class);

    private final SessionConfig config;
    private final long isid;
    private final Check check;
    private final Deque<Exchange> unfinished = new ArrayDeque<>();
    private @Nullable Link link;
    private @Nullable Link candidate;
    private @Nullable IscsiException ended;
    private @Nullable Thread worker;
    private final List<Link> dying = new ArrayList<>();
    private boolean closing;
    private long lostNanos;
    private int reconnects;

    /** What must hold before a new link may be used. */
    @FunctionalInterface
    interface Check {
        void verify(Link fresh) throws IscsiException;
    }

    Connector(SessionConfig config, long isid, Check check) {
        this.config = config;
        this.isid = isid;
        this.check = check;
    }

    /** The first login. Failures are the caller's. */
    void connect() throws IscsiException {
        Link fresh = Link.open(config, config.timeout(), false, isid, this);
        synchronized (this) {
            link = fresh;
        }
        // It may have been lost before it was known here.
        fresh.reportIfLost();
    }

    /** Sends a command; blocks while the window is full or the session reconnects, but never in a completion. */
    void submit(Exchange exchange) throws IscsiException {
        @Nullable Link present = linkFor(exchange, null);
        while (present != null && !present.submit(exchange)) {
            present = linkFor(exchange, present);
        }
    }

    /**
     * The link to use; null if the command goes with the unfinished: a session that reconnects waits for its own threads to end, so
     * they must not wait for it.
     */
    private synchronized @Nullable Link linkFor(Exchange exchange, @Nullable Link useless) throws IscsiException {
        if (SessionThread.isCurrent() && ended == null && !closing && (link == null || link == useless)) {
            unfinished.add(exchange);
            work();
            return null;
        }
        return awaitLink(useless);
    }

    /** Declares another MaxRecvDataSegmentLength for the present connection; a later one starts with the usual. */
    CompletableFuture<Void> declareSegmentBytes(int bytes) throws IscsiException {
        return awaitLink(null).declareSegmentBytes(bytes);
    }

    /**
     * The present link, waiting for one if need be.
     *
     * @param useless a link that was found to be lost, or null
     */
    private synchronized Link awaitLink(@Nullable Link useless) throws IscsiException {
        try {
            while (ended == null && !closing && (link == null || link == useless)) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted while the session reconnects", e);
        }
        if (ended != null) {
            throw new ConnectionLost("connection to " + config.address() + " is lost: " + ended.getMessage(), ended);
        }
        if (closing || link == null) {
            throw sessionClosed();
        }
        return link;
    }

    /** Reconnects that succeeded. */
    synchronized int reconnects() {
        return reconnects;
    }

    @Override
    public void lost(Link from, IscsiException cause, List<Exchange> exchanges) {
        List<Runnable> failures = new ArrayList<>();
        synchronized (this) {
            boolean ours = from == link || from == candidate;
            if (ours && link == from) {
                lostNanos = System.nanoTime();
            }
            if (ours) {
                link = null;
                candidate = null;
                dying.add(from);
            }
            boolean hopeless = ended != null || config.reconnect().isEmpty();
            for (Exchange exchange : exchanges) {
                keepOrFail(exchange, cause, hopeless, failures);
            }
            if (ours && hopeless && ended == null) {
                ended = cause;
            }
            if (ended == null && (ours || !unfinished.isEmpty())) {
                log.info(
                        "connection to {} is lost, {} commands wait: {}",
                        config.address(),
                        unfinished.size(),
                        cause.getMessage());
                work();
            }
            notifyAll();
        }
        failures.forEach(Runnable::run);
    }

    private void keepOrFail(Exchange exchange, IscsiException cause, boolean hopeless, List<Runnable> failures) {
        boolean worn = ++exchange.resends
                > config.reconnect().map(Reconnect::maxAttempts).orElse(0);
        if (!hopeless && !worn && exchange.whenLost() == Exchange.WhenLost.SEND_AGAIN) {
            unfinished.add(exchange);
            return;
        }
        IscsiException failure = !hopeless && exchange.whenLost() == Exchange.WhenLost.OUTCOME_UNKNOWN
                ? new OutcomeUnknown(exchange.name(), cause)
                : lossOf(exchange, cause);
        failures.add(() -> exchange.result().completeExceptionally(failure));
    }

    private static ConnectionLost lossOf(Exchange exchange, IscsiException cause) {
        return new ConnectionLost(exchange.name() + ": connection lost: " + cause.getMessage(), cause);
    }

    private void work() {
        if (worker == null) {
            worker = new SessionThread(this::recover, "iscsi-initiator-reconnect");
            worker.start();
        }
    }

    /** The reconnecting thread: links are made and commands sent again until both are done, or it is hopeless. */
    private void recover() {
        try {
            while (true) {
                Link present;
                Exchange next;
                synchronized (this) {
                    present = link;
                    next = present == null ? null : unfinished.peek();
                    if (ended != null) {
                        throw ended;
                    }
                    if (present != null && next == null) {
                        worker = null;
                        notifyAll();
                        return;
                    }
                }
                if (present == null) {
                    reconnect(config.reconnect().orElseThrow());
                } else if (next != null) {
                    sendAgain(present, next);
                }
            }
        } catch (IscsiException e) {
            end(e);
        } catch (RuntimeException | Error e) {
            log.error("defect while reconnecting", e);
            end(new ConnectionLost("defect while reconnecting", e));
        }
    }

    private void sendAgain(Link present, Exchange next) throws IscsiException {
        synchronized (this) {
            unfinished.remove(next);
        }
        next.firstSentNanos = System.nanoTime();
        if (!present.submit(next)) {
            synchronized (this) {
                unfinished.addFirst(next);
            }
            awaitLoss(present);
        }
    }

    /** A link that refuses commands is about to tell of its loss. */
    private synchronized void awaitLoss(Link refusing) throws IscsiException {
        try {
            while (link == refusing) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted while the session reconnects", e);
        }
    }

    /** Buffers of commands may be touched again only when the threads of the link that had them are done. */
    private void awaitTheDying() {
        List<Link> lostLinks;
        synchronized (this) {
            lostLinks = List.copyOf(dying);
            dying.clear();
        }
        lostLinks.forEach(Link::awaitEnd);
    }

    private void reconnect(Reconnect policy) throws IscsiException {
        awaitTheDying();
        IscsiException last = new ConnectionLost("no attempt was made");
        for (int attempt = 1; attempt <= policy.maxAttempts(); attempt++) {
            Duration left = policy.limit().minusNanos(System.nanoTime() - lostSince());
            Duration delay = policy.delayBefore(attempt);
            if ((attempt > 1 && delay.compareTo(left) >= 0) || !pause(delay)) {
                break;
            }
            @Nullable Link fresh = null;
            try {
                fresh = Link.open(config, loginLimit(left), false, isid, this);
                if (accept(fresh)) {
                    return;
                }
            } catch (LoginRefused e) {
                if (!mayPass(e)) {
                    throw e;
                }
                last = e;
            } catch (IscsiException e) {
                if (fresh != null) {
                    fresh.fail(e);
                }
                if (e instanceof LunChanged) {
                    throw e;
                }
                last = e;
            }
            awaitTheDying();
            log.debug("attempt {} to reach {} again failed: {}", attempt, config.address(), last.getMessage());
        }
        throw new ConnectionLost(
                "no session with " + config.targetName() + " within " + policy.limit() + " after the loss: "
                        + last.getMessage(),
                last);
    }

    private synchronized long lostSince() {
        return lostNanos;
    }

    /** A login must not take longer than what is left, but a second is always given. */
    private Duration loginLimit(Duration left) {
        Duration least = Duration.ofSeconds(1);
        Duration most = left.compareTo(least) < 0 ? least : left;
        return most.compareTo(config.timeout()) < 0 ? most : config.timeout();
    }

    /** Verifies a link and makes it the present one; false if it was lost meanwhile. */
    private boolean accept(Link fresh) throws IscsiException {
        synchronized (this) {
            if (ended != null) {
                throw sessionClosed();
            }
            candidate = fresh;
        }
        fresh.reportIfLost();
        check.verify(fresh);
        synchronized (this) {
            if (candidate != fresh) {
                return false;
            }
            if (ended != null) {
                throw sessionClosed();
            }
            candidate = null;
            link = fresh;
            reconnects++;
            log.info("session with {} lives again, {} commands are sent again", config.targetName(), unfinished.size());
            notifyAll();
            return true;
        }
    }

    /** Waits before an attempt; false if the session was ended. */
    private synchronized boolean pause(Duration delay) {
        long until = System.nanoTime() + delay.toNanos();
        try {
            long left = delay.toNanos();
            while (left > 0 && ended == null) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
                left = until - System.nanoTime();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return ended == null;
    }

    /** Refusals that a target gives while it comes up or is short of something; others are the same the next time. */
    private static boolean mayPass(LoginRefused refusal) {
        return refusal.statusClass() == 3 || refusal.status() == 0x0203 || refusal.status() == 0x0206;
    }

    private void end(IscsiException cause) {
        List<Exchange> left;
        synchronized (this) {
            if (ended == null) {
                ended = cause;
            }
            worker = null;
            left = new ArrayList<>(unfinished);
            unfinished.clear();
            notifyAll();
        }
        log.info("session with {} is lost: {}", config.targetName(), cause.getMessage());
        left.forEach(exchange -> exchange.result().completeExceptionally(lossOf(exchange, cause)));
    }

    /** Waits for what is under way, be it by a reconnect, logs out and ends. A reconnect that nobody waits for is given up. */
    void close() {
        synchronized (this) {
            closing = true;
            notifyAll();
        }
        Link present = settled();
        while (present != null && !present.close()) {
            present = settled();
        }
        synchronized (this) {
            if (ended == null) {
                ended = sessionClosed();
            }
            notifyAll();
        }
    }

    /** The link, once nobody sends anything again; null when the session has ended. */
    private synchronized @Nullable Link settled() {
        try {
            while (ended == null && worker != null && (link != null || !unfinished.isEmpty())) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended = ended == null ? sessionClosed() : ended;
        }
        Link present = link;
        if (present == null && ended == null) {
            ended = sessionClosed();
            notifyAll();
        }
        return present;
    }

    private static ConnectionLost sessionClosed() {
        return new ConnectionLost("session is closed");
    }
}
