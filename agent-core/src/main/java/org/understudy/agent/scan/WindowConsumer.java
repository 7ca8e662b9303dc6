package org.understudy.agent.scan;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Takes the windows of a scan in ascending order, on the thread that called the scan. */
@FunctionalInterface
public interface WindowConsumer {

    /** Deals with a window; its buffer is used again when the returned future completes, in whatever way. */
    CompletableFuture<Void> accept(ScannedWindow window) throws IOException;
}
