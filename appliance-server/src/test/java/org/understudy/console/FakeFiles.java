package org.understudy.console;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileEntry.Kind;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FileSystemId;
import org.understudy.server.files.FolderPage;
import org.understudy.server.files.OpenFile;
import org.understudy.server.files.OpenedPoint;
import org.understudy.server.files.PointFileSystem;
import org.understudy.server.files.PointFileSystems;
import org.understudy.server.kernel.PointId;

/** One folder of files in memory; {@code broken} fails in the middle of its content. */
final class FakeFiles implements PointFileSystems {

    static final int MOST_IN_ZIP = 10;
    static final FileSystemId ROOT = new FileSystemId(0, 1);

    /** More than any buffer of the web server, so that the answer has begun when it fails. */
    private static final int BEFORE_FAILURE = 1 << 20;

    private final Clock clock;
    private final Map<FileName, byte[]> files = new TreeMap<>();
    private @Nullable OpenedPoint opened;

    FakeFiles(Clock clock) {
        this.clock = clock;
    }

    synchronized void reset() {
        opened = null;
        files.clear();
    }

    synchronized void add(String name, String content) {
        files.put(FileName.parse(name), content.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public synchronized OpenedPoint open(PointId point, Reader reader) {
        if (reader == Reader.SAFE) {
            throw Problem.of(ProblemCode.CAPABILITY_MISSING, "capability", "the safe path")
                    .asException();
        }
        opened = new OpenedPoint(
                point,
                clock.instant(),
                clock.instant().plus(Duration.ofMinutes(15)),
                List.of(
                        new PointFileSystem(
                                ROOT, "ext4", Optional.of("root"), Optional.empty(), 1 << 20, Optional.empty()),
                        new PointFileSystem(
                                new FileSystemId(0, 2),
                                "swap",
                                Optional.empty(),
                                Optional.empty(),
                                4096,
                                Optional.of("the quick path does not read swap"))));
        return opened;
    }

    @Override
    public synchronized Optional<OpenedPoint> opened(PointId point) {
        return Optional.ofNullable(opened).filter(one -> one.point().equals(point));
    }

    private void require(PointId point) {
        if (opened(point).isEmpty()) {
            throw Problem.of(ProblemCode.FILES_NOT_OPEN, "point", point.toString())
                    .asException();
        }
    }

    @Override
    public synchronized FolderPage list(
            PointId point, FileSystemId fileSystem, FilePath folder, Optional<FileName> after, int limit) {
        require(point);
        List<FileName> names = files.keySet().stream()
                .filter(name -> after.isEmpty() || name.compareTo(after.get()) > 0)
                .toList();
        List<FileEntry> page = names.stream().limit(limit).map(this::describe).toList();
        return new FolderPage(
                page, names.size() > limit ? Optional.of(page.getLast().name()) : Optional.empty());
    }

    @Override
    public synchronized FileEntry entry(PointId point, FileSystemId fileSystem, FilePath path) {
        require(point);
        if (!files.containsKey(path.last())) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "/" + path).asException();
        }
        return describe(path.last());
    }

    private FileEntry describe(FileName name) {
        return new FileEntry(name, Kind.FILE, size(name), Instant.EPOCH, Set.of(), Optional.empty());
    }

    private long size(FileName name) {
        int known = files.getOrDefault(name, new byte[0]).length;
        return name.text().equals("broken") ? known + 2L * BEFORE_FAILURE : known;
    }

    @Override
    public synchronized OpenFile read(PointId point, FileSystemId fileSystem, FilePath path) {
        FileEntry entry = entry(point, fileSystem, path);
        InputStream content = new ByteArrayInputStream(files.getOrDefault(path.last(), new byte[0]));
        return new OpenFile(entry, entry.name().text().equals("broken") ? breaking(content) : content);
    }

    private static InputStream breaking(InputStream content) {
        InputStream failing = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Input/output error");
            }
        };
        return new SequenceInputStream(
                new SequenceInputStream(content, new ByteArrayInputStream(new byte[BEFORE_FAILURE])), failing);
    }

    @Override
    public synchronized void close(PointId point) throws ProblemException {
        require(point);
        opened = null;
    }
}
