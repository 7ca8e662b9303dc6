package org.understudy.agent.transfer;

import java.util.Map;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.snapshot.DiskHead;
import org.understudy.agent.snapshot.ViewReceiver;

/** Gives a view its heads and turns its steps into events. Used by one thread. */
final class HeadReceiver implements ViewReceiver {

    private final Map<String, StoredHead> heads;
    private final TransferEvents events;
    private int pass;
    private long doneBytes;
    private long totalBytes;

    HeadReceiver(Map<String, StoredHead> heads, TransferEvents events) {
        this.heads = heads;
        this.events = events;
    }

    @Override
    public DiskHead head(String disk) {
        StoredHead head = heads.get(disk);
        if (head == null) {
            throw new IllegalArgumentException("there is no head for disk " + disk);
        }
        return head;
    }

    @Override
    public void passStarted(int newPass, long newTotalBytes) {
        pass = newPass;
        doneBytes = 0;
        totalBytes = newTotalBytes;
        events.reached(RunPhase.PASS_STARTED, pass);
    }

    @Override
    public void passRead(long bytes) {
        doneBytes += bytes;
        long sent = heads.values().stream()
                .mapToLong(head -> head.counters().sent())
                .sum();
        events.progress(pass, Math.min(doneBytes, totalBytes), totalBytes, sent);
    }

    @Override
    public void frozen() {
        events.reached(RunPhase.FROZEN, pass);
    }

    @Override
    public void thawed() {
        events.reached(RunPhase.THAWED, pass);
    }
}
