package org.understudy.agent.testing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.agent.transfer.DigestExchange;
import org.understudy.core.digest.DigestChanges;
import org.understudy.core.digest.DigestTree;
import org.understudy.core.digest.DigestTrees;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** The appliance's digest files in memory. Thread-safe. */
public final class MemoryExchange implements DigestExchange {

    private final Map<String, byte[]> uploads = new ConcurrentHashMap<>();
    private final Map<String, byte[]> points = new ConcurrentHashMap<>();
    private final AtomicInteger fetches = new AtomicInteger();
    private final AtomicInteger changed = new AtomicInteger();

    /** The run became a point. */
    public void commit(String run, String point) {
        uploads.forEach((name, content) -> {
            if (name.startsWith(run + "/")) {
                points.put(point + name.substring(run.length()), content);
            }
        });
    }

    /** The appliance has a point from before. */
    public void put(String point, String disk, byte[] digests) {
        points.put(point + "/" + disk, digests);
    }

    public byte[] uploaded(String run, String disk) {
        byte[] content = uploads.get(run + "/" + disk);
        if (content == null) {
            throw new IllegalStateException("run " + run + " uploaded no digests of " + disk);
        }
        return content;
    }

    public int fetches() {
        return fetches.get();
    }

    @Override
    public void fetch(String point, String disk, Path file) {
        fetches.incrementAndGet();
        byte[] content = points.get(point + "/" + disk);
        if (content == null) {
            throw Problem.of(ProblemCode.POINT_NOT_FOUND).asException();
        }
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void upload(String run, String disk, Path file) {
        try {
            uploads.put(run + "/" + disk, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Changes the digests of the point that has the root which the changes name. */
    @Override
    public boolean uploadChanges(String run, String disk, Path file) {
        Path tree = file.resolveSibling(file.getFileName() + ".appliance");
        try (InputStream in = Files.newInputStream(file)) {
            DigestChanges changes = DigestChanges.read(in);
            for (Map.Entry<String, byte[]> point : points.entrySet()) {
                if (!point.getKey().endsWith("/" + disk)
                        || !DigestTrees.build(new ByteArrayInputStream(point.getValue()), tree)
                                .root()
                                .equals(changes.base())) {
                    continue;
                }
                try (DigestTree next = DigestTree.openToReplace(tree)) {
                    if (!next.replace(changes.digests()).equals(changes.outcome())) {
                        throw new AssertionError("the changes do not come out as they say");
                    }
                }
                ByteArrayOutputStream whole = new ByteArrayOutputStream();
                DigestTrees.stream(tree, whole);
                uploads.put(run + "/" + disk, whole.toByteArray());
                changed.incrementAndGet();
                return true;
            }
            throw Problem.of(ProblemCode.PROTOCOL_VIOLATION, "reason", "no point has these digests")
                    .asException();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            remove(tree);
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often changes came instead of all digests. */
    public int changed() {
        return changed.get();
    }
}
