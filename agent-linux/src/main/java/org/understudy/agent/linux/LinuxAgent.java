package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.hooks.ScriptHooks;
import org.understudy.agent.linux.tracking.BaseRecords;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.LinuxChangeTracking;
import org.understudy.agent.linux.tracking.SelfTest;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.service.Agent;
import org.understudy.agent.service.AgentPlatform;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.agent.snapshot.HashCompareSource;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.agent.snapshot.SnapshotSource;
import org.understudy.agent.snapshot.TrackedSource;
import org.understudy.agent.snapshot.UsedSpaceReader;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.transfer.RemoteTargets;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;

/** The agent with its Linux parts. {@link #run} keeps a thread busy until {@link #close}. */
public final class LinuxAgent implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LinuxAgent.class);

    private static final int MAX_READERS = 4;

    private final Agent agent;
    private final LinuxFreezer freezer;

    private LinuxAgent(Agent agent, LinuxFreezer freezer) {
        this.agent = agent;
        this.freezer = freezer;
    }

    /**
     * Puts the agent of an enrolled host together. It compares by digest and leaves no tracker behind.
     *
     * @param observers told about phases, besides the log
     * @throws org.understudy.core.problem.ProblemException {@code NOT_ENROLLED} or {@code AGENT_STATE_DAMAGED}
     */
    public static LinuxAgent of(StateDirectory state, List<RunObserver> observers) {
        return of(state, observers, null, null);
    }

    /**
     * As {@link #of(StateDirectory, List)} with tracking, or with LUNs found in another way than by iSCSI.
     *
     * @param pins where trackers are pinned; null tracks nothing
     * @param targets null for iSCSI
     */
    static LinuxAgent of(
            StateDirectory state,
            List<RunObserver> observers,
            @Nullable Path pins,
            @Nullable Function<Agent.Connected, RemoteTargets> targets) {
        KernelFiles files = KernelFiles.ofThisHost();
        ProcessCommandRunner programs = new ProcessCommandRunner();
        Optional<Identity> identity = state.identity();
        LinuxHost host = new LinuxHost(
                files, identity.map(Identity::devices).orElse(List.of()), HostIdentity.machineId(files, state.root()));
        LinuxFreezer freezer = new LinuxFreezer(files, programs, state.log("freeze-watchdog"));
        AgentPlatform platform = new AgentPlatform(
                host,
                source(freezer, programs, state.root(), pins),
                new ScriptHooks(programs, List.of(state.hooks(), Path.of("/etc/understudy/hooks"))),
                HostIdentity.operatingSystem(files),
                AgentVersion.current(),
                List.of("freeze", "scripts", "unmap", "hash-compare", "upgrade"),
                Math.max(2, Math.min(MAX_READERS, Runtime.getRuntime().availableProcessors())));
        Agent agent = targets == null
                ? Agent.over(
                        state,
                        platform,
                        LinuxPackages.ofThisHost(programs, state.log("upgrade")),
                        () -> {
                            freezer.close();
                            releaseFilePages();
                        },
                        LinuxAgent::releaseFilePages,
                        FilePages::releaseKnown,
                        observers)
                : Agent.over(state, platform, observers, targets);
        return new LinuxAgent(agent, freezer);
    }

    private static void releaseFilePages() {
        try {
            FilePages.release();
        } catch (IOException e) {
            log.debug("pages of files stay in memory: {}", e.toString());
        }
    }

    /**
     * Where images come from: what was written, if {@code pins} says where that is known; else everything that is used.
     */
    static SnapshotSource source(Freezer freezer, CommandRunner programs, Path stateDirectory, @Nullable Path pins) {
        HashCompareSource comparison =
                new HashCompareSource(freezer, UsedSpaceReader.ofFileSystems(), HashCompareSource.HOLD_BYTES);
        if (pins == null) {
            return comparison;
        }
        DeviceProbe probe = new DeviceProbe(Path.of("/sys"), programs);
        Trackers trackers = new Trackers(pins, Path.of("/"), probe);
        return new TrackedSource(
                new LinuxChangeTracking(
                        trackers,
                        probe,
                        new SelfTest(trackers, probe, programs),
                        new BaseRecords(stateDirectory.resolve("tracking"), Path.of("/proc")),
                        LinuxAgent::deviceFile),
                comparison);
    }

    private static Path deviceFile(ProtectedDisk disk) {
        if (disk instanceof LinuxDisk linux) {
            return linux.file();
        }
        throw new IllegalArgumentException(disk.key() + " is no disk of this host");
    }

    /** Serves the appliance until {@link #close}. */
    public void run() {
        agent.run();
    }

    @Override
    public void close() {
        agent.close();
        freezer.close();
    }
}
