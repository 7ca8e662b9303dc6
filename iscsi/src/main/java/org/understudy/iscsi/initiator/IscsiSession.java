package org.understudy.iscsi.initiator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.ProtocolViolation;
import org.understudy.iscsi.scsi.ScsiTarget;

/**
 * A session with one target: one connection at a time, many commands in flight. Without a {@link Reconnect} policy it dies with
 * its connection; with one it outlives it. Thread-safe; closing logs out. Futures complete on the
 * thread that reads from the target: what is chained to them must be quick. It may start more reads and writes, which never block
 * there, and must not call blocking methods of the session.
 */
public final class IscsiSession implements AutoCloseable {

    private static final SecureRandom RANDOM = new SecureRandom();
    /** ISID of the random format (RFC 7143 section 11.12.5): type 10b, three random bytes, two of qualifier. */
    private static final long ISID_RANDOM_TYPE = 0x80L << 40;

    private static final int INQUIRY_BYTES = 255;
    private static final int MAX_LUN_LIST_BYTES = 64 << 10;

    private final SessionConfig config;
    private final Connector connector;
    private final Map<Integer, Unit> units = new ConcurrentHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private IscsiSession(SessionConfig config) {
        this.config = config;
        this.connector = new Connector(config, randomIsid(), this::verify);
    }

    /**
     * Connects, negotiates and logs in.
     *
     * @throws IscsiException.LoginRefused if the target says no
     * @throws IscsiException.ConnectionLost if it cannot be reached or does not answer in time
     */
    public static IscsiSession login(SessionConfig config) throws IscsiException {
        IscsiSession session = new IscsiSession(config);
        session.connector.connect();
        return session;
    }

    /**
     * Asks a portal for its targets in a discovery session.
     *
     * @param config its target name is not used
     */
    public static List<DiscoveredTarget> discover(SessionConfig config) throws IscsiException {
        Link link = Link.open(config, config.timeout(), true, randomIsid(), (lost, cause, unfinished) -> {});
        try {
            CompletableFuture<byte[]> answer = link.askText("SendTargets=All\0".getBytes(StandardCharsets.UTF_8));
            return parseTargets(new String(await(answer), StandardCharsets.UTF_8));
        } finally {
            link.close();
        }
    }

    private static long randomIsid() {
        return ISID_RANDOM_TYPE | (RANDOM.nextLong() & 0xffffffffffL);
    }

    private static List<DiscoveredTarget> parseTargets(String text) throws ProtocolViolation {
        Map<String, List<String>> targets = new LinkedHashMap<>();
        List<String> portals = null;
        for (String pair : text.split("\0", -1)) {
            if (pair.startsWith("TargetName=")) {
                portals = targets.computeIfAbsent(pair.substring(11), name -> new ArrayList<>());
            } else if (pair.startsWith("TargetAddress=")) {
                if (portals == null) {
                    throw new ProtocolViolation("address without a target");
                }
                portals.add(pair.substring(14));
            }
        }
        return targets.entrySet().stream()
                .map(entry -> new DiscoveredTarget(entry.getKey(), entry.getValue()))
                .toList();
    }

    public SessionConfig config() {
        return config;
    }

    /** Logical unit numbers of the target, ascending. */
    public List<Integer> luns() throws IscsiException {
        ByteBuffer data = ByteBuffer.allocate(MAX_LUN_LIST_BYTES);
        int length = await(send(Exchange.reading("REPORT LUNS", 0, Cdbs.reportLuns(data.capacity()), data)));
        int count = length < 8 ? 0 : Math.min(data.getInt(0), length - 8) / 8;
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = ScsiTarget.number(data.getLong(8 + 8 * i));
            if (number >= 0) {
                numbers.add(number);
            }
        }
        numbers.sort(null);
        return numbers;
    }

    /**
     * A logical unit as a disk. Reads its capacity.
     *
     * @throws IscsiException.CommandFailed if there is no such unit
     */
    public RemoteDisk disk(int lun) throws IscsiException {
        Unit unit = units.get(lun);
        if (unit == null) {
            unit = Unit.open(this::send, lun, config.reconnect().isPresent());
            Unit earlier = units.putIfAbsent(lun, unit);
            unit = earlier == null ? unit : earlier;
        }
        return new RemoteDisk(this, unit);
    }

    /**
     * Tells the target the longest data segment that it may send from now on (MaxRecvDataSegmentLength, negotiated again in full
     * feature phase), and learns the same from it. Holds for the present connection.
     *
     * @param bytes 512 to 1 MiB
     */
    public void declareSegmentBytes(int bytes) throws IscsiException {
        if (bytes < 512 || bytes > InitiatorLogin.SEGMENT_BYTES) {
            throw new IllegalArgumentException("a data segment has 512 bytes to 1 MiB, not " + bytes);
        }
        await(connector.declareSegmentBytes(bytes));
    }

    /** Times that the session was made anew after its connection was lost. */
    public int reconnects() {
        return connector.reconnects();
    }

    /** On a new link, before anything else is sent: units that are in use must be the same. */
    private void verify(Link fresh) throws IscsiException {
        for (Unit unit : units.values()) {
            unit.verify(exchange -> {
                Exchange once = exchange.when(Exchange.WhenLost.FAIL);
                once.firstSentNanos = System.nanoTime();
                if (!fresh.submit(once)) {
                    throw new ConnectionLost("connection was lost again");
                }
                return once.result();
            });
        }
    }

    /** Inquiry data of a LUN: the standard data, or a page of vital product data. */
    public byte[] inquiry(int lun, boolean vitalProductData, int page) throws IscsiException {
        ByteBuffer data = ByteBuffer.allocate(INQUIRY_BYTES);
        byte[] cdb = Cdbs.inquiry(vitalProductData, page, INQUIRY_BYTES);
        int length = await(send(Exchange.reading("INQUIRY", ScsiTarget.field(lun), cdb, data)));
        byte[] bytes = new byte[length];
        data.get(0, bytes);
        return bytes;
    }

    /** Sends a command; blocks while the window is full. */
    CompletableFuture<Integer> send(Exchange exchange) {
        try {
            exchange.firstSentNanos = System.nanoTime();
            connector.submit(exchange);
        } catch (IscsiException e) {
            exchange.result().completeExceptionally(e);
        }
        return exchange.result();
    }

    /** Waits for a result; failures come as they are. */
    static <T> T await(CompletableFuture<T> future) throws IscsiException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectionLost("interrupted while waiting for the target", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IscsiException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Waits for commands in flight, logs out and disconnects. Never throws; idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            connector.close();
        }
    }
}
