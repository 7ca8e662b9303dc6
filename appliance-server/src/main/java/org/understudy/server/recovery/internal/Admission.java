package org.understudy.server.recovery.internal;

import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.recovery.Takeover;

/**
 * Lets machines in one after the other: whoever looks at the room writes down what he takes of it before the next one looks.
 * Thread-safe.
 */
final class Admission {

    private final Backstage backstage;
    private final ReentrantLock door = new ReentrantLock();

    Admission(Backstage backstage) {
        this.backstage = backstage;
    }

    /** @param work looks at the room and has the book hold what it takes when it returns */
    <T> T pass(Function<Room, T> work) {
        door.lock();
        try {
            return work.apply(room());
        } finally {
            door.unlock();
        }
    }

    /** What there is now; it may be taken in the next moment. */
    Room room() {
        // The book is read first: see Room.of.
        List<Takeover> unfinished = backstage.book().unfinished();
        return Room.of(unfinished, backstage.hypervisor().capacity(), backstage.settings());
    }

    /** What a machine is called in a refusal. */
    String name(Takeover takeover) {
        try {
            return backstage.points().manifest(takeover.point()).hostName();
        } catch (ProblemException e) {
            // The pool is away; a refusal for want of memory must still say who holds it.
            return takeover.id().toString();
        }
    }
}
