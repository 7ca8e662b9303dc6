package org.understudy.iscsi.initiator;

/**
 * A thread that a session needs to go on. Completions run on it, so commands that are sent there must never wait for the session.
 */
final class SessionThread extends Thread {

    SessionThread(Runnable work, String name) {
        super(work, name);
        setDaemon(true);
    }

    static boolean isCurrent() {
        return Thread.currentThread() instanceof SessionThread;
    }
}
