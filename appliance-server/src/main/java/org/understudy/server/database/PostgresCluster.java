package org.understudy.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * The files of the embedded database: the cluster directory and the password of its superuser. Both are made under another
 * name first and renamed when complete.
 *
 * @param directory what PostgreSQL calls PGDATA
 */
record PostgresCluster(Path directory, String password) {

    static final String SUPERUSER = "understudy";

    private static final Logger log = LoggerFactory.getLogger(PostgresCluster.class);
    private static final int PASSWORD_BYTES = 24;

    /** The cluster in {@code home}, made if there is none. */
    static PostgresCluster prepare(
            Path home, PostgresBinaries binaries, PostgresAccount account, CommandRunner commands) {
        Path directory = home.resolve("cluster");
        Path passwordFile = home.resolve("password");
        try {
            Files.createDirectories(home);
            if (Files.notExists(directory)) {
                initialise(home, directory, passwordFile, binaries, account, commands);
            }
            check(directory, binaries, account, commands);
            if (Files.notExists(passwordFile)) {
                throw damaged("the file " + passwordFile + " is missing");
            }
            account.own(commands, directory);
            return new PostgresCluster(directory, Files.readString(passwordFile).strip());
        } catch (IOException e) {
            throw Problem.of(ProblemCode.DATABASE_UNAVAILABLE, "reason", "its directory " + home + " cannot be used")
                    .asException(e);
        }
    }

    private static void initialise(
            Path home,
            Path directory,
            Path passwordFile,
            PostgresBinaries binaries,
            PostgresAccount account,
            CommandRunner commands)
            throws IOException {
        log.info("Making the database in {}", home);
        Path draft = home.resolve("cluster.new");
        PostgresBinaries.deleteTree(draft);
        Files.createDirectory(
                draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        account.own(commands, draft);
        Files.deleteIfExists(passwordFile);
        Files.createFile(
                passwordFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        byte[] random = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(random);
        Files.writeString(passwordFile, Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n");
        account.own(commands, passwordFile);
        commands.run(account.command(
                        binaries.program("initdb").toString(),
                        "--pgdata=" + draft,
                        "--username=" + SUPERUSER,
                        "--pwfile=" + passwordFile,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--no-instructions"))
                .orThrow();
        Files.move(draft, directory, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void check(
            Path directory, PostgresBinaries binaries, PostgresAccount account, CommandRunner commands)
            throws IOException {
        Path versionFile = directory.resolve("PG_VERSION");
        if (Files.notExists(versionFile)) {
            throw damaged("the directory " + directory + " holds no cluster of PostgreSQL");
        }
        String made = Files.readString(versionFile).strip();
        // "postgres (PostgreSQL) 18.6"
        String program = commands.run(
                        account.command(binaries.program("postgres").toString(), "--version"))
                .orThrow()
                .output()
                .strip();
        String number = program.substring(program.lastIndexOf(' ') + 1);
        String major = number.contains(".") ? number.substring(0, number.indexOf('.')) : number;
        if (!made.equals(major)) {
            throw damaged("it was made by PostgreSQL " + made + ", and this version of Understudy brings " + number);
        }
    }

    private static RuntimeException damaged(String reason) {
        return Problem.of(ProblemCode.DATABASE_UNAVAILABLE, "reason", reason).asException();
    }
}
