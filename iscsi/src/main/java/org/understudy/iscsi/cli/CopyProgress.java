package org.understudy.iscsi.cli;

import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** Shows how far a copy is, at most once a second. */
final class CopyProgress implements LongConsumer {

    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final PrintWriter out;
    private final long totalBytes;
    private final LongSupplier nanoTime;
    private final boolean sameLine;
    private final long startedNanos;
    private long shownNanos;
    private boolean shown;

    /**
     * @param sameLine a terminal: every line takes the place of the one before
     */
    CopyProgress(PrintWriter out, long totalBytes, LongSupplier nanoTime, boolean sameLine) {
        this.out = out;
        this.totalBytes = totalBytes;
        this.nanoTime = nanoTime;
        this.sameLine = sameLine;
        this.startedNanos = nanoTime.getAsLong();
        this.shownNanos = startedNanos;
    }

    @Override
    public void accept(long doneBytes) {
        long now = nanoTime.getAsLong();
        if (now - shownNanos < INTERVAL_NANOS) {
            return;
        }
        shownNanos = now;
        shown = true;
        double seconds = (now - startedNanos) / 1e9;
        out.printf(
                "%s%3d %%  %d of %d MiB  %.0f MB/s%s",
                sameLine ? "\r" : "",
                totalBytes == 0 ? 100 : doneBytes * 100 / totalBytes,
                doneBytes >> 20,
                totalBytes >> 20,
                doneBytes / seconds / 1e6,
                sameLine ? "   " : System.lineSeparator());
        out.flush();
    }

    /** What follows begins on a line of its own. */
    void done() {
        if (shown && sameLine) {
            out.println();
            out.flush();
        }
    }
}
