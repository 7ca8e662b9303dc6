package org.understudy.agent.service;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.connection.ApplianceHttp;
import org.understudy.agent.connection.ConnectionKeeper;
import org.understudy.agent.connection.HttpDigestExchange;
import org.understudy.agent.connection.ServerAddress;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.run.LoggingObserver;
import org.understudy.agent.run.RunLoop;
import org.understudy.agent.state.BaseStore;
import org.understudy.agent.state.Identity;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.tls.AgentTls;
import org.understudy.agent.transfer.IscsiTargets;
import org.understudy.agent.transfer.RemoteTargets;
import org.understudy.agent.transfer.TransferStep;
import org.understudy.agent.upgrade.PackageInstaller;
import org.understudy.agent.upgrade.PackageUpgrade;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ProtocolCodec;

/** One running agent. {@link #run} keeps a thread busy until {@link #close}. */
public final class Agent implements AutoCloseable {

    private final RunLoop runs;
    private final ConnectionKeeper keeper;
    private final PackageUpgrade upgrade;
    private final IdleMemory memory;

    private Agent(RunLoop runs, ConnectionKeeper keeper, PackageUpgrade upgrade, IdleMemory memory) {
        this.runs = runs;
        this.keeper = keeper;
        this.upgrade = upgrade;
        this.memory = memory;
    }

    /**
     * Puts an agent together that moves data over iSCSI inside TLS.
     *
     * @param observers told about phases, besides the log
     * @throws org.understudy.core.problem.ProblemException {@code NOT_ENROLLED} or {@code AGENT_STATE_DAMAGED}
     */
    public static Agent over(StateDirectory state, AgentPlatform platform, List<RunObserver> observers) {
        return over(state, platform, observers, Agent::iscsi);
    }

    /**
     * As {@link #over(StateDirectory, AgentPlatform, List)} with an agent that can replace itself.
     *
     * @param whenIdle gives back what the platform holds between runs; called between two runs when the next is not near
     * @param betweenRuns gives back what the platform holds and runs do not need; called between two runs that may be near each other
     * @param afterRun the part of it that costs next to nothing; called after each run
     */
    public static Agent over(
            StateDirectory state,
            AgentPlatform platform,
            PackageInstaller installer,
            Runnable whenIdle,
            Runnable betweenRuns,
            Runnable afterRun,
            List<RunObserver> observers) {
        return over(state, platform, installer, whenIdle, betweenRuns, afterRun, observers, Agent::iscsi);
    }

    /** As {@link #over(StateDirectory, AgentPlatform, List)} with LUNs found in another way. */
    public static Agent over(
            StateDirectory state,
            AgentPlatform platform,
            List<RunObserver> observers,
            Function<Connected, RemoteTargets> targets) {
        return over(state, platform, PackageInstaller.NONE, () -> {}, () -> {}, () -> {}, observers, targets);
    }

    private static Agent over(
            StateDirectory state,
            AgentPlatform platform,
            PackageInstaller installer,
            Runnable whenIdle,
            Runnable betweenRuns,
            Runnable afterRun,
            List<RunObserver> observers,
            Function<Connected, RemoteTargets> targets) {
        Identity identity = state.identity()
                .orElseThrow(() -> Problem.of(
                                ProblemCode.NOT_ENROLLED,
                                "directory",
                                state.root().toString())
                        .asException());
        ServerAddress server = ServerAddress.parse(identity.server());
        SSLContext tls = tls(state.root(), identity);
        ApplianceHttp http = new ApplianceHttp(server, tls);
        List<RunObserver> all = new ArrayList<>(observers);
        all.add(0, new LoggingObserver());
        BaseStore bases = state.bases();
        TransferStep transfer = new TransferStep(
                targets.apply(new Connected(identity.hostId(), server, tls)),
                new HttpDigestExchange(http),
                bases,
                platform.readers());
        AtomicReference<@Nullable RunLoop> loop = new AtomicReference<>();
        IdleMemory memory = IdleMemory.after(
                () -> release(loop.get(), () -> platform.source().dropSpare(), whenIdle),
                () -> release(loop.get(), () -> {}, betweenRuns),
                () -> whenIdle(loop.get(), afterRun));
        all.add(memory);
        RunLoop runs = RunLoop.of(platform.host(), platform.source(), platform.hooks(), state, bases, transfer, all);
        loop.set(runs);
        PackageUpgrade upgrade =
                new PackageUpgrade(installer, http::get, state.root().resolve("upgrade"));
        ConnectionKeeper keeper = new ConnectionKeeper(
                http,
                runs,
                upgrade,
                hello(platform),
                () -> all.forEach(observer -> observer.reached(RunPhase.CONNECTED, null, 0)));
        return new Agent(runs, keeper, upgrade, memory);
    }

    private static void release(@Nullable RunLoop runs, Runnable before, Runnable after) {
        whenIdle(runs, () -> {
            before.run();
            System.gc();
            after.run();
        });
    }

    private static void whenIdle(@Nullable RunLoop runs, Runnable task) {
        if (runs != null) {
            runs.whenIdle(task);
        }
    }

    /** What an enrolled agent knows of its appliance. */
    public record Connected(String hostId, ServerAddress server, SSLContext tls) {}

    private static RemoteTargets iscsi(Connected connected) {
        String name = connected.hostId().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-");
        return new IscsiTargets(
                connected.server().host(), Optional.of(connected.tls()), "iqn.2026-11.org.understudy:agent-" + name);
    }

    static SSLContext tls(Path state, Identity identity) {
        try {
            return AgentTls.mutual(identity.privateKey(), identity.certificate(), identity.authority());
        } catch (GeneralSecurityException | IOException e) {
            throw Problem.of(ProblemCode.AGENT_STATE_DAMAGED, "directory", state.toString())
                    .asException(e);
        }
    }

    private static AgentMessage.Hello hello(AgentPlatform platform) {
        Set<String> capabilities = new TreeSet<>(platform.capabilities());
        capabilities.add(platform.source().name());
        return new AgentMessage.Hello(
                ProtocolCodec.PROTOCOL_MIN,
                ProtocolCodec.PROTOCOL_MAX,
                platform.version(),
                platform.operatingSystem(),
                platform.host().hostName(),
                capabilities);
    }

    /** Serves the appliance until {@link #close}. */
    public void run() {
        keeper.run();
    }

    /** Ends the connection and releases a run; returns when that is done. */
    @Override
    public void close() {
        keeper.close();
        runs.close();
        upgrade.close();
        memory.close();
    }
}
