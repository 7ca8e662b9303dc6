package org.understudy.server.alerts;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.understudy.core.problem.Problem;
import org.understudy.server.kernel.HostId;

/**
 * Something that happened, as kept for people.
 *
 * @param kind names the text in the message bundle {@code events}, with {@code values} for its placeholders
 * @param problem why, if it is a failure
 * @param acknowledged an administrator has seen it, or it was never worth one
 */
public record LoggedEvent(
        long id,
        Instant at,
        Severity severity,
        String kind,
        Optional<HostId> host,
        Map<String, String> values,
        Optional<Problem> problem,
        boolean acknowledged) {}
