package org.understudy.core.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.ProblemCode;

/**
 * What an agent says to the appliance. An agent never names a time, a target or a point of its own choice; fields that the
 * appliance does not know are ignored. Answers carry the {@code request} number of the {@link ServerMessage} they answer.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = AgentMessage.Hello.class, name = "hello"),
    @JsonSubTypes.Type(value = AgentMessage.HostDescription.class, name = "hostDescription"),
    @JsonSubTypes.Type(value = AgentMessage.RunBegun.class, name = "runBegun"),
    @JsonSubTypes.Type(value = AgentMessage.Progress.class, name = "progress"),
    @JsonSubTypes.Type(value = AgentMessage.TransferFinished.class, name = "transferFinished"),
    @JsonSubTypes.Type(value = AgentMessage.RunEnded.class, name = "runEnded"),
    @JsonSubTypes.Type(value = AgentMessage.Upgraded.class, name = "upgraded"),
    @JsonSubTypes.Type(value = AgentMessage.Failed.class, name = "failed"),
    @JsonSubTypes.Type(value = AgentMessage.Unsupported.class, name = "unsupported")
})
public sealed interface AgentMessage {

    /** First frame of every connection; the appliance MUST answer {@link ServerMessage.Welcome} or {@link ServerMessage.Refused}. */
    record Hello(
            int protocolMin,
            int protocolMax,
            String agentVersion,
            String operatingSystem,
            String hostName,
            Set<String> capabilities)
            implements AgentMessage {}

    /** Answer to {@link ServerMessage.DescribeHost}. */
    record HostDescription(long request, HostFacts facts) implements AgentMessage {}

    /** Answer to {@link ServerMessage.BeginRun}: the disks of the run as they will be read. */
    record RunBegun(long request, String run, List<DiskView> disks) implements AgentMessage {}

    /**
     * Sent at most twice a second while data flows; needs no answer.
     *
     * @param pass number of the pass over the disks, from 1
     * @param doneBytes bytes of the pass that were read
     * @param totalBytes bytes that the pass will read
     * @param sentBytes bytes of payload written to the appliance since the run began
     */
    record Progress(String run, int pass, long doneBytes, long totalBytes, long sentBytes) implements AgentMessage {}

    /** Answer to {@link ServerMessage.Transfer}: everything is written, flushed, and the digests are uploaded. */
    record TransferFinished(
            long request,
            String run,
            Consistency consistency,
            String consistencyReason,
            long frozenMillis,
            List<DiskTransfer> disks)
            implements AgentMessage {}

    /** Answer to {@link ServerMessage.EndRun}: the view is released and the agent's base is the committed point. */
    record RunEnded(long request, String run) implements AgentMessage {}

    /** Answer to {@link ServerMessage.UpgradeAgent}: the package is installed, and the agent that answers is still the old one. */
    record Upgraded(long request, String version) implements AgentMessage {}

    /**
     * Answer to any request that could not be carried out. The agent has released whatever the run held.
     *
     * @param details technical text for the log, or null
     */
    record Failed(
            long request,
            @Nullable String run,
            ProblemCode code,
            Map<String, String> values,
            @Nullable String details) implements AgentMessage {}

    /** Answer to a message of a type that this agent does not know. */
    record Unsupported(@Nullable Long request, String messageType) implements AgentMessage {}

    /**
     * One disk of a run.
     *
     * @param disk the disk's key, see {@link HostFacts.Disk#key}
     * @param sizeBytes size of the whole disk
     * @param usedBytes bytes that a first run would read
     */
    record DiskView(String disk, long sizeBytes, long usedBytes) {}

    /**
     * What was moved for one disk.
     *
     * @param usedBytes used space at the instant of the point
     * @param scannedBytes bytes read from the disk, all passes together
     * @param changedBytes bytes of the blocks that differ from the base, whole blocks
     * @param sentBytes payload bytes written to the LUN
     * @param unmappedBytes bytes released on the LUN
     * @param blocks blocks that are not zero
     * @param digestFileSha256 what stands for the uploaded digests, hexadecimal: the root of their tree, or SHA-256 of a whole file
     */
    record DiskTransfer(
            String disk,
            long usedBytes,
            long scannedBytes,
            long changedBytes,
            long sentBytes,
            long unmappedBytes,
            long blocks,
            String digestFileSha256) {}
}
