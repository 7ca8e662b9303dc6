package org.understudy.iscsi.target;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.scsi.ScsiStatus;

/**
 * Writes until the target is gone and keeps the model true: pipelined writes with SYNCHRONIZE CACHE now and then in the
 * first half of the disk, single writes with FUA in the second.
 */
final class CrashWriter {

    private static final int MOST_SECTORS = 96;
    private static final int DEPTH = 8;

    private final InetSocketAddress address;
    private final SectorModel model;

    CrashWriter(InetSocketAddress address, SectorModel model) {
        this.address = address;
        this.model = model;
    }

    /** Pipelined writes and flushes; returns when the target does not answer any more. */
    long writeAndFlush(Random random) {
        long acknowledged = 0;
        SessionConfig config = SessionConfig.of(address, TestTargets.IQN).withQueueDepth(DEPTH);
        try (IscsiSession session = IscsiSession.login(config)) {
            RemoteDisk disk = session.disk(0);
            Queue<Write> open = new ArrayDeque<>();
            while (true) {
                if (open.size() == DEPTH || !open.isEmpty() && random.nextInt(6) == 0) {
                    acknowledged += settle(open.remove());
                }
                if (random.nextInt(20) == 0) {
                    long[] begun = model.flushBegins();
                    disk.flush();
                    model.flushed(begun);
                }
                int count = 1 + random.nextInt(MOST_SECTORS);
                int first = random.nextInt(model.sectors() / 2 - count);
                while (open.stream().anyMatch(other -> other.overlaps(first, count))) {
                    acknowledged += settle(open.remove());
                }
                ByteBuffer content = ByteBuffer.wrap(model.write(first, count));
                open.add(new Write(first, count, disk.writeAsync((long) first * SectorModel.SECTOR, content)));
            }
        } catch (IOException | CompletionException e) {
            // The crash, most likely; what was acknowledged before is in the model.
            return acknowledged;
        }
    }

    private record Write(int first, int count, CompletableFuture<Void> done) {
        boolean overlaps(int otherFirst, int otherCount) {
            return first < otherFirst + otherCount && otherFirst < first + count;
        }
    }

    private int settle(Write write) {
        write.done().join();
        model.acknowledged(write.first(), write.count());
        return 1;
    }

    /** Writes with FUA, one after the other; returns when the target does not answer any more. */
    long writeThrough(Random random) {
        long acknowledged = 0;
        try (RawPeer peer = RawPeer.loggedIn(
                        address, TestTargets.IQN, "InitialR2T=No", "ImmediateData=Yes", "FirstBurstLength=65536")
                .settle()) {
            int half = model.sectors() / 2;
            while (true) {
                int count = 1 + random.nextInt(MOST_SECTORS);
                int first = half + random.nextInt(half - count);
                byte[] cdb = RawPeer.cdb10(0x2a, first, count);
                cdb[1] = 0x08;
                byte[] content = model.write(first, count);
                peer.send(new ScsiCommand(false, true, false, true, 1, 0, 1, content.length, cdb), content);
                if (peer.receive(ScsiResponse.class).status() != ScsiStatus.GOOD) {
                    return acknowledged;
                }
                model.durable(first, count);
                acknowledged++;
            }
        } catch (IOException e) {
            return acknowledged;
        }
    }
}
