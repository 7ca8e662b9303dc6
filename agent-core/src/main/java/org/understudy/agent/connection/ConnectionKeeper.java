package org.understudy.agent.connection;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.run.RunLoop;
import org.understudy.agent.upgrade.PackageUpgrade;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage;

/**
 * Keeps the agent connected: makes the connection, makes it anew with growing pauses when it is lost, and releases every run in between.
 * Trouble is explained in the log when it begins and when it changes, not at each attempt.
 */
public final class ConnectionKeeper implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ConnectionKeeper.class);

    /** A connection that stood for so long was good: the next one is tried at once. */
    private static final Duration GOOD = Duration.ofSeconds(30);

    private final ApplianceHttp http;
    private final RunLoop runs;
    private final PackageUpgrade upgrade;
    private final AgentMessage.Hello hello;
    private final Runnable welcomed;
    private final Backoff backoff;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    private boolean closed;
    private @Nullable Thread runner;
    private @Nullable Problem explained;

    /**
     * @param http the way to the appliance, with the agent's certificate
     * @param runs gets the messages
     * @param upgrade gets those about the agent's own package
     * @param hello the greeting
     * @param welcomed called at each accepted connection
     */
    public ConnectionKeeper(
            ApplianceHttp http, RunLoop runs, PackageUpgrade upgrade, AgentMessage.Hello hello, Runnable welcomed) {
        this.http = http;
        this.runs = runs;
        this.upgrade = upgrade;
        this.hello = hello;
        this.welcomed = welcomed;
        backoff = new Backoff(RandomGenerator.getDefault());
    }

    /** Keeps the connection until {@link #close}. */
    public void run() {
        lock.lock();
        try {
            runner = Thread.currentThread();
        } finally {
            lock.unlock();
        }
        try {
            while (!isClosed()) {
                Duration pause = connectOnce();
                pause(pause);
            }
        } catch (InterruptedException e) {
            if (!isClosed()) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** One connection from beginning to end; returns how long to wait before the next. */
    private Duration connectOnce() throws InterruptedException {
        long started = System.nanoTime();
        boolean refused = false;
        try {
            new ControlSession(runs, upgrade, this::onWelcome).run(http.client(), http.server(), hello);
            explain(Problem.of(
                            ProblemCode.APPLIANCE_UNREACHABLE,
                            "server",
                            http.server().toString())
                    .withDetails("the appliance closed the connection"));
        } catch (ControlSession.RefusedException e) {
            refused = true;
            explain(e.problem());
        } catch (ProblemException e) {
            explain(e.problem());
        } finally {
            runs.release(Problem.of(ProblemCode.AGENT_CONNECTION_LOST, "host", hello.hostName()));
        }
        if (refused) {
            return backoff.longest();
        }
        if (System.nanoTime() - started > GOOD.toNanos()) {
            backoff.reset();
        }
        return backoff.next();
    }

    private void onWelcome() {
        explained = null;
        log.info("connected to the appliance at {}", http.server());
        welcomed.run();
    }

    private void explain(Problem problem) {
        Problem before = explained;
        if (before != null && before.code() == problem.code() && before.values().equals(problem.values())) {
            log.debug("still: {}", problem.details());
            return;
        }
        explained = problem;
        log.warn("{}", problem.english());
    }

    private void pause(Duration duration) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = duration.toNanos();
            while (!closed && left > 0) {
                left = closing.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the connection and {@link #run}; returns at once. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            closing.signalAll();
            Thread thread = runner;
            if (thread != null) {
                thread.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }
}
