package org.understudy.server.protection;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.DigestReader;
import org.understudy.core.digest.DigestWriter;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.AgentMessage.DiskTransfer;
import org.understudy.core.protocol.AgentMessage.DiskView;
import org.understudy.core.protocol.AgentMessage.Progress;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage;
import org.understudy.core.protocol.ServerMessage.LunAssignment;
import org.understudy.server.fleet.DigestTransfers;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;

/**
 * An agent with real bytes: compares blocks with the digests of its base, writes those that differ to the LUN and uploads the new
 * digests, as a hash-comparing agent does.
 */
final class FakeAgent {

    static final int BLOCK = 64 * 1024;

    private final HostId host;
    private final FakeExporter exporter;
    private final Map<String, byte[]> disks = new LinkedHashMap<>();
    /** Digests by point and disk that the agent kept. */
    private final Map<String, Map<Long, BlockDigest>> kept = new HashMap<>();

    private final Map<String, Map<Long, BlockDigest>> ofThisRun = new HashMap<>();
    private volatile @Nullable String openRun;

    FakeAgent(HostId host, FakeExporter exporter) {
        this.host = host;
        this.exporter = exporter;
    }

    byte[] disk(String key) {
        return Objects.requireNonNull(disks.get(key), key);
    }

    void addDisk(String key, int size, Random random) {
        byte[] content = new byte[size];
        disks.put(key, content);
        write(key, size / 3, random);
    }

    void replace(String key, byte[] content) {
        disks.put(key, content);
    }

    /** Writes some random bytes at random places, and some zeros. */
    void write(String key, int bytes, Random random) {
        byte[] disk = disk(key);
        byte[] piece = new byte[Math.max(1, bytes / 4)];
        for (int i = 0; i < 4; i++) {
            random.nextBytes(piece);
            if (i == 3) {
                Arrays.fill(piece, (byte) 0);
            }
            int at = random.nextInt(disk.length);
            System.arraycopy(piece, 0, disk, at, Math.min(piece.length, disk.length - at));
        }
    }

    HostFacts facts() {
        List<HostFacts.Disk> described = new ArrayList<>();
        disks.forEach((key, content) -> described.add(
                new HostFacts.Disk(key, "/dev/" + key, null, null, content.length, 512, "none", List.of())));
        return new HostFacts(
                "web1",
                "machine",
                "Linux",
                "6.1",
                1L << 30,
                2,
                HostFacts.Firmware.BIOS,
                described,
                List.of(),
                HostFacts.BootFacts.unknown());
    }

    @Nullable
    String openRun() {
        return openRun;
    }

    /** What a lost connection or a restart does. */
    void dropRuns() {
        openRun = null;
        ofThisRun.clear();
    }

    List<DiskView> begin(ServerMessage.BeginRun message) {
        openRun = message.run();
        List<DiskView> views = new ArrayList<>();
        for (String key : message.disks()) {
            byte[] disk = disks.get(key);
            if (disk != null) {
                views.add(new DiskView(key, disk.length, used(disk)));
            }
        }
        return views;
    }

    private static long used(byte[] disk) {
        long used = 0;
        for (int at = 0; at < disk.length; at += BLOCK) {
            int length = Math.min(BLOCK, disk.length - at);
            used += BlockDigest.isZero(ByteBuffer.wrap(disk, at, length)) ? 0 : length;
        }
        return used;
    }

    /** @param half stop when half of the first disk is written */
    List<DiskTransfer> transfer(
            ServerMessage.Transfer message, DigestTransfers digests, boolean half, Consumer<Progress> progress) {
        List<Path> luns = exporter.login(
                host,
                message.target().iqn(),
                message.target().chapUser(),
                message.target().chapSecret());
        List<DiskTransfer> result = new ArrayList<>();
        for (LunAssignment assignment : message.luns()) {
            Map<Long, BlockDigest> base = base(assignment, digests);
            byte[] disk = disk(assignment.disk());
            int end = half ? disk.length / 2 : disk.length;
            result.add(copy(message, assignment, base, disk, end, luns.get(assignment.lun()), progress, digests, half));
        }
        return result;
    }

    private Map<Long, BlockDigest> base(LunAssignment assignment, DigestTransfers digests) {
        String point = assignment.basePoint();
        if (point == null) {
            return Map.of();
        }
        Map<Long, BlockDigest> known = kept.get(point + " " + assignment.disk());
        if (known != null) {
            return known;
        }
        Map<Long, BlockDigest> read = new HashMap<>();
        try (InputStream in = digests.baseDigests(host, PointId.parse(point), assignment.disk());
                DigestReader reader = new DigestReader(in)) {
            for (var entry = reader.next(); entry.isPresent(); entry = reader.next()) {
                read.put(entry.get().block(), entry.get().digest());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return read;
    }

    private DiskTransfer copy(
            ServerMessage.Transfer message,
            LunAssignment assignment,
            Map<Long, BlockDigest> base,
            byte[] disk,
            int end,
            Path lun,
            Consumer<Progress> progress,
            DigestTransfers digests,
            boolean half) {
        Map<Long, BlockDigest> now = new HashMap<>();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        long sent = 0;
        try (FileChannel target = FileChannel.open(lun, StandardOpenOption.WRITE);
                DigestWriter writer = new DigestWriter(file, disk.length, BLOCK)) {
            for (int at = 0; at < end; at += BLOCK) {
                long block = at / BLOCK;
                ByteBuffer bytes = ByteBuffer.wrap(disk, at, Math.min(BLOCK, disk.length - at))
                        .slice();
                BlockDigest digest = BlockDigest.of(bytes);
                if (!digest.equals(base.getOrDefault(block, BlockDigest.ZERO))) {
                    if (!exporter.exported(message.target().iqn())) {
                        throw Problem.of(ProblemCode.ISCSI_CONNECTION_LOST).asException();
                    }
                    sent += bytes.remaining();
                    target.write(bytes, at);
                }
                if (!digest.isZeroBlock()) {
                    now.put(block, digest);
                    writer.put(block, digest);
                }
            }
            writer.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        progress.accept(new Progress(message.run(), 1, end, disk.length, sent));
        byte[] digestFile = file.toByteArray();
        if (!half) {
            digests.receive(
                    host,
                    RunId.parse(message.run()),
                    assignment.disk(),
                    new ByteArrayInputStream(digestFile),
                    digestFile.length);
        }
        ofThisRun.put(assignment.disk(), now);
        String sha256 = HexFormat.of().formatHex(BlockDigest.sha256().digest(digestFile));
        return new DiskTransfer(assignment.disk(), used(disk), end, sent, sent, 0, now.size(), sha256);
    }

    void end(ServerMessage.EndRun message) {
        String point = message.committedPoint();
        if (point != null && message.run().equals(openRun)) {
            kept.clear();
            ofThisRun.forEach((disk, digests) -> kept.put(point + " " + disk, Map.copyOf(digests)));
        }
        dropRuns();
    }

    /** Whether it has its own digests of that point. */
    boolean committed(PointId point) {
        return kept.keySet().stream().anyMatch(key -> key.startsWith(point.toString()));
    }
}
