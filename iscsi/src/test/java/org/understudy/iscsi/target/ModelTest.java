package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.pdu.TargetPdu.TaskManagementResponse;

/** Random mixes of everything that changes or reads a disk, against a model in an array: reads always equal the model. */
class ModelTest {

    private static final int BLOCKS = 8192;
    private static final int BLOCK = 512;
    private static final int STEPS = 250;

    private final byte[] model = new byte[BLOCKS * BLOCK];
    private final BitSet busy = new BitSet(BLOCKS);
    private final List<CompletableFuture<Void>> writes = new ArrayList<>();

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void reads_equal_the_model(long seed) throws IOException {
        Random random = new Random(seed);
        int segment = 4096 << random.nextInt(9);
        int burst = 8192 << random.nextInt(8);
        Limits limits = Limits.defaults().withTransferSizes(Math.max(8192, segment), burst);
        try (IscsiTargetServer server = TestTargets.plainServer(limits)) {
            server.add(TestTargets.target(new MemoryBlockDevice((long) BLOCKS * BLOCK)));
            SessionConfig config = TestTargets.session(server)
                    .withDigests(random.nextBoolean(), random.nextBoolean())
                    .withQueueDepth(1 + random.nextInt(64));
            try (RawPeer raw = RawPeer.loggedIn(server, TestTargets.IQN, "InitialR2T=No", "ImmediateData=Yes")
                    .settle()) {
                exercise(random, config, raw);
            }
        }
    }

    private void exercise(Random random, SessionConfig config, RawPeer raw) throws IOException {
        IscsiSession session = IscsiSession.login(config);
        try {
            RemoteDisk disk = session.disk(0);
            for (int step = 0; step < STEPS; step++) {
                int choice = random.nextInt(100);
                if (choice < 55) {
                    write(random, disk);
                } else if (choice < 80) {
                    read(random, disk);
                } else if (choice < 88) {
                    settleWrites();
                    unmap(random, disk);
                } else if (choice < 93) {
                    settleWrites();
                    writeSame(random, raw);
                } else if (choice < 96) {
                    settleWrites();
                    disk.flush();
                } else if (choice < 98) {
                    settleWrites();
                    session.close();
                    session = IscsiSession.login(config);
                    disk = session.disk(0);
                } else {
                    settleWrites();
                    resetUnit(raw);
                }
            }
            settleWrites();
            ByteBuffer all = ByteBuffer.allocate(model.length);
            disk.read(0, all);
            assertThat(Arrays.mismatch(all.array(), model)).isEqualTo(-1);
        } finally {
            session.close();
        }
    }

    private int[] range(Random random, int most) {
        int count = 1 + random.nextInt(most);
        return new int[] {random.nextInt(BLOCKS - count), count};
    }

    private void write(Random random, RemoteDisk disk) {
        int[] range = range(random, 1500);
        int end = range[0] + range[1];
        if (busy.get(range[0], end).cardinality() > 0) {
            // Writes in flight must not overlap.
            settleWrites();
        }
        busy.set(range[0], end);
        byte[] data = new byte[range[1] * BLOCK];
        random.nextBytes(data);
        System.arraycopy(data, 0, model, range[0] * BLOCK, data.length);
        writes.add(disk.writeAsync((long) range[0] * BLOCK, ByteBuffer.wrap(data)));
    }

    private void settleWrites() {
        writes.forEach(CompletableFuture::join);
        writes.clear();
        busy.clear();
    }

    private void read(Random random, RemoteDisk disk) throws IOException {
        int[] range = range(random, 1500);
        if (busy.get(range[0], range[0] + range[1]).cardinality() > 0) {
            settleWrites();
        }
        ByteBuffer target = ByteBuffer.allocate(range[1] * BLOCK);
        disk.read((long) range[0] * BLOCK, target);
        int from = range[0] * BLOCK;
        int mismatch = Arrays.mismatch(target.array(), Arrays.copyOfRange(model, from, from + target.capacity()));
        assertThat(mismatch)
                .as("first difference of a read at block %d", range[0])
                .isEqualTo(-1);
    }

    private void unmap(Random random, RemoteDisk disk) throws IOException {
        int[] range = range(random, 3000);
        disk.unmap((long) range[0] * BLOCK, (long) range[1] * BLOCK);
        Arrays.fill(model, range[0] * BLOCK, (range[0] + range[1]) * BLOCK, (byte) 0);
    }

    private void writeSame(Random random, RawPeer raw) throws IOException {
        int[] range = range(random, 2000);
        byte[] block = new byte[BLOCK];
        random.nextBytes(block);
        byte[] cdb = RawPeer.cdb10(0x41, range[0], range[1]);
        raw.send(new ScsiCommand(false, true, false, true, 1, 0, 1, BLOCK, cdb), block);
        if (raw.receive(ScsiResponse.class).status() != 0) {
            // a unit attention of a reset: once more
            raw.send(new ScsiCommand(false, true, false, true, 1, 0, 1, BLOCK, cdb), block);
            assertThat(raw.receive(ScsiResponse.class).status()).isZero();
        }
        for (int i = 0; i < range[1]; i++) {
            System.arraycopy(block, 0, model, (range[0] + i) * BLOCK, BLOCK);
        }
    }

    private static void resetUnit(RawPeer raw) throws IOException {
        raw.send(new TaskManagementRequest(true, 5, 0, 2, 0xffffffff, 0), null);
        assertThat(raw.receive(TaskManagementResponse.class).response()).isZero();
    }
}
