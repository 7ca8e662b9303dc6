package org.understudy.server.recovery.internal;

import java.util.ArrayList;
import java.util.List;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeovers;

/** Refuses requests that no appliance could carry out, with every fault named. */
final class RequestCheck {

    private static final int MAX_PROBES = 32;
    private static final int MAX_PATH = 2000;
    private static final int MAX_EXPECT = 1000;

    private RequestCheck() {}

    static void check(Takeovers.Request request) {
        List<String> faults = new ArrayList<>();
        if (request.cpus().isPresent()
                && (request.cpus().getAsInt() < 1 || request.cpus().getAsInt() > 255)) {
            faults.add("cpus must be from 1 to 255");
        }
        if (request.memoryBytes().isPresent() && request.memoryBytes().getAsLong() < Sizing.LEAST_BYTES) {
            faults.add("memory must be at least " + new ByteSize(Sizing.LEAST_BYTES));
        }
        if (request.probes().size() > MAX_PROBES) {
            faults.add("at most " + MAX_PROBES + " probes");
        }
        for (Probe probe : request.probes()) {
            if (probe.port() < 1 || probe.port() > 65535) {
                faults.add("port " + probe.port() + " is not from 1 to 65535");
            }
            if (probe instanceof Probe.Http http) {
                // What is sent to the guest as a line must be one line.
                if (!http.path().matches("/[\\x21-\\x7e]*") || http.path().length() > MAX_PATH) {
                    faults.add("an HTTP path must begin with / and hold no blanks or control characters");
                }
                if (http.expect()
                        .filter(text -> text.isEmpty() || text.length() > MAX_EXPECT || text.indexOf('\0') >= 0)
                        .isPresent()) {
                    faults.add("an expected text must have 1 to " + MAX_EXPECT + " characters");
                }
            }
        }
        if (!faults.isEmpty()) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", String.join("; ", faults))
                    .asException();
        }
    }
}
