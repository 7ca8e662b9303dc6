package org.understudy.core.protocol;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.ProblemCode;

/**
 * What a host may ask of its appliance about itself: HTTPS on the agent port, with the agent's certificate, which says whose
 * host it is. No request names a host.
 */
public final class OwnHost {

    /** {@code GET}: {@link Status}. */
    public static final String PATH = "/agent/v1/host";

    /** {@code POST}: asks for a run now, answered by {@link Run}; {@code GET RUNS/id}: {@link Run}. */
    public static final String RUNS = "/agent/v1/host/runs";

    private OwnHost() {}

    /**
     * The host as its appliance sees it.
     *
     * @param name the name that people gave it
     * @param connected whether the agent's control connection stands
     * @param offeredVersion version of the agent package that the appliance offers for this kind of host, or null
     * @param lastRun the newest run, or null if there was none
     */
    public record Status(
            String name,
            boolean connected,
            @Nullable String offeredVersion,
            @Nullable Run lastRun) {}

    /**
     * A backup run of the host.
     *
     * @param state name of the state, for people
     * @param ended whether the state is a final one
     * @param point the recovery point, once there is one
     * @param pass number of the pass over the disks, 0 before data flows
     * @param doneBytes bytes of the pass that were read
     * @param totalBytes bytes that the pass will read
     * @param sentBytes bytes sent since the run began
     * @param startedAt instant in ISO 8601, by the appliance's clock
     * @param code why it failed, or null
     * @param values of the failure's texts
     * @param details technical text, or null
     */
    public record Run(
            String id,
            String state,
            boolean ended,
            @Nullable String point,
            int pass,
            long doneBytes,
            long totalBytes,
            long sentBytes,
            String startedAt,
            @Nullable ProblemCode code,
            Map<String, String> values,
            @Nullable String details) {}
}
