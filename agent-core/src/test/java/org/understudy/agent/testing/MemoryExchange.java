package org.understudy.agent.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.understudy.agent.transfer.DigestExchange;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/** The appliance's digest files in memory. Thread-safe. */
public final class MemoryExchange implements DigestExchange {

    private final Map<String, byte[]> uploads = new ConcurrentHashMap<>();
    private final Map<String, byte[]> points = new ConcurrentHashMap<>();
    private final AtomicInteger fetches = new AtomicInteger();

    /** The run became a point. */
    public void commit(String run, String point) {
        uploads.forEach((name, content) -> {
            if (name.startsWith(run + "/")) {
                points.put(point + name.substring(run.length()), content);
            }
        });
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
}
