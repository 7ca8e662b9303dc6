package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;
import org.understudy.iscsi.pdu.TargetPdu.LogoutResponse;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.pdu.TargetPdu.TaskManagementResponse;
import org.understudy.iscsi.scsi.ScsiStatus;

/** One session of {@link MixedModelTest}: does things at random in its area of the disk and knows what must be there. */
final class MixedSession {

    private static final int BLOCK = 512;
    private static final int UNIT_ATTENTION = 6;
    private static final int MISCOMPARE = 14;
    private static final int TASK_TAG = 0x70000000;

    private final String name;
    private final InetSocketAddress address;
    private final int start;
    private final int count;
    private final Random random;
    private final ReadWriteLock resets;
    private final byte[][] model;
    /** What a block may hold instead, by its number, after acknowledgments were lost. */
    private final Map<Integer, List<byte[]>> alternatives = new HashMap<>();

    private @Nullable RawPeer connection;
    private int nextTag = 1;
    private int checked;
    private int lost;

    /**
     * @param checkedBlocks blocks that were read and found right
     * @param lostAcknowledgments changes that nobody said were done
     */
    record Tally(int checkedBlocks, int lostAcknowledgments) {}

    /** A change that was sent. */
    private record Change(int first, byte[][] content) {}

    MixedSession(String name, InetSocketAddress address, int start, int count, Random random, ReadWriteLock resets) {
        this.name = name;
        this.address = address;
        this.start = start;
        this.count = count;
        this.random = random;
        this.resets = resets;
        this.model = new byte[count][BLOCK];
    }

    Tally run(int steps) {
        try {
            logIn();
            for (int step = 0; step < steps; step++) {
                int choice = random.nextInt(100);
                Lock lock = choice >= 94 ? resets.writeLock() : resets.readLock();
                lock.lock();
                try {
                    step(choice);
                } finally {
                    lock.unlock();
                }
            }
            resets.readLock().lock();
            try {
                read(0, count);
            } finally {
                resets.readLock().unlock();
            }
            peer().close();
            return new Tally(checked, lost);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void logIn() throws IOException {
        connection = RawPeer.loggedInAs(
                name, address, TestTargets.IQN, "InitialR2T=No", "ImmediateData=Yes", "FirstBurstLength=65536");
    }

    private RawPeer peer() {
        return Objects.requireNonNull(connection);
    }

    private void step(int choice) throws IOException {
        if (choice < 30) {
            settle(sendWrites(), 0);
        } else if (choice < 60) {
            int length = 1 + random.nextInt(64);
            read(random.nextInt(count - length), length);
        } else if (choice < 72) {
            settle(one(random.nextBoolean() ? unmap() : writeSame()), 0);
        } else if (choice < 80) {
            compareAndWrite();
        } else if (choice < 85) {
            abortOne();
        } else if (choice < 90) {
            cut();
        } else if (choice < 94) {
            logOut();
        } else {
            reset(random.nextBoolean() ? 5 : 6);
        }
    }

    private Map<Integer, Change> one(Change change) {
        Map<Integer, Change> open = new LinkedHashMap<>();
        open.put(nextTag - 1, change);
        return open;
    }

    /** Some writes at once, of all lengths of CDB, not overlapping. */
    private Map<Integer, Change> sendWrites() throws IOException {
        Map<Integer, Change> open = new LinkedHashMap<>();
        int at = random.nextInt(200);
        while (at < count - 40 && open.size() < 6) {
            int length = 1 + random.nextInt(32);
            byte[] data = new byte[length * BLOCK];
            random.nextBytes(data);
            int tag = nextTag;
            send(false, cdb(new int[] {0x0a, 0x2a, 0xaa, 0x8a, 0x2e}, start + at, length), data);
            open.put(tag, new Change(at, blocks(data)));
            at += length + random.nextInt(200);
        }
        return open;
    }

    private Change unmap() throws IOException {
        int length = 1 + random.nextInt(200);
        int first = random.nextInt(count - length);
        byte[] list = ByteBuffer.allocate(24)
                .putShort((short) 22)
                .putShort((short) 16)
                .putLong(8, start + first)
                .putInt(16, length)
                .array();
        byte[] cdb = ByteBuffer.allocate(16)
                .put(0, (byte) 0x42)
                .putShort(7, (short) 24)
                .array();
        send(false, cdb, list);
        return new Change(first, new byte[length][BLOCK]);
    }

    private Change writeSame() throws IOException {
        int length = 1 + random.nextInt(200);
        int first = random.nextInt(count - length);
        byte[] block = new byte[BLOCK];
        boolean zeros = random.nextInt(3) == 0;
        if (!zeros) {
            random.nextBytes(block);
        }
        byte[] cdb = cdb(new int[] {0x41, 0x93}, start + first, length);
        if (zeros && cdb[0] == (byte) 0x93) {
            cdb[1] = 0x08;
        }
        send(false, cdb, block);
        byte[][] content = new byte[length][];
        Arrays.fill(content, block);
        return new Change(first, content);
    }

    /** Compares with what is there, or with something else, in which case nothing may change. */
    private void compareAndWrite() throws IOException {
        int length = 1 + random.nextInt(8);
        int first = random.nextInt(count - length);
        read(first, length);
        byte[] data = new byte[2 * length * BLOCK];
        random.nextBytes(data);
        for (int i = 0; i < length; i++) {
            System.arraycopy(model[first + i], 0, data, i * BLOCK, BLOCK);
        }
        boolean wrong = random.nextInt(3) == 0;
        if (wrong) {
            data[random.nextInt(length * BLOCK)] ^= 1;
        }
        byte[] cdb = ByteBuffer.allocate(16)
                .put(0, (byte) 0x89)
                .putLong(2, start + first)
                .put(13, (byte) length)
                .array();
        send(false, cdb, data);
        byte[][] content = blocks(Arrays.copyOfRange(data, length * BLOCK, data.length));
        settle(one(new Change(first, content)), wrong ? MISCOMPARE : 0);
    }

    private void abortOne() throws IOException {
        Map<Integer, Change> open = sendWrites();
        int victim = nextTag - 1 - random.nextInt(open.size());
        peer().send(new TaskManagementRequest(true, 1, 0, TASK_TAG, victim, 0), null);
        Change aborted = Objects.requireNonNull(open.get(victim));
        boolean complete = collectUntilManaged(open) == 0;
        boolean answered = !open.containsKey(victim);
        open.remove(victim);
        if (!answered && complete) {
            uncertain(aborted);
        } else if (!answered) {
            open.put(victim, aborted);
        }
        settle(open, 0);
    }

    private void reset(int function) throws IOException {
        Map<Integer, Change> open = sendWrites();
        peer().send(new TaskManagementRequest(true, function, 0, TASK_TAG, -1, 0), null);
        assertThat(collectUntilManaged(open)).as("response to task management").isZero();
        open.values().forEach(this::uncertain);
    }

    private void cut() throws IOException {
        Map<Integer, Change> open = sendWrites();
        peer().close();
        open.values().forEach(this::uncertain);
        // The same initiator port: its old session is over, and nothing of it lands later, when the login is answered.
        logIn();
    }

    private void logOut() throws IOException {
        Map<Integer, Change> open = sendWrites();
        peer().send(new LogoutRequest(true, 0, TASK_TAG, 0), null);
        RawPeer.Received received = peer().receive();
        while (!(received.pdu() instanceof LogoutResponse)) {
            take(received, open, 0);
            received = peer().receive();
        }
        open.values().forEach(this::uncertain);
        peer().close();
        logIn();
    }

    private int collectUntilManaged(Map<Integer, Change> open) throws IOException {
        while (true) {
            RawPeer.Received received = peer().receive();
            if (received.pdu() instanceof TaskManagementResponse response) {
                return response.response();
            }
            take(received, open, 0);
        }
    }

    /** Waits for the answers to all changes. */
    private void settle(Map<Integer, Change> open, int allowedSenseKey) throws IOException {
        while (!open.isEmpty()) {
            take(peer().receive(), open, allowedSenseKey);
        }
    }

    private void take(RawPeer.Received received, Map<Integer, Change> open, int allowedSenseKey) {
        ScsiResponse response = (ScsiResponse) received.pdu();
        Change change = Objects.requireNonNull(
                open.remove(response.initiatorTaskTag()),
                () -> name + ": nothing was sent that " + response + " answers");
        if (response.status() == ScsiStatus.GOOD) {
            assertThat(allowedSenseKey).as("%s: expected sense key", name).isZero();
            System.arraycopy(change.content(), 0, model, change.first(), change.content().length);
            for (int i = 0; i < change.content().length; i++) {
                alternatives.remove(change.first() + i);
            }
            return;
        }
        // Not executed: nothing changes.
        assertThat(senseKey(received.data())).as("%s: sense key", name).isIn(UNIT_ATTENTION, allowedSenseKey);
    }

    private static int senseKey(byte[] data) {
        return data.length < 5 ? -1 : data[4] & 0x0f;
    }

    private void uncertain(Change change) {
        lost++;
        for (int i = 0; i < change.content().length; i++) {
            alternatives
                    .computeIfAbsent(change.first() + i, block -> new ArrayList<>())
                    .add(change.content()[i]);
        }
    }

    private void read(int first, int length) throws IOException {
        byte[] data = new byte[length * BLOCK];
        boolean done = false;
        while (!done) {
            for (int at = 0; at < length; at += 64) {
                int part = Math.min(64, length - at);
                done = receive(
                        cdb(new int[] {0x08, 0x28, 0xa8, 0x88}, start + first + at, part), data, at * BLOCK, part);
                if (!done) {
                    break;
                }
            }
        }
        for (int i = 0; i < length; i++) {
            byte[] found = Arrays.copyOfRange(data, i * BLOCK, (i + 1) * BLOCK);
            boolean isNew = alternatives.getOrDefault(first + i, List.of()).stream()
                    .anyMatch(version -> Arrays.equals(found, version));
            assertThat(isNew || Arrays.equals(found, model[first + i]))
                    .as("%s: block %d", name, first + i)
                    .isTrue();
            model[first + i] = found;
            alternatives.remove(first + i);
            checked++;
        }
    }

    /** One read command; false if a unit attention came instead of data. */
    private boolean receive(byte[] cdb, byte[] into, int offset, int blocks) throws IOException {
        send(true, cdb, new byte[blocks * BLOCK]);
        while (true) {
            RawPeer.Received received = peer().receive();
            if (received.pdu() instanceof DataIn data) {
                System.arraycopy(received.data(), 0, into, offset + (int) data.bufferOffset(), received.data().length);
                if (data.hasStatus()) {
                    return true;
                }
            } else if (received.pdu() instanceof ScsiResponse response) {
                if (response.status() == ScsiStatus.GOOD) {
                    return true;
                }
                assertThat(senseKey(received.data()))
                        .as("%s: sense key of a read", name)
                        .isEqualTo(UNIT_ATTENTION);
                return false;
            }
        }
    }

    private void send(boolean read, byte[] cdb, byte[] data) throws IOException {
        ScsiCommand command = new ScsiCommand(false, true, read, !read, 1, 0, nextTag++, data.length, cdb);
        peer().send(command, read ? null : data);
    }

    /** A CDB of one of several operations; the six byte one only where it reaches. */
    private byte[] cdb(int[] opcodes, int lba, int blocks) {
        int opcode = opcodes[random.nextInt(opcodes.length)];
        ByteBuffer cdb = ByteBuffer.allocate(16).put(0, (byte) opcode);
        switch (opcode >> 5) {
            case 0 -> cdb.putShort(2, (short) lba).put(4, (byte) blocks);
            case 1, 2 -> cdb.putInt(2, lba).putShort(7, (short) blocks);
            case 4 -> cdb.putLong(2, lba).putInt(10, blocks);
            default -> cdb.putInt(2, lba).putInt(6, blocks);
        }
        return cdb.array();
    }

    private static byte[][] blocks(byte[] data) {
        byte[][] blocks = new byte[data.length / BLOCK][];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = Arrays.copyOfRange(data, i * BLOCK, (i + 1) * BLOCK);
        }
        return blocks;
    }
}
