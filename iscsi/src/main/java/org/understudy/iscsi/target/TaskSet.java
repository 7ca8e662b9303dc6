package org.understudy.iscsi.target;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The unfinished commands of a session in the order of arrival, and the rule by which they start: an ordered one waits for
 * all before it and holds up all after it (SAM-5 section 8.7). Thread-safe.
 */
final class TaskSet {

    private final CommandWindow window;
    private final Map<Integer, Task> tasks = new LinkedHashMap<>();
    private final List<Task> waiting = new ArrayList<>();
    private int orderedTasks;
    private boolean closed;

    TaskSet(CommandWindow window) {
        this.window = window;
    }

    synchronized int size() {
        return tasks.size();
    }

    synchronized Optional<Task> find(int tag) {
        return Optional.ofNullable(tasks.get(tag));
    }

    synchronized List<Task> matching(Predicate<Task> which) {
        return tasks.values().stream().filter(which).toList();
    }

    /** Adds a task and starts it if nothing stands in its way. */
    void add(Task task) {
        boolean start;
        synchronized (this) {
            tasks.put(task.tag(), task);
            orderedTasks += task.ordered() ? 1 : 0;
            start = !blocked(task);
            if (!start) {
                waiting.add(task);
            }
        }
        if (closed()) {
            task.abort();
        } else if (start) {
            task.start();
        }
    }

    private synchronized boolean closed() {
        return closed;
    }

    private boolean blocked(Task task) {
        boolean orderMatters = task.ordered() || orderedTasks > 0;
        if (task.headOfQueue() || !orderMatters) {
            return false;
        }
        for (Task older : tasks.values()) {
            if (older == task) {
                return false;
            }
            if (older.ordered() || task.ordered()) {
                return true;
            }
        }
        return false;
    }

    /**
     * A task answers or was aborted: it leaves the set, opens the window, and may let others start. All that is done before
     * anybody can send the answer: with the answer the initiator may use the task's tag and its place in the window again.
     *
     * @param answer enqueues the answer; must not block
     * @return tasks that the caller starts, with no lock held
     */
    synchronized List<Task> finish(Task task, Runnable answer) {
        boolean left = tasks.remove(task.tag(), task);
        if (left && task.numbered()) {
            window.finished();
        }
        answer.run();
        if (!left) {
            return List.of();
        }
        notifyAll();
        waiting.remove(task);
        orderedTasks -= task.ordered() ? 1 : 0;
        if (waiting.isEmpty()) {
            return List.of();
        }
        List<Task> ready = new ArrayList<>();
        for (Task candidate : List.copyOf(waiting)) {
            if (!blocked(candidate)) {
                waiting.remove(candidate);
                ready.add(candidate);
            }
        }
        return ready;
    }

    /**
     * Waits until no task of a kind is left.
     *
     * @param deadlineNanos on the scale of {@link System#nanoTime}
     * @return false if some are left then, or the thread was interrupted (flag kept)
     */
    synchronized boolean awaitNone(Predicate<Task> which, long deadlineNanos) {
        long left = deadlineNanos - System.nanoTime();
        try {
            while (tasks.values().stream().anyMatch(which) && left > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
                left = deadlineNanos - System.nanoTime();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return tasks.values().stream().noneMatch(which);
    }

    /** Aborts everything, and whatever is still added. */
    void close() {
        List<Task> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(tasks.values());
        }
        left.forEach(Task::abort);
    }
}
