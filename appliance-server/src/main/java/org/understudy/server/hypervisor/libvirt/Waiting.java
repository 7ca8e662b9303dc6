package org.understudy.server.hypervisor.libvirt;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** Awaits conditions of other processes, which nothing signals. */
final class Waiting {

    private Waiting() {}

    /**
     * @return whether the condition held within the limit
     * @throws org.understudy.core.problem.ProblemException {@code CANCELLED} if the thread was interrupted
     */
    static boolean until(BooleanSupplier condition, Duration limit, Duration pause) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw Problem.of(ProblemCode.CANCELLED, "what", "a wait for the hypervisor")
                        .asException();
            }
            LockSupport.parkNanos(pause.toNanos());
        }
        return true;
    }
}
