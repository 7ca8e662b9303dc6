package org.understudy.iscsi.initiator;

import java.io.ByteArrayOutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;
import org.understudy.iscsi.pdu.TargetPdu.TextResponse;

/**
 * A question in text on a link, and the parts of its answer (RFC 7143 section 11.10). One question at a time. Thread-safe.
 */
final class TextQuestion {

    private static final int TAG = Integer.MAX_VALUE - 2;
    private static final int MAX_ANSWER_BYTES = 4 << 20;

    private final Link link;
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private @Nullable CompletableFuture<byte[]> answer;

    TextQuestion(Link link) {
        this.link = link;
    }

    /**
     * Sends a question; completes with the whole answer.
     *
     * @param lost says why the link is lost, null while it lives
     */
    CompletableFuture<byte[]> ask(byte[] question, Supplier<@Nullable IscsiException> lost) {
        CompletableFuture<byte[]> asked = new CompletableFuture<>();
        synchronized (this) {
            // Asked under the lock that fail() takes after the link was marked: no question is forgotten between the
            // two.
            IscsiException cause = lost.get();
            if (cause != null) {
                asked.completeExceptionally(cause);
                return asked;
            }
            if (isOpen()) {
                asked.completeExceptionally(new ProtocolViolation("a text question is open already"));
                return asked;
            }
            answer = asked;
            parts.reset();
        }
        link.sendSoon(new TextRequest(true, true, false, 0, TAG, Header.NO_TAG), question);
        return asked;
    }

    synchronized boolean isOpen() {
        return answer != null && !answer.isDone();
    }

    /** A part of the answer came. */
    void answered(TextResponse response, byte[] part) throws ProtocolViolation {
        CompletableFuture<byte[]> asked;
        byte[] whole = null;
        synchronized (this) {
            asked = answer;
            if (asked == null || parts.size() + part.length > MAX_ANSWER_BYTES) {
                throw new ProtocolViolation("text that was not asked for, or too much of it");
            }
            parts.writeBytes(part);
            if (response.isFinal()) {
                whole = parts.toByteArray();
            }
        }
        if (whole != null) {
            asked.complete(whole);
        } else {
            link.sendSoon(
                    new TextRequest(true, true, false, response.lun(), TAG, response.targetTransferTag()), new byte[0]);
        }
    }

    /** The link is lost, and the question with it. */
    void fail(IscsiException cause) {
        CompletableFuture<byte[]> asked;
        synchronized (this) {
            asked = answer;
        }
        if (asked != null) {
            asked.completeExceptionally(cause);
        }
    }
}
