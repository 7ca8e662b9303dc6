package org.understudy.core.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.ProblemCode;

/** What the appliance says to an agent. The appliance drives; the agent only obeys the step that it is asked for. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ServerMessage.Welcome.class, name = "welcome"),
    @JsonSubTypes.Type(value = ServerMessage.Refused.class, name = "refused"),
    @JsonSubTypes.Type(value = ServerMessage.DescribeHost.class, name = "describeHost"),
    @JsonSubTypes.Type(value = ServerMessage.BeginRun.class, name = "beginRun"),
    @JsonSubTypes.Type(value = ServerMessage.Transfer.class, name = "transfer"),
    @JsonSubTypes.Type(value = ServerMessage.LimitRate.class, name = "limitRate"),
    @JsonSubTypes.Type(value = ServerMessage.EndRun.class, name = "endRun"),
    @JsonSubTypes.Type(value = ServerMessage.CancelRun.class, name = "cancelRun"),
    @JsonSubTypes.Type(value = ServerMessage.UpgradeAgent.class, name = "upgradeAgent"),
    @JsonSubTypes.Type(value = ServerMessage.Unsupported.class, name = "unsupported")
})
public sealed interface ServerMessage {

    /**
     * The connection is accepted.
     *
     * @param protocol the version that both speak
     * @param hostId the id of this host on the appliance
     * @param pingSeconds the appliance sends a WebSocket ping this often; an agent that hears nothing for three times as long
     *     MUST drop the connection, release every run and connect anew
     */
    record Welcome(int protocol, String hostId, int pingSeconds) implements ServerMessage {}

    /** The connection is refused and will be closed; the agent logs why and tries again with its longest back-off. */
    record Refused(ProblemCode code, Map<String, String> values) implements ServerMessage {}

    /** Asks for {@link AgentMessage.HostDescription}. Changes nothing. */
    record DescribeHost(long request) implements ServerMessage {}

    /**
     * Begins a run: the agent releases any other run, runs the pre-script, finds the disks, and answers
     * {@link AgentMessage.RunBegun}.
     *
     * @param disks keys of the disks to protect
     * @param freezeLimitMillis file systems are never held frozen longer than this
     * @param scripts whether the host's pre- and post-scripts run
     */
    record BeginRun(long request, String run, List<String> disks, long freezeLimitMillis, boolean scripts)
            implements ServerMessage {}

    /** Asks the agent to write the disks to the LUNs; answered by {@link AgentMessage.TransferFinished}. */
    record Transfer(long request, String run, DataTarget target, List<LunAssignment> luns, long bytesPerSecond)
            implements ServerMessage {}

    /** Changes the rate limit of a running transfer; 0 means none. No answer. */
    record LimitRate(String run, long bytesPerSecond) implements ServerMessage {}

    /**
     * Ends a run: the agent releases its view, runs the post-script and, if a point was made, remembers it as its base;
     * answered by {@link AgentMessage.RunEnded}. Idempotent: a run that the agent does not know is ended too.
     *
     * @param committedPoint id of the recovery point that the run became, or null if the run failed
     */
    record EndRun(long request, String run, @Nullable String committedPoint) implements ServerMessage {}

    /** Stops the transfer of a run as soon as possible; the pending request is answered by {@code Failed(CANCELLED)}. */
    record CancelRun(String run) implements ServerMessage {}

    /**
     * Asks the agent to replace itself by a package that it fetches from {@code GET /agent/packages/{name}}. An agent that is
     * restarted by its new package does not answer; it says the new version in its next {@link AgentMessage.Hello}. One that goes on
     * answers {@link AgentMessage.Upgraded}, or {@link AgentMessage.Failed} if nothing was installed.
     *
     * @param packages one for each kind of host; the agent takes the one of its kind
     */
    record UpgradeAgent(long request, List<PackageFile> packages) implements ServerMessage {}

    /** Answer to a message of a type that this appliance does not know. */
    record Unsupported(String messageType) implements ServerMessage {}

    /**
     * A package of the agent.
     *
     * @param format {@code deb} or {@code rpm}
     * @param architecture as the format calls it
     * @param sha256 hexadecimal
     */
    record PackageFile(String format, String architecture, String version, String name, long bytes, String sha256) {}

    /**
     * Where the data goes.
     *
     * @param port TLS port of the iSCSI target on the appliance's address
     * @param iqn name of the target, made for this run alone
     * @param chapUser one-run user
     * @param chapSecret one-run secret
     */
    record DataTarget(int port, String iqn, String chapUser, String chapSecret) {
        @Override
        public String toString() {
            return "DataTarget[port=" + port + ", iqn=" + iqn + ", chapUser=" + chapUser + ", chapSecret=***]";
        }
    }

    /**
     * Which disk goes to which LUN.
     *
     * @param basePoint the point that the LUN's contents equal now, or null if the LUN is all zeros. The digests of the base
     *     are read from {@code GET /agent/v1/points/{basePoint}/disks/{disk}/digests} unless the agent kept them.
     * @param blockSize bytes of a block for digests and comparison
     */
    record LunAssignment(String disk, int lun, @Nullable String basePoint, int blockSize) {}
}
