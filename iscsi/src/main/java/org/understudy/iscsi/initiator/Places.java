package org.understudy.iscsi.initiator;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.initiator.Exchange.Attempt;

/**
 * The commands under way on a link and those that wait for a place among them. There are as many places as the queue depth and the
 * target's window allow. Callers wait for theirs elsewhere and are only counted here; completions must not wait, so their commands
 * do. The two take turns, lest chains that never end keep callers out. Not thread-safe: the link's lock guards it.
 */
final class Places {

    private static final int LAST_TAG = Integer.MAX_VALUE - 16;
    /** Room for an answer without data, with what the kernel adds to a small packet. */
    private static final int ANSWER_BYTES = 4096;

    private final int queueDepth;
    private final Map<Integer, Exchange> taken = new HashMap<>();
    private final Deque<Exchange> deferred = new ArrayDeque<>();

    /** CmdSN of the next command that gets a place: ahead of the outbox by those that are about to be sent. */
    private int nextCmdSn;

    private int maxCmdSn;
    private int nextTag = 1;
    private int callersWaiting;
    private boolean callersTurn;
    /** Bytes that commands carry to the target. */
    private long dataBytes;
    /** Bytes that their answers may take in our receive buffer. */
    private long answerBytes;

    Places(int queueDepth, int firstCmdSn, int maxCmdSn) {
        this.queueDepth = queueDepth;
        this.nextCmdSn = firstCmdSn;
        this.maxCmdSn = maxCmdSn;
    }

    /** The target's window allows one more command. */
    boolean windowIsOpen() {
        return nextCmdSn - maxCmdSn <= 0;
    }

    /** True if the window has become wider. */
    boolean widen(int newMaxCmdSn) {
        if (newMaxCmdSn - maxCmdSn <= 0) {
            return false;
        }
        maxCmdSn = newMaxCmdSn;
        return true;
    }

    void callerComes() {
        callersWaiting++;
    }

    /** A caller has his place, or gives up. */
    void callerGoes() {
        callersWaiting--;
        callersTurn = false;
    }

    boolean hasCallers() {
        return callersWaiting > 0;
    }

    boolean isFreeForCaller() {
        return isFree() && (deferred.isEmpty() || callersTurn);
    }

    /** Gives a place to a command of a completion; null if it has to wait, which it does from now on. */
    @Nullable
    Attempt takeOrDefer(Exchange exchange) {
        if (deferred.isEmpty() && isFreeForCompletion()) {
            callersTurn = true;
            return take(exchange);
        }
        deferred.add(exchange);
        return null;
    }

    /** The next command that waits and has a place now; it is given to it. Null if there is none. */
    @Nullable
    Exchange takeDeferred() {
        if (deferred.isEmpty() || !isFreeForCompletion()) {
            return null;
        }
        callersTurn = true;
        Exchange next = deferred.remove();
        var unused = take(next);
        return next;
    }

    /** Gives a place to a command. */
    Attempt take(Exchange exchange) {
        Attempt attempt = new Attempt(nextTag);
        exchange.attempt = attempt;
        exchange.attempts++;
        nextTag = nextTag == LAST_TAG ? 1 : nextTag + 1;
        taken.put(attempt.tag, exchange);
        nextCmdSn++;
        count(exchange, 1);
        return attempt;
    }

    /** Frees the place of a command; false if it had none. */
    boolean free(Exchange exchange, int tag) {
        boolean had = taken.remove(tag, exchange);
        if (had) {
            count(exchange, -1);
        }
        return had;
    }

    @Nullable
    Exchange find(int tag) {
        return taken.get(tag);
    }

    /** True if no command is under way. */
    boolean areEmpty() {
        return taken.isEmpty();
    }

    /** True if one command is under way. */
    boolean areOne() {
        return taken.size() == 1;
    }

    /** True if there is nothing left to do. */
    boolean areIdle() {
        return taken.isEmpty() && deferred.isEmpty();
    }

    /**
     * Whether writing cannot wait for a target that waits for somebody to read: either the socket takes all data that is under way
     * at once, or all answers have room here, so that the target goes on reading.
     */
    boolean fit(int sendRoom, int receiveRoom) {
        return dataBytes <= sendRoom || answerBytes <= receiveRoom;
    }

    /** Takes out all commands. */
    List<Exchange> clear() {
        List<Exchange> all = new ArrayList<>(taken.values());
        all.addAll(deferred);
        taken.clear();
        deferred.clear();
        dataBytes = 0;
        answerBytes = 0;
        return all;
    }

    private boolean isFree() {
        return taken.size() < queueDepth && windowIsOpen();
    }

    private boolean isFreeForCompletion() {
        return isFree() && !(callersTurn && callersWaiting > 0);
    }

    private void count(Exchange exchange, int sign) {
        int length = exchange.expectedLength();
        dataBytes += exchange.dataOut() == null ? 0 : (long) sign * length;
        answerBytes += sign * (ANSWER_BYTES + (exchange.dataIn() == null ? 0L : 2L * length));
    }
}
