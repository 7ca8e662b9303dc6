package org.understudy.server.web.api;

import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.understudy.server.files.FileEntry;
import org.understudy.server.files.FileName;
import org.understudy.server.files.FolderPage;
import org.understudy.server.files.OpenedPoint;
import org.understudy.server.files.PointFileSystem;

/**
 * A recovery point whose files can be read.
 *
 * @param closesAt when it closes by itself if nobody reads it until then
 */
public record FilesResource(String pointId, Instant openedAt, Instant closesAt, List<FileSystemResource> fileSystems) {

    /**
     * A partition or disk of the point.
     *
     * @param id as in {@code disk0-2}, for the addresses of its files
     * @param unreadable why it is not open; left out if it is
     */
    public record FileSystemResource(
            String id,
            String type,
            @Nullable String label,
            @Nullable String uuid,
            long sizeBytes,
            @Nullable String unreadable) {

        static FileSystemResource of(PointFileSystem one) {
            return new FileSystemResource(
                    one.id().toString(),
                    one.type(),
                    one.label().orElse(null),
                    one.uuid().orElse(null),
                    one.sizeBytes(),
                    one.unreadable().orElse(null));
        }
    }

    /**
     * A file, folder, link or special file.
     *
     * @param name bytes that are no text, control characters and {@code %} as {@code %} with two hexadecimal digits
     * @param permissions as in {@code rw-r--r--}
     * @param linkTarget of a symbolic link, written as names are
     */
    public record EntryResource(
            String name,
            FileEntry.Kind kind,
            long sizeBytes,
            Instant modified,
            String permissions,
            @Nullable String linkTarget) {

        static EntryResource of(FileEntry entry) {
            return new EntryResource(
                    entry.name().text(),
                    entry.kind(),
                    entry.sizeBytes(),
                    entry.modified(),
                    PosixFilePermissions.toString(entry.permissions()),
                    entry.linkTarget().orElse(null));
        }
    }

    /**
     * A page of a folder in order of the names' bytes.
     *
     * @param next the {@code after} of the next page; left out on the last one
     */
    public record FolderResource(
            String path,
            List<EntryResource> entries,
            @Nullable String next) {

        static FolderResource of(String path, FolderPage page) {
            return new FolderResource(
                    path,
                    page.entries().stream().map(EntryResource::of).toList(),
                    page.next().map(FileName::text).orElse(null));
        }
    }

    static FilesResource of(OpenedPoint opened) {
        return new FilesResource(
                opened.point().toString(),
                opened.openedAt(),
                opened.closesAt(),
                opened.fileSystems().stream().map(FileSystemResource::of).toList());
    }
}
