package org.understudy.privileges.daemon;

import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.privileges.clock.TrustedClock;
import org.understudy.privileges.log.CallLog;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Codec;
import org.understudy.privileges.protocol.Request;
import org.understudy.privileges.storage.StorageVerbs;

/**
 * The one way in: parses a request, asks whether this caller may, logs it, carries it out, logs the outcome. A request that cannot
 * be logged is not carried out. Thread-safe.
 */
final class Gate {

    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    private final CallLog calls;
    private final TrustedClock clock;
    private final StorageVerbs storage;
    private final AtomicLong refused = new AtomicLong();

    Gate(CallLog calls, TrustedClock clock, StorageVerbs storage) {
        this.calls = calls;
        this.clock = clock;
        this.storage = storage;
    }

    /** Never fails: what goes wrong is an answer. */
    Answer answer(Caller caller, byte[] frame) {
        Answer answer;
        try {
            answer = logged(caller, frame);
        } catch (UncheckedIOException e) {
            log.error("a call of {} was not carried out", caller, e);
            answer = Answer.Refused.of(
                    Problem.of(ProblemCode.CALL_LOG_FAILED).withDetails(String.valueOf(e.getCause())));
        }
        if (answer instanceof Answer.Refused) {
            refused.incrementAndGet();
        }
        return answer;
    }

    private Answer logged(Caller caller, byte[] frame) {
        Request request;
        try {
            request = Codec.readRequest(frame);
        } catch (ProblemException e) {
            refusal(caller, e.problem().english());
            return Answer.Refused.of(e.problem());
        }
        boolean changes = !(request instanceof Request.FindPoint || request instanceof Request.ReadStatus);
        long call = calls.append(caller.toString(), "call", Map.of("request", Codec.tree(request)), changes);
        Answer answer = outcome(caller, request);
        Map<String, Object> outcome = new LinkedHashMap<>();
        outcome.put("call", call);
        outcome.put("outcome", Codec.tree(answer));
        try {
            calls.append(caller.toString(), "outcome", outcome, false);
        } catch (UncheckedIOException e) {
            // It was done and announced; to deny it now would be a lie.
            log.error("the outcome of call {} is not in the log of calls: {}", call, Codec.text(answer), e);
        }
        return answer;
    }

    private Answer outcome(Caller caller, Request request) {
        try {
            return perform(caller, request);
        } catch (ProblemException e) {
            return Answer.Refused.of(e.problem());
        } catch (RuntimeException e) {
            log.error("{} of {}", request, caller, e);
            return Answer.Refused.of(Problem.of(ProblemCode.INTERNAL).withDetails(e.toString()));
        }
    }

    private Answer perform(Caller caller, Request request) {
        if (request instanceof Request.ReadStatus) {
            return status();
        }
        if (request instanceof Request.Storage verb && caller.role() == Caller.Role.SERVER) {
            return storage.perform(verb);
        }
        if (request instanceof Request.ConfirmClock confirm && caller.role() == Caller.Role.CONSOLE) {
            clock.confirm(Instant.ofEpochSecond(confirm.wallSeconds()));
            return new Answer.Done();
        }
        throw Problem.of(ProblemCode.ACCESS_DENIED)
                .withDetails(request.getClass().getSimpleName() + " is not for " + caller)
                .asException();
    }

    private Answer status() {
        TrustedClock.Reading now = clock.read();
        return new Answer.Status(
                now.state(),
                now.reason(),
                now.wall().getEpochSecond(),
                now.trusted().getEpochSecond(),
                refused.get());
    }

    /** Logs what never became a request: a broken frame, a foreign user. */
    void refusal(Caller caller, String why) {
        calls.append(caller.toString(), "refused", Map.of("why", why), false);
    }

    /** As {@link #refusal}, where there is nobody to be told that it could not be logged. */
    void noteRefusal(Caller caller, String why) {
        refused.incrementAndGet();
        try {
            refusal(caller, why);
        } catch (UncheckedIOException e) {
            log.error("{} was refused ({}), which is not in the log of calls", caller, why, e);
        }
    }
}
