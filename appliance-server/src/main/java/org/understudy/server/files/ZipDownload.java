package org.understudy.server.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry.Kind;
import org.understudy.server.kernel.PointId;

/**
 * A selection of one file system as a zip that is made while it is sent. Memory depends on the number of links and special files, not on
 * sizes. See docs/design/files.md for what is kept and what is not. For one thread.
 */
public final class ZipDownload {

    private static final int PAGE = PointFileSystems.MOST_ENTRIES;

    /** Times that every program that unpacks can hold; a file system may claim any. */
    private static final Instant EARLIEST = Instant.parse("1980-01-02T00:00:00Z");

    private static final Instant LATEST = Instant.parse("2107-12-30T00:00:00Z");

    private static final String LEFT_OUT = "left-out.txt";

    private final PointFileSystems fileSystems;
    private final PointId point;
    private final FileSystemId fileSystem;
    private final List<FilePath> selection;

    private ZipDownload(
            PointFileSystems fileSystems, PointId point, FileSystemId fileSystem, List<FilePath> selection) {
        this.fileSystems = fileSystems;
        this.point = point;
        this.fileSystem = fileSystem;
        this.selection = selection;
    }

    /**
     * Walks the selection once, so that what cannot work fails before a byte is sent.
     *
     * @param selection the root stands for the whole file system; what lies in another selected folder is not sent twice
     * @param limit most files and folders
     * @throws ProblemException {@code FILES_TOO_MANY}, {@code INVALID_REQUEST} if nothing is selected, and those of the port
     */
    public static ZipDownload prepare(
            PointFileSystems fileSystems, PointId point, FileSystemId fileSystem, List<FilePath> selection, int limit) {
        if (selection.isEmpty()) {
            throw Problem.of(ProblemCode.INVALID_REQUEST, "reason", "nothing is selected")
                    .asException();
        }
        ZipDownload download = new ZipDownload(fileSystems, point, fileSystem, withoutNested(selection));
        int count = 0;
        for (Walk walk = download.walk(); walk.hasNext(); walk.next()) {
            if (++count > limit) {
                throw Problem.of(
                                ProblemCode.FILES_TOO_MANY,
                                "what",
                                "the selection of " + fileSystem,
                                "limit",
                                Integer.toString(limit))
                        .asException();
            }
        }
        return download;
    }

    private static List<FilePath> withoutNested(List<FilePath> selection) {
        Set<FilePath> all = Set.copyOf(selection);
        Set<FilePath> kept = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
        for (FilePath path : all) {
            boolean nested = false;
            for (FilePath above = path; !above.isRoot() && !nested; ) {
                above = above.parent();
                nested = all.contains(above);
            }
            if (!nested) {
                kept.add(path);
            }
        }
        return List.copyOf(kept);
    }

    /**
     * Sends the zip; does not close {@code out}.
     *
     * @throws IOException if the receiver is gone
     * @throws ProblemException if something cannot be read; what was sent has no end then
     */
    public void writeTo(OutputStream out) throws IOException {
        ZipArchiveOutputStream zip = new ZipArchiveOutputStream(out);
        zip.setEncoding(StandardCharsets.UTF_8.name());
        zip.setUseZip64(Zip64Mode.AsNeeded);
        List<FilePath> links = new ArrayList<>();
        List<String> leftOut = new ArrayList<>();
        for (Walk walk = walk(); walk.hasNext(); ) {
            Found found = walk.next();
            switch (found.entry().kind()) {
                case FILE -> file(zip, found);
                case FOLDER -> {
                    ZipArchiveEntry folder = head(found, "/", UnixStat.DIR_FLAG);
                    folder.setSize(0);
                    zip.putArchiveEntry(folder);
                    zip.closeArchiveEntry();
                }
                case LINK -> links.add(found.path());
                case SPECIAL -> leftOut.add(found.path() + " (a device, FIFO or socket)");
            }
        }
        for (FilePath link : links) {
            link(zip, link, leftOut);
        }
        if (!leftOut.isEmpty()) {
            String lines = String.join("\n", leftOut) + "\n";
            bytes(zip, new ZipArchiveEntry(LEFT_OUT), lines.getBytes(StandardCharsets.UTF_8));
        }
        zip.finish();
    }

    private void file(ZipArchiveOutputStream zip, Found found) throws IOException {
        try (OpenFile file = fileSystems.read(point, fileSystem, found.path())) {
            ZipArchiveEntry entry = head(found, "", UnixStat.FILE_FLAG);
            entry.setSize(file.entry().sizeBytes());
            zip.putArchiveEntry(entry);
            file.copyTo(zip);
            zip.closeArchiveEntry();
        }
    }

    private void link(ZipArchiveOutputStream zip, FilePath path, List<String> leftOut) throws IOException {
        Found found = new Found(path, fileSystems.entry(point, fileSystem, path));
        Optional<String> target = found.entry().linkTarget();
        if (target.isPresent()) {
            bytes(zip, head(found, "", UnixStat.LINK_FLAG), FileName.unescape(target.get()));
        } else {
            leftOut.add(path + " (a symbolic link that cannot be read)");
        }
    }

    private static void bytes(ZipArchiveOutputStream zip, ZipArchiveEntry entry, byte[] bytes) throws IOException {
        entry.setSize(bytes.length);
        zip.putArchiveEntry(entry);
        zip.write(bytes);
        zip.closeArchiveEntry();
    }

    private ZipArchiveEntry head(Found found, String end, int type) {
        ZipArchiveEntry entry = new ZipArchiveEntry(ZipNames.of(fileSystem, found.path()) + end);
        Instant modified = found.entry().modified();
        entry.setTime(
                (modified.isBefore(EARLIEST) ? EARLIEST : modified.isAfter(LATEST) ? LATEST : modified).toEpochMilli());
        entry.setUnixMode(type | mode(found.entry().permissions()));
        return entry;
    }

    private static int mode(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (PosixFilePermission permission : permissions) {
            // In the order of the enumeration: owner's read first, others' execute last.
            mode |= 0400 >> permission.ordinal();
        }
        return mode;
    }

    private Walk walk() {
        return new Walk();
    }

    private record Found(FilePath path, FileEntry entry) {}

    /** Everything selected, folders before what is in them; remembers one page for each folder that it is in. */
    private final class Walk implements Iterator<Found> {

        private final Deque<Folder> folders = new ArrayDeque<>();
        private final Iterator<FilePath> roots = selection.iterator();
        private @Nullable Found next;

        Walk() {
            advance();
        }

        private void advance() {
            next = null;
            while (next == null && (!folders.isEmpty() || roots.hasNext())) {
                if (folders.isEmpty()) {
                    begin(roots.next());
                } else {
                    next = folders.peek().next();
                    if (next == null) {
                        folders.pop();
                    }
                }
            }
            if (next != null && next.entry().kind() == Kind.FOLDER) {
                folders.push(new Folder(next.path()));
            }
        }

        private void begin(FilePath path) {
            if (path.isRoot()) {
                folders.push(new Folder(path));
            } else {
                next = new Found(path, fileSystems.entry(point, fileSystem, path));
            }
        }

        @Override
        public boolean hasNext() {
            return next != null;
        }

        @Override
        public Found next() {
            if (next == null) {
                throw new NoSuchElementException();
            }
            Found found = next;
            advance();
            return found;
        }
    }

    private final class Folder {

        private final FilePath path;
        private Iterator<FileEntry> page;
        private Optional<FileName> after;

        Folder(FilePath path) {
            this.path = path;
            FolderPage first = fileSystems.list(point, fileSystem, path, Optional.empty(), PAGE);
            this.page = first.entries().iterator();
            this.after = first.next();
        }

        @Nullable
        Found next() {
            if (!page.hasNext() && after.isPresent()) {
                FolderPage more = fileSystems.list(point, fileSystem, path, after, PAGE);
                page = more.entries().iterator();
                after = more.next();
            }
            if (!page.hasNext()) {
                return null;
            }
            FileEntry entry = page.next();
            return new Found(path.child(entry.name()), entry);
        }
    }
}
