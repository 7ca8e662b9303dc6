package org.understudy.server.files.quick;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileEntry.Kind;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FilePath;
import org.understudy.server.files.FolderPage;
import org.understudy.server.files.OpenFile;

/**
 * Reads below one mount. Each path is walked from the root, one name at a time, relative to the folder that is open and without following
 * links; what is not a file or folder is never opened. That the file system is read-only makes what was looked at the same that
 * is opened. Thread-safe: it has no state but the place.
 */
final class MountTree {

    private final Path root;

    /** @param root where the file system is mounted, or any folder that nobody changes */
    MountTree(Path root) {
        this.root = root;
    }

    FolderPage list(FilePath folder, Optional<FileName> after, int limit) {
        return reading(folder, () -> {
            try (SecureDirectoryStream<Path> open = open(folder)) {
                List<FileName> names = names(open, after, limit + 1);
                boolean more = names.size() > limit;
                List<FileName> page = more ? names.subList(0, limit) : names;
                List<FileEntry> entries = new ArrayList<>(page.size());
                for (FileName name : page) {
                    entries.add(entry(open, folder.child(name)));
                }
                return new FolderPage(entries, more ? Optional.of(page.getLast()) : Optional.empty());
            }
        });
    }

    FileEntry entry(FilePath path) {
        if (path.isRoot()) {
            throw refused("the root of a file system is no entry of a folder");
        }
        return reading(path, () -> {
            try (SecureDirectoryStream<Path> open = open(path.parent())) {
                return entry(open, path);
            }
        });
    }

    OpenFile read(FilePath path) {
        if (path.isRoot()) {
            throw refused("the root of a file system is a folder and not a file");
        }
        return reading(path, () -> {
            try (SecureDirectoryStream<Path> open = open(path.parent())) {
                FileEntry entry = entry(open, path);
                if (entry.kind() != Kind.FILE) {
                    throw refused(path + " is " + said(entry) + " and not a file");
                }
                return new OpenFile(
                        entry,
                        Channels.newInputStream(open.newByteChannel(
                                ImageNames.path(path.last()),
                                Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))));
            }
        });
    }

    private SecureDirectoryStream<Path> open(FilePath folder) throws IOException {
        SecureDirectoryStream<Path> at = secure(Files.newDirectoryStream(root));
        FilePath reached = FilePath.ROOT;
        for (FileName name : folder.names()) {
            reached = reached.child(name);
            try (SecureDirectoryStream<Path> above = at) {
                FileEntry entry = entry(above, reached);
                if (entry.kind() != Kind.FOLDER) {
                    throw refused(reached + " is " + said(entry) + " and not a folder");
                }
                at = above.newDirectoryStream(ImageNames.path(name), LinkOption.NOFOLLOW_LINKS);
            }
        }
        return at;
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream) throws IOException {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        stream.close();
        throw new IOException("this system does not open files relative to folders");
    }

    /** The first names in order, without keeping all of a large folder. */
    private static List<FileName> names(SecureDirectoryStream<Path> open, Optional<FileName> after, int limit) {
        PriorityQueue<FileName> smallest = new PriorityQueue<>(Comparator.reverseOrder());
        for (Path path : open) {
            FileName name = ImageNames.name(path);
            if (after.isEmpty() || name.compareTo(after.get()) > 0) {
                smallest.add(name);
                if (smallest.size() > limit) {
                    smallest.remove();
                }
            }
        }
        List<FileName> names = new ArrayList<>(smallest);
        names.sort(null);
        return names;
    }

    private FileEntry entry(SecureDirectoryStream<Path> folder, FilePath path) throws IOException {
        PosixFileAttributes attributes = folder.getFileAttributeView(
                        ImageNames.path(path.last()), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
        Kind kind = attributes.isRegularFile()
                ? Kind.FILE
                : attributes.isDirectory() ? Kind.FOLDER : attributes.isSymbolicLink() ? Kind.LINK : Kind.SPECIAL;
        return new FileEntry(
                path.last(),
                kind,
                kind == Kind.FILE ? attributes.size() : 0,
                attributes.lastModifiedTime().toInstant(),
                attributes.permissions(),
                kind == Kind.LINK ? target(path) : Optional.empty());
    }

    /**
     * Java reads links by a whole path only. Every name above was just seen to be a folder, and nothing changes; a path that is too long
     * for the system has no target here.
     */
    private Optional<String> target(FilePath path) {
        Path whole = root;
        for (FileName name : path.names()) {
            whole = whole.resolve(ImageNames.path(name));
        }
        try {
            return Optional.of(ImageNames.target(Files.readSymbolicLink(whole)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String said(FileEntry entry) {
        return switch (entry.kind()) {
            case FILE -> "a file";
            case FOLDER -> "a folder";
            case LINK ->
                "a symbolic link"
                        + entry.linkTarget().map(target -> " to " + target).orElse("");
            case SPECIAL -> "a device, FIFO or socket";
        };
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    private static <T> T reading(FilePath path, Reading<T> reading) {
        try {
            return reading.read();
        } catch (NoSuchFileException e) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "/" + path).asException(e);
        } catch (IOException | DirectoryIteratorException e) {
            throw unreadable(path, e);
        }
    }

    private static ProblemException unreadable(FilePath path, Exception e) {
        // The message of such an exception begins with a path of the appliance, which tells nobody anything.
        Throwable failure = e.getCause() instanceof IOException inner ? inner : e;
        String reason = failure instanceof FileSystemException system ? system.getReason() : failure.getMessage();
        return Problem.of(ProblemCode.FILES_UNREADABLE, "what", "/" + path, "reason", String.valueOf(reason))
                .asException(e);
    }

    private static ProblemException refused(String reason) {
        return Problem.of(ProblemCode.INVALID_REQUEST, "reason", reason).asException();
    }
}
