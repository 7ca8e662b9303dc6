package org.understudy.server.protection.internal.runs;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.understudy.core.digest.BlockDigest;
import org.understudy.core.digest.CorruptDigestFileException;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestReader;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.digest.DigestTrees;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.fleet.DigestTransfers;
import org.understudy.server.fleet.Fleet;
import org.understudy.server.fleet.ProtectedHost.ProtectedDisk;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.RunId;
import org.understudy.server.protection.internal.DurableFiles;
import org.understudy.server.protection.internal.Problems;
import org.understudy.server.protection.internal.points.ManifestFile;
import org.understudy.server.protection.internal.points.PointCatalogue;
import org.understudy.server.storage.VolumeStore;

/**
 * Takes the digests of runs that transfer, and gives out those of points, each only to the host that they are of. A whole file is
 * checked while it becomes a tree in the head's {@code meta}, which gets its name only when it is whole, forced, and the run still wants
 * it. Changes are held in memory until they were checked and then change the tree of the point before. Thread-safe.
 */
@Service
class LiveRunDigests implements DigestTransfers {

    private static final Logger log = LoggerFactory.getLogger(LiveRunDigests.class);

    private static final int HEADER_AND_END_BYTES = 20 + 40;
    /** The worst file has every second block, each as a run of its own. */
    private static final int WORST_BYTES_PER_BLOCK = 12 + BlockDigest.LENGTH;

    private final LiveRuns live;
    private final RunLedger ledger;
    private final VolumeStore store;
    private final PointCatalogue catalogue;
    private final Fleet fleet;
    private final AtomicLong uploads = new AtomicLong();

    LiveRunDigests(LiveRuns live, RunLedger ledger, VolumeStore store, PointCatalogue catalogue, Fleet fleet) {
        this.live = live;
        this.ledger = ledger;
        this.store = store;
        this.catalogue = catalogue;
        this.fleet = fleet;
    }

    @Override
    public void receive(HostId host, RunId run, String disk, InputStream body, long contentLength) {
        DigestIntake intake = intakeOf(host, run);
        RunDisk wanted = intake.disk(disk);
        long limit = maxBytes(wanted.sizeBytes());
        if (contentLength > limit) {
            throw DataTransfer.violation("a digest file of " + contentLength + " bytes for disk " + disk);
        }
        Path file = ManifestFile.digests(store.headMeta(host), wanted.number());
        Path part = file.resolveSibling(file.getFileName() + "." + uploads.incrementAndGet() + DurableFiles.PART);
        try {
            DigestIntake.Received received = stream(host, wanted, body, limit, part);
            intake.accept(wanted, received, () -> DurableFiles.publish(part, file));
        } catch (IOException e) {
            throw Problems.ofPool(e);
        } finally {
            remove(part);
        }
    }

    private DigestIntake intakeOf(HostId host, RunId run) {
        Optional<LiveRun> found = live.find(run);
        HostId owner = found.map(LiveRun::host)
                .or(() -> ledger.row(run).map(RunEntity::host))
                .orElseThrow(() -> unknown(run));
        if (!owner.equals(host)) {
            throw foreign(host);
        }
        return found.flatMap(LiveRun::intake).orElseThrow(() -> unknown(run));
    }

    private DigestIntake.Received stream(HostId host, RunDisk disk, InputStream body, long limit, Path part)
            throws IOException {
        Counted counted = new Counted(body, limit);
        return understood(host, disk, () -> {
            // Not closed: the body belongs to the caller.
            @SuppressWarnings("resource")
            DigestReader reader = new DigestReader(counted);
            checkSizes(disk, reader.diskBytes(), reader.blockSize());
            DigestTree.Outcome tree = DigestTrees.build(reader, part);
            counted.transferTo(OutputStream.nullOutputStream());
            return new DigestIntake.Received(counted.sha256(), tree.root(), tree.blocks());
        });
    }

    @Override
    public void receiveChanges(HostId host, RunId run, String disk, InputStream body, long contentLength) {
        DigestIntake intake = intakeOf(host, run);
        RunDisk wanted = intake.disk(disk);
        long limit = DigestChanges.maxBytes();
        if (contentLength > limit) {
            throw DataTransfer.violation("changes of digests of " + contentLength + " bytes for disk " + disk);
        }
        try {
            DigestChanges changes = understood(host, wanted, () -> DigestChanges.read(new Counted(body, limit)));
            Path file = ManifestFile.digests(store.headMeta(host), wanted.number());
            String root = changes.outcome().root();
            intake.accept(
                    wanted,
                    new DigestIntake.Received(root, root, changes.outcome().blocks()),
                    () -> change(file, wanted, changes));
        } catch (IOException e) {
            throw Problems.ofPool(e);
        }
    }

    /** Changes the head's digests in place. The head is dirty by now: whatever fails or dies here is rolled back with it. */
    private static void change(Path file, RunDisk disk, DigestChanges changes) throws IOException {
        if (!Files.isRegularFile(file) || !DigestTree.isTree(file)) {
            throw unchangeable(disk);
        }
        try (DigestTree tree = DigestTree.openToReplace(file)) {
            if (tree.root().equals(changes.outcome().root())) {
                return;
            }
            if (!tree.root().equals(changes.base())
                    || tree.diskBytes() != disk.sizeBytes()
                    || tree.blockSize() != RunDisk.BLOCK_SIZE) {
                throw DataTransfer.violation(
                        "the agent's digests of " + disk.key() + " are not those of the point before");
            }
            DigestTree.Outcome made = tree.replace(changes.digests());
            tree.force();
            if (!made.equals(changes.outcome())) {
                throw DataTransfer.violation("the changes of " + disk.key() + "'s digests do not come out as they say");
            }
        } catch (CorruptDigestFileException e) {
            // The pool holds something else than was stored. The agent still knows all digests.
            log.warn("the digests of {} in the pool are damaged and are sent again: {}", disk.key(), e.getMessage());
            throw (ProblemException) unchangeable(disk).initCause(e);
        }
    }

    private static ProblemException unchangeable(RunDisk disk) {
        return Problem.of(
                        ProblemCode.CONFLICT,
                        "reason",
                        "there are no digests of " + disk.key() + " that could be changed; all of them are needed")
                .asException();
    }

    /** Reading what a peer sends. */
    private interface Reading<T> {
        T read() throws IOException;
    }

    private <T> T understood(HostId host, RunDisk disk, Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (CorruptDigestFileException e) {
            throw Problem.of(
                            ProblemCode.PROTOCOL_VIOLATION,
                            "reason",
                            "digests of " + disk.key() + ": " + e.getMessage())
                    .asException(e);
        } catch (BodyException e) {
            throw Problem.of(ProblemCode.AGENT_CONNECTION_LOST, "host", ledger.nameOf(host))
                    .asException(e);
        }
    }

    private static void checkSizes(RunDisk disk, long diskBytes, int blockSize) throws CorruptDigestFileException {
        if (diskBytes != disk.sizeBytes() || blockSize != RunDisk.BLOCK_SIZE) {
            throw new CorruptDigestFileException("they describe a disk of " + diskBytes + " bytes in blocks of "
                    + blockSize + ", not of " + disk.sizeBytes() + " in " + RunDisk.BLOCK_SIZE);
        }
    }

    static long maxBytes(long diskBytes) {
        long blocks = (diskBytes + RunDisk.BLOCK_SIZE - 1) / RunDisk.BLOCK_SIZE;
        return HEADER_AND_END_BYTES + blocks * WORST_BYTES_PER_BLOCK;
    }

    @Override
    public InputStream baseDigests(HostId host, PointId point, String disk) {
        if (store.snapshot(host, point).isEmpty()) {
            if (catalogue
                    .find(point)
                    .filter(other -> !other.host().equals(host))
                    .isPresent()) {
                throw foreign(host);
            }
            throw Problem.of(ProblemCode.POINT_NOT_FOUND, "point", point.toString())
                    .asException();
        }
        int number = fleet.host(host).stream()
                .flatMap(found -> found.disks().stream())
                .filter(known -> known.key().equals(disk))
                .mapToInt(ProtectedDisk::number)
                .findFirst()
                .orElseThrow(() -> noDisk(disk));
        try {
            return stream(ManifestFile.digests(store.snapshotMeta(host, point), number));
        } catch (NoSuchFileException e) {
            throw (ProblemException) noDisk(disk).initCause(e);
        } catch (IOException e) {
            throw Problems.ofPool(e);
        }
    }

    /** A tree goes out as a digest file; it is made beforehand, because a damaged one must not look like one that ends early. */
    private static InputStream stream(Path digests) throws IOException {
        if (!DigestTree.isTree(digests)) {
            return Files.newInputStream(digests);
        }
        Path made = Files.createTempFile("understudy-digests-", ".part");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(made))) {
                DigestTrees.stream(digests, out);
            }
            return Files.newInputStream(made, StandardOpenOption.DELETE_ON_CLOSE);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(made);
            throw e;
        }
    }

    private static ProblemException noDisk(String disk) {
        return Problem.of(ProblemCode.DISK_NOT_FOUND, "disk", disk).asException();
    }

    private static ProblemException unknown(RunId run) {
        return Problem.of(ProblemCode.RUN_UNKNOWN, "run", run.toString()).asException();
    }

    private ProblemException foreign(HostId host) {
        return Problem.of(ProblemCode.FOREIGN_HOST, "host", ledger.nameOf(host)).asException();
    }

    private static void remove(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            // The next point removes every part file before it is made.
            log.warn("{} could not be removed", part, e);
        }
    }

    /** The peer's stream broke. */
    private static final class BodyException extends IOException {
        private static final long serialVersionUID = 1;

        BodyException(IOException cause) {
            super(cause);
        }
    }

    /** Gives on what it reads, up to a limit. */
    private static final class Counted extends InputStream {
        private final InputStream source;
        private final MessageDigest sha256 = BlockDigest.sha256();
        private long left;

        Counted(InputStream source, long limit) {
            this.source = source;
            left = limit;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count;
            try {
                count = source.read(target, offset, length);
            } catch (IOException e) {
                throw new BodyException(e);
            }
            if (count <= 0) {
                return count;
            }
            left -= count;
            if (left < 0) {
                throw new CorruptDigestFileException("the file is longer than any for this disk");
            }
            sha256.update(target, offset, count);
            return count;
        }

        String sha256() {
            return HexFormat.of().formatHex(sha256.digest());
        }
    }
}
