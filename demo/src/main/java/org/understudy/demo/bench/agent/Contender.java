package org.understudy.demo.bench.agent;

import java.io.IOException;

/** Somebody who backs the source disk up again and again. Used by one thread. */
interface Contender {

    String name();

    /** Takes everything for the first time. Its figures are kept apart: it is not what is compared. */
    Sample first() throws IOException, InterruptedException;

    /** Takes what changed since the last time. */
    Sample increment() throws IOException, InterruptedException;

    /**
     * One backup.
     *
     * @param seconds from the request until it is whole and safe, as a clock on the wall shows it
     * @param cpuSeconds of all processes that took part
     * @param readBytes bytes read from the source device
     * @param storedBytes what had to be stored anew
     */
    record Sample(double seconds, double cpuSeconds, long readBytes, long storedBytes) {}
}
