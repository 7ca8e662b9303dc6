package org.understudy.server.recovery.internal;

import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.understudy.core.problem.ProblemException;

/**
 * Takes up what an earlier server left, before requests are served, and lets go of it when this server ends. Whatever needs the
 * hypervisor or the pool is done in the background, as long as it takes.
 */
class TakeoverLifecycle implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(TakeoverLifecycle.class);

    private final TakeoverDirector director;
    private final Backstage backstage;
    private final CountDownLatch ending = new CountDownLatch(1);
    private volatile boolean running;

    TakeoverLifecycle(TakeoverDirector director, Backstage backstage) {
        this.director = director;
        this.backstage = backstage;
    }

    TakeoverDirector director() {
        return director;
    }

    @Override
    public void start() {
        running = true;
        director.takeUpAll();
        Thread.ofVirtual().name("takeover-leftovers").start(this::sweep);
    }

    private void sweep() {
        Leftovers leftovers = new Leftovers(backstage, director::takeUp);
        try {
            new Patience(ending).untilDone("search for leftovers of takeovers", () -> {
                leftovers.sweep();
                return true;
            });
        } catch (ProblemException e) {
            log.debug("the search for leftovers was given up: {}", e.getMessage());
        }
    }

    @Override
    public void stop() {
        running = false;
        ending.countDown();
        director.end();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the web server, which begins at the highest phases. */
    @Override
    public int getPhase() {
        return 0;
    }
}
