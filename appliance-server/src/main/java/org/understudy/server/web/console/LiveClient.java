package org.understudy.server.web.console;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import tools.jackson.databind.json.JsonMapper;

/**
 * One open page. Publishers only put messages into a bounded, merging queue and never wait; one virtual thread per client
 * writes. A client that does not keep up is cut off and comes back by itself, reading the present state.
 */
final class LiveClient {

    static final int MOST_WAITING = 256;
    static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(LiveClient.class);
    private static final long RECONNECT_MILLIS = 2000;
    /** After this the page comes back, so that a session that ended is noticed. */
    private static final Duration LIFE = Duration.ofMinutes(10);

    private final SseEmitter emitter;
    private final Phrases phrases;
    private final JsonMapper json;
    private final Runnable onEnd;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition something = lock.newCondition();
    private final Map<String, LiveMessage> waiting = new LinkedHashMap<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final long endOfLife = System.nanoTime() + LIFE.toNanos();
    private long sequence;
    private boolean ended;

    LiveClient(SseEmitter emitter, Phrases phrases, JsonMapper json, Runnable onEnd) {
        this.emitter = emitter;
        this.phrases = phrases;
        this.json = json;
        this.onEnd = onEnd;
    }

    void start() {
        emitter.onCompletion(this::end);
        emitter.onError(failure -> end());
        Thread.ofVirtual().name("live-client").start(this::write);
    }

    /** Queues a message; ends the client if too much waits already. */
    void offer(LiveMessage message) {
        lock.lock();
        try {
            String key = message.mergeKey().orElseGet(() -> "#" + sequence++);
            waiting.remove(key);
            waiting.put(key, message);
            if (waiting.size() > MOST_WAITING) {
                ended = true;
            }
            something.signal();
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            ended = true;
            something.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the last write is over, or for {@code patience}. */
    boolean awaitEnd(Duration patience) throws InterruptedException {
        return over.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void write() {
        try {
            emitter.send(SseEmitter.event()
                    .reconnectTime(RECONNECT_MILLIS)
                    .name("hello")
                    .data("{}"));
            while (true) {
                List<LiveMessage> batch = next();
                if (batch == null) {
                    break;
                }
                if (batch.isEmpty()) {
                    emitter.send(SseEmitter.event().comment("alive"));
                }
                for (LiveMessage message : batch) {
                    Map<String, Object> data =
                            new LinkedHashMap<>(message.words().apply(phrases));
                    data.put("topics", message.topics());
                    emitter.send(SseEmitter.event().name(message.kind()).data(json.writeValueAsString(data)));
                }
            }
            emitter.complete();
        } catch (IOException | IllegalStateException e) {
            LOG.debug("A page closed its stream: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
            onEnd.run();
            over.countDown();
        }
    }

    /** What waits now; empty after a quiet time; null when it is over. */
    private @org.jspecify.annotations.Nullable List<LiveMessage> next() throws InterruptedException {
        lock.lock();
        try {
            long left = HEARTBEAT.toNanos();
            while (waiting.isEmpty() && !ended && left > 0) {
                left = something.awaitNanos(left);
            }
            if (ended || System.nanoTime() - endOfLife > 0) {
                return null;
            }
            List<LiveMessage> batch = new ArrayList<>(waiting.values());
            waiting.clear();
            return batch;
        } finally {
            lock.unlock();
        }
    }
}
