package org.understudy.server.database;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * The programs of the embedded PostgreSQL, unpacked from the class path on first use. A directory appears under its final name
 * only when it is complete, so a start that was killed in between leaves nothing that is used.
 *
 * @param directory holds {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path directory) {

    private static final Logger log = LoggerFactory.getLogger(PostgresBinaries.class);

    /** Unpacks below {@code parent} unless that was done before. */
    static PostgresBinaries under(Path parent) {
        String archive = archive();
        try (InputStream found = PostgresBinaries.class.getResourceAsStream("/" + archive)) {
            if (found == null) {
                throw Problem.of(
                                ProblemCode.DATABASE_UNAVAILABLE,
                                "reason",
                                "no embedded PostgreSQL for " + System.getProperty("os.arch")
                                        + " is built in; set understudy.database.url to an external one")
                        .asException();
            }
            int length = found.available();
            Path directory = parent.resolve(archive.replace(".txz", "") + "-" + length);
            if (!Files.isDirectory(directory)) {
                unpack(found, directory);
            }
            return new PostgresBinaries(directory);
        } catch (IOException e) {
            throw Problem.of(ProblemCode.DATABASE_UNAVAILABLE, "reason", "its programs cannot be unpacked")
                    .asException(e);
        }
    }

    Path program(String name) {
        return directory.resolve("bin").resolve(name);
    }

    private static String archive() {
        String machine = System.getProperty("os.arch");
        return "postgres-linux-" + (machine.equals("amd64") ? "x86_64" : machine) + ".txz";
    }

    private static void unpack(InputStream archive, Path directory) throws IOException {
        log.info("Unpacking the embedded PostgreSQL into {}", directory);
        Path draft = directory.resolveSibling(directory.getFileName() + ".new");
        deleteTree(draft);
        Files.createDirectories(draft);
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive, 1 << 16)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                write(tar, entry, draft);
            }
        }
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwxr-xr-x"));
        try {
            Files.move(draft, directory, StandardCopyOption.ATOMIC_MOVE);
        } catch (java.nio.file.FileSystemException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
            // Another process finished first; its copy is the same.
            deleteTree(draft);
        }
    }

    private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path root) throws IOException {
        Path target = root.resolve(entry.getName()).normalize();
        if (!target.startsWith(root)) {
            throw new IOException("the archive leaves its directory: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
        } else if (entry.isSymbolicLink()) {
            Files.createDirectories(target.getParent());
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            Files.createDirectories(target.getParent());
            Files.copy(tar, target);
            Set<PosixFilePermission> mode =
                    PosixFilePermissions.fromString((entry.getMode() & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--");
            Files.setPosixFilePermissions(target, mode);
        }
    }

    static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
