package org.understudy.server.identity;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;

/** The directory of the identity: readable by nobody else, every file whole or absent. Not thread-safe. */
final class IdentityFiles {

    private static final Logger log = LoggerFactory.getLogger(IdentityFiles.class);
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");

    private final Path directory;

    IdentityFiles(Path directory) throws IOException {
        this.directory = directory;
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
        }
        restrict(directory, DIRECTORY);
    }

    Path path(String name) {
        return directory.resolve(name);
    }

    boolean exists(String name) {
        return Files.exists(path(name));
    }

    byte[] read(String name) throws IOException {
        restrict(path(name), FILE);
        return Files.readAllBytes(path(name));
    }

    /** The file is on disk, whole, when this returns; a crash before leaves the old one. */
    void write(String name, byte[] contents) throws IOException {
        Path temporary = path(name + ".tmp");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(FILE));
        try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
            out.write(contents);
            out.getFD().sync();
        }
        Files.move(temporary, path(name), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
            parent.force(true);
        }
    }

    private static void restrict(Path path, Set<PosixFilePermission> wanted) throws IOException {
        Set<PosixFilePermission> present = Files.getPosixFilePermissions(path);
        if (!wanted.containsAll(present)) {
            log.warn("{} was open to others ({}): closed", path, PosixFilePermissions.toString(present));
            Files.setPosixFilePermissions(path, wanted);
        }
    }

    ProblemException damaged(String name, String reason) {
        return problem(name, reason).asException();
    }

    ProblemException damaged(String name, String reason, Exception cause) {
        return problem(name, reason).asException(cause);
    }

    private Problem problem(String name, String reason) {
        return Problem.of(ProblemCode.IDENTITY_DAMAGED, "file", path(name).toString(), "reason", reason);
    }
}
