package org.understudy.agent.testing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.hooks.BackupHooks;
import org.understudy.agent.run.AgentHost;
import org.understudy.agent.run.RunLoop;
import org.understudy.agent.snapshot.HashCompareSource;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.agent.snapshot.SnapshotSource;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.transfer.TransferStep;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage;

/** A run loop over fakes, driven as the appliance drives it. */
public final class RunBench implements AutoCloseable {

    public static final int BLOCK = 64 << 10;

    public final List<ScriptedDisk> disks;
    public final FakeFreezer freezer;
    public final MemoryTargets targets = new MemoryTargets();
    public final MemoryExchange exchange;
    public final BlockingQueue<AgentMessage> answers = new LinkedBlockingQueue<>();
    public final StateDirectory state;
    public final RunLoop loop;
    public long freezeLimitMillis = 60_000;

    private final AtomicLong requests = new AtomicLong();

    public RunBench(Path stateRoot, MemoryExchange exchange, List<RunObserver> observers, ScriptedDisk... disks) {
        this(stateRoot, exchange, new NoHooks(), observers, disks);
    }

    public RunBench(
            Path stateRoot,
            MemoryExchange exchange,
            BackupHooks hooks,
            List<RunObserver> observers,
            ScriptedDisk... disks) {
        this(stateRoot, exchange, hooks, observers, comparison -> comparison, disks);
    }

    /** With another source than comparison; it is made of what comparison needs. */
    public RunBench(
            Path stateRoot,
            MemoryExchange exchange,
            BackupHooks hooks,
            List<RunObserver> observers,
            Function<HashCompareSource, SnapshotSource> source,
            ScriptedDisk... disks) {
        this.disks = List.of(disks);
        this.exchange = exchange;
        freezer = new FakeFreezer(this.disks);
        state = StateDirectory.open(stateRoot);
        var bases = state.bases();
        loop = RunLoop.of(
                new Host(),
                source.apply(new HashCompareSource(
                        freezer, (reader, states) -> ScriptedDisk.of(reader).used(), 4 << 20)),
                hooks,
                state,
                bases,
                new TransferStep(targets, exchange, bases, 2),
                observers);
        for (int i = 0; i < disks.length; i++) {
            targets.put(i, new byte[disks[i].size()]);
        }
    }

    public long describe() {
        long request = requests.incrementAndGet();
        loop.handle(new ServerMessage.DescribeHost(request), answers::add);
        return request;
    }

    public long begin(String run, boolean scripts) {
        long request = requests.incrementAndGet();
        List<String> keys = disks.stream().map(ScriptedDisk::key).toList();
        loop.handle(new ServerMessage.BeginRun(request, run, keys, freezeLimitMillis, scripts), answers::add);
        return request;
    }

    public long transfer(String run, @Nullable String basePoint, long bytesPerSecond) {
        long request = requests.incrementAndGet();
        List<ServerMessage.LunAssignment> luns = new ArrayList<>();
        for (int i = 0; i < disks.size(); i++) {
            luns.add(new ServerMessage.LunAssignment(disks.get(i).key(), i, basePoint, BLOCK));
        }
        loop.handle(
                new ServerMessage.Transfer(
                        request,
                        run,
                        new ServerMessage.DataTarget(
                                3260, "iqn.2026-11.org.understudy:" + run, "user", MemoryTargets.SECRET),
                        luns,
                        bytesPerSecond),
                answers::add);
        return request;
    }

    public long end(String run, @Nullable String point) {
        long request = requests.incrementAndGet();
        loop.handle(new ServerMessage.EndRun(request, run, point), answers::add);
        return request;
    }

    /** A whole run that becomes a point. */
    public AgentMessage.TransferFinished run(String run, @Nullable String basePoint, String point) {
        begin(run, true);
        await(AgentMessage.RunBegun.class);
        transfer(run, basePoint, 0);
        AgentMessage.TransferFinished finished = await(AgentMessage.TransferFinished.class);
        exchange.commit(run, point);
        end(run, point);
        await(AgentMessage.RunEnded.class);
        return finished;
    }

    /** The next answer of this type; progress is passed over, any other answer is a fault. */
    public <T extends AgentMessage> T await(Class<T> type) {
        return await(type, Duration.ofSeconds(20));
    }

    public <T extends AgentMessage> T await(Class<T> type, Duration limit) {
        try {
            AgentMessage answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            while (answer instanceof AgentMessage.Progress && type != AgentMessage.Progress.class) {
                answer = answers.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
            }
            if (!type.isInstance(answer)) {
                throw new AssertionError("expected " + type.getSimpleName() + ", got " + answer);
            }
            return type.cast(answer);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        loop.close();
        state.close();
    }

    private final class Host implements AgentHost {

        @Override
        public HostFacts describe() {
            return new HostFacts(
                    "host",
                    "machine",
                    "test",
                    "none",
                    1,
                    1,
                    HostFacts.Firmware.BIOS,
                    List.of(),
                    List.of(),
                    HostFacts.BootFacts.unknown());
        }

        @Override
        public List<ProtectedDisk> disks(List<String> keys) {
            return keys.stream()
                    .map(key -> disks.stream()
                            .filter(disk -> disk.key().equals(key))
                            .findFirst()
                            .map(disk -> (ProtectedDisk) disk)
                            .orElseThrow(() -> Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", key)
                                    .asException()))
                    .toList();
        }

        @Override
        public String hostName() {
            return "host";
        }
    }

    /** No scripts at all. */
    public static final class NoHooks implements BackupHooks {

        @Override
        public boolean hasPre() {
            return false;
        }

        @Override
        public boolean hasPost() {
            return false;
        }

        @Override
        public boolean pre(String run) {
            throw new IllegalStateException("there is no script");
        }

        @Override
        public void post(String run) {
            throw new IllegalStateException("there is no script");
        }
    }
}
