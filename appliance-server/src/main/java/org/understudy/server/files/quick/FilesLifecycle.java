package org.understudy.server.files.quick;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.springframework.context.SmartLifecycle;
import org.understudy.server.files.PointFileSystems;

/** Looks for what an earlier server left and for points that nobody reads, now and then, and closes all when this server ends. */
class FilesLifecycle implements SmartLifecycle {

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final QuickFileSystems fileSystems;
    private final Duration pause;
    private final CountDownLatch ending = new CountDownLatch(1);
    private volatile boolean running;

    FilesLifecycle(QuickFileSystems fileSystems, Duration idleLimit) {
        this.fileSystems = fileSystems;
        Duration quarter = idleLimit.dividedBy(4);
        this.pause = quarter.compareTo(LONGEST_PAUSE) < 0 ? quarter : LONGEST_PAUSE;
    }

    PointFileSystems fileSystems() {
        return fileSystems;
    }

    @Override
    public void start() {
        running = true;
        Thread.ofVirtual().name("files-tidy").start(this::look);
    }

    private void look() {
        try {
            do {
                fileSystems.tidy();
            } while (!ending.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void stop() {
        running = false;
        ending.countDown();
        fileSystems.closeAll();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Before the web server, which begins at the highest phases, and so closed after it. */
    @Override
    public int getPhase() {
        return 0;
    }
}
