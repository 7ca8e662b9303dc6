package org.understudy.server.protection.internal.runs;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/** A fixed number of places, given in the order in which they were asked for. Thread-safe. */
final class RunSlots {

    private final Deque<CompletableFuture<Slot>> waiting = new ArrayDeque<>();
    private int free;

    /** A place; closing it gives it to the next. Closing twice does nothing. */
    final class Slot implements AutoCloseable {
        private boolean closed;

        @Override
        public void close() {
            CompletableFuture<Slot> next;
            synchronized (RunSlots.this) {
                if (closed) {
                    return;
                }
                closed = true;
                next = waiting.poll();
                if (next == null) {
                    free++;
                    return;
                }
            }
            next.complete(new Slot());
        }
    }

    RunSlots(int places) {
        free = places;
    }

    /** Completes when there is a place. Who no longer wants it calls {@link #withdraw}. */
    synchronized CompletableFuture<Slot> request() {
        CompletableFuture<Slot> request = new CompletableFuture<>();
        if (free > 0) {
            free--;
            request.complete(new Slot());
        } else {
            waiting.add(request);
        }
        return request;
    }

    void withdraw(CompletableFuture<Slot> request) {
        synchronized (this) {
            if (waiting.remove(request)) {
                return;
            }
        }
        request.thenAccept(Slot::close).join();
    }
}
