package org.understudy.agent.transfer;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.understudy.agent.control.RunControl;
import org.understudy.agent.control.RunPhase;
import org.understudy.agent.scan.BlockScanner;
import org.understudy.agent.snapshot.ConsistentView;
import org.understudy.agent.snapshot.ViewOutcome;
import org.understudy.agent.state.BaseStore;
import org.understudy.agent.transfer.RemoteTargets.RemoteSession;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.AgentMessage.DiskTransfer;
import org.understudy.core.protocol.ServerMessage.LunAssignment;
import org.understudy.core.protocol.ServerMessage.Transfer;

/**
 * The step {@code Transfer} of a run: log in, bring every LUN to the image of one instant, flush, upload the digests, log out. Holds
 * nothing between calls; used by one thread.
 */
public final class TransferStep {

    private final RemoteTargets targets;
    private final DigestExchange exchange;
    private final BaseStore bases;
    private final int readers;

    /**
     * @param readers threads that read and digest
     */
    public TransferStep(RemoteTargets targets, DigestExchange exchange, BaseStore bases, int readers) {
        this.targets = targets;
        this.exchange = exchange;
        this.bases = bases;
        this.readers = readers;
    }

    /** What was transferred. The finished digest files lie in the workspace. */
    public record Result(ViewOutcome outcome, List<DiskTransfer> disks) {}

    /**
     * Carries out the step.
     *
     * @throws org.understudy.core.problem.ProblemException whatever went wrong; the session is closed then
     */
    public Result run(
            Transfer request,
            ConsistentView view,
            BaseStore.Workspace workspace,
            RateLimiter limiter,
            RunControl control,
            TransferEvents events)
            throws IOException {
        Map<String, ConsistentView.DiskExtents> disks = new LinkedHashMap<>();
        view.extents().forEach(disk -> disks.put(disk.disk(), disk));
        checkAssignments(request, disks);
        Map<String, BaseDigests.Base> found = new HashMap<>();
        try (OpenTrees opened = new OpenTrees()) {
            BaseDigests baseDigests = new BaseDigests(bases, exchange);
            for (LunAssignment lun : request.luns()) {
                BaseDigests.Base base = baseDigests.find(lun, workspace);
                if (base != null) {
                    opened.add(base.tree());
                    found.put(lun.disk(), base);
                }
            }
            control.check();
            return send(request, view, disks, found, opened, workspace, limiter, control, events);
        } catch (ProblemException e) {
            if (e.problem().code() == ProblemCode.DIGESTS_DAMAGED
                    || e.problem().code() == ProblemCode.PROTOCOL_VIOLATION) {
                // The kept digests are damaged, or not the appliance's: the next run asks it for them.
                bases.clear();
            }
            throw e;
        }
    }

    /** Trees of the run; all are closed with it. */
    private static final class OpenTrees implements Closeable {

        private final List<Closeable> open = new ArrayList<>();

        <T extends Closeable> T add(T tree) {
            open.add(tree);
            return tree;
        }

        @Override
        public void close() throws IOException {
            for (Closeable tree : open) {
                tree.close();
            }
        }
    }

    private Result send(
            Transfer request,
            ConsistentView view,
            Map<String, ConsistentView.DiskExtents> disks,
            Map<String, BaseDigests.Base> found,
            OpenTrees opened,
            BaseStore.Workspace workspace,
            RateLimiter limiter,
            RunControl control,
            TransferEvents events)
            throws IOException {
        try (RemoteSession session = targets.login(request.target());
                RunControl.Registration stop = control.onStop(() -> closeAside(session));
                BlockScanner scanner = new BlockScanner(readers, control)) {
            events.reached(RunPhase.LOGGED_IN, 0);
            Map<String, StoredHead> heads = new LinkedHashMap<>();
            for (LunAssignment lun : request.luns()) {
                RemoteVolume volume = session.volume(lun.lun());
                ConsistentView.DiskExtents disk = disks.get(lun.disk());
                checkSize(lun, volume, disk == null ? 0 : disk.sizeBytes());
                DiskCounters counters = new DiskCounters();
                HeadDigests digests = opened.add(new HeadDigests(
                        lun.disk(),
                        found.get(lun.disk()),
                        workspace.temporary(lun.disk(), "own"),
                        volume.sizeBytes(),
                        lun.blockSize()));
                heads.put(
                        lun.disk(),
                        new StoredHead(
                                lun.disk(),
                                lun.basePoint(),
                                volume,
                                lun.blockSize(),
                                digests,
                                scanner,
                                new VolumeWriter(volume, limiter, control, counters),
                                counters));
            }
            ViewOutcome outcome = view.deliver(new HeadReceiver(heads, events));
            events.reached(RunPhase.SENT, 0);
            control.check();
            heads.values().forEach(head -> head.volume().flush());
            events.reached(RunPhase.FLUSHED, 0);
            DigestDelivery delivery = new DigestDelivery(exchange, workspace, request.run());
            return new Result(outcome, finish(request, heads, found, delivery, outcome, control, events));
        } catch (RuntimeException e) {
            // What a stop breaks on its way must not look like a fault of what it broke.
            control.check();
            throw e;
        }
    }

    private static List<DiskTransfer> finish(
            Transfer request,
            Map<String, StoredHead> heads,
            Map<String, BaseDigests.Base> found,
            DigestDelivery delivery,
            ViewOutcome outcome,
            RunControl control,
            TransferEvents events)
            throws IOException {
        List<DiskTransfer> done = new ArrayList<>();
        for (LunAssignment lun : request.luns()) {
            StoredHead head = heads.get(lun.disk());
            if (head != null) {
                control.check();
                DigestDelivery.Delivered delivered =
                        delivery.deliver(lun.disk(), head.digests(), found.get(lun.disk()), lun.basePoint());
                DiskCounters counters = head.counters();
                done.add(new DiskTransfer(
                        lun.disk(),
                        outcome.usedBytes().getOrDefault(lun.disk(), 0L),
                        counters.scanned(),
                        delivered.changedBytes(),
                        counters.sent(),
                        counters.unmapped(),
                        delivered.blocks(),
                        delivered.root()));
            }
        }
        events.reached(RunPhase.DIGESTS_UPLOADED, 0);
        return done;
    }

    private static void checkAssignments(Transfer request, Map<String, ConsistentView.DiskExtents> disks) {
        List<String> named =
                request.luns().stream().map(LunAssignment::disk).sorted().toList();
        if (!named.equals(disks.keySet().stream().sorted().toList())) {
            throw violation("the transfer names the disks " + named + ", the run has " + disks.keySet());
        }
        for (LunAssignment lun : request.luns()) {
            if (lun.blockSize() < 4096 || lun.blockSize() > 1 << 20 || Integer.bitCount(lun.blockSize()) != 1) {
                throw violation("a block size of " + lun.blockSize() + " bytes");
            }
        }
    }

    private static void checkSize(LunAssignment lun, RemoteVolume volume, long diskBytes) {
        if (volume.sizeBytes() != diskBytes || diskBytes % volume.blockSize() != 0) {
            throw violation("LUN " + lun.lun() + " has " + volume.sizeBytes() + " bytes in blocks of "
                    + volume.blockSize() + ", the disk " + lun.disk() + " has " + diskBytes + " bytes");
        }
    }

    private static RuntimeException violation(String reason) {
        return Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", reason).asException();
    }

    /** Whoever presses stop must not wait for a target that does not answer. */
    private static void closeAside(RemoteSession session) {
        Thread closer = new Thread(session::close, "session-close");
        closer.setDaemon(true);
        closer.start();
    }
}
