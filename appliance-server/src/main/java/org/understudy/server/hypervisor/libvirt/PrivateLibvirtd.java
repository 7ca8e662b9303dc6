package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;

/**
 * A libvirtd of the appliance's own, in mount, network and UTS namespaces of its own, with all its files under one directory. It
 * is a daemon and not a child of the server: machines outlive the server, and a server that starts again uses it again. Its mount
 * namespace is a slave of the host's, so that pools mounted later are seen and can be unmounted. Not thread-safe; its one caller
 * serialises. Sources: libvirtd(8), unshare(1), mount_namespaces(7).
 */
final class PrivateLibvirtd {

    private static final Logger log = LoggerFactory.getLogger(PrivateLibvirtd.class);
    /** Sockets live here and not in the data directory: unix(7) leaves 107 bytes for a path, and data may lie anywhere. */
    private static final Path SOCKETS = Path.of("/run/understudy");

    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final Duration HOLDER_LIMIT = Duration.ofSeconds(10);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(15);

    private final CommandRunner commands;
    private final Path directory;
    private final Path program;
    private final String namespace;

    PrivateLibvirtd(CommandRunner commands, Path directory, Path program) {
        this.commands = commands;
        this.directory = directory;
        this.program = program;
        this.namespace = "us-" + NetworkNames.digest(directory.toString()).substring(0, 8);
    }

    /** Starts the daemon unless it runs; its driver may still be starting when this returns, which a connection waits for. */
    String ensureRunning() {
        if (daemon().isPresent()) {
            log.debug("libvirtd runs already in {}", directory);
        } else {
            start();
        }
        return uri();
    }

    String uri() {
        return "qemu+unix:///system?socket=" + socket();
    }

    /** Name of the network namespace that guests live in. */
    String namespace() {
        return namespace;
    }

    Path namespaceFile() {
        return Path.of("/run/netns", namespace);
    }

    /** Ends the daemon and its namespace; the caller has made sure that no machine and no network is active. */
    void stop() {
        OptionalLong pid = daemon();
        if (pid.isPresent()) {
            ProcessHandle.of(pid.getAsLong()).ifPresent(process -> {
                process.destroy();
                if (!await(() -> !process.isAlive(), EXIT_LIMIT)) {
                    process.destroyForcibly();
                }
            });
        }
        if (Files.exists(namespaceFile())) {
            commands.run(Command.of("ip", "netns", "del", namespace)).orThrow();
        }
        removeSockets();
        log.info("the private libvirtd in {} was ended", directory);
    }

    private void removeSockets() {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(sockets())) {
            for (Path socket : left) {
                Files.deleteIfExists(socket);
            }
            Files.deleteIfExists(sockets());
        } catch (NoSuchFileException e) {
            log.debug("{} was gone already", sockets());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove " + sockets(), e);
        }
    }

    /** The daemon's process id, if it runs and is ours. */
    OptionalLong daemon() {
        try {
            long pid = Long.parseLong(Files.readString(pidFile()).strip());
            String line = Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
            return line.contains(configuration().toString()) ? OptionalLong.of(pid) : OptionalLong.empty();
        } catch (NoSuchFileException | NumberFormatException e) {
            return OptionalLong.empty();
        } catch (IOException e) {
            // The process ended between the two reads: /proc answers ESRCH.
            log.debug("libvirtd of {} has gone: {}", directory, e.toString());
            return OptionalLong.empty();
        }
    }

    private void start() {
        long started = System.nanoTime();
        try {
            prepareFiles();
            shareMounts();
            prepareNamespace();
            launch();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare the private libvirtd in " + directory, e);
        }
        log.info(
                "a private libvirtd was started in {} within {} ms, network namespace {}",
                directory,
                (System.nanoTime() - started) / 1_000_000,
                namespace);
    }

    private void prepareFiles() throws IOException {
        for (String name :
                List.of("run", "etc/qemu", "lib/qemu", "lib/dnsmasq", "lib/images", "cache", "log/qemu", "empty")) {
            Files.createDirectories(directory.resolve(name));
        }
        Files.createDirectories(Path.of("/run/libvirt"));
        Files.createDirectories(SOCKETS);
        Files.createDirectories(sockets(), OWNER_ONLY);
        Path hostId = directory.resolve("host-uuid");
        if (!Files.exists(hostId)) {
            Files.writeString(hostId, UUID.randomUUID().toString());
        }
        // The log's format knows no spaces in a path; in the daemon's own namespace this is log/libvirtd.log of the
        // directory.
        Files.writeString(configuration(), """
                listen_tls = 0
                listen_tcp = 0
                unix_sock_dir = "%s"
                auth_unix_ro = "none"
                auth_unix_rw = "none"
                unix_sock_rw_perms = "0700"
                host_uuid = "%s"
                log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
                """.formatted(
                        sockets(), Files.readString(hostId).strip()));
        // Guests run as the server's user and open disks that the server owns; nothing else uses this daemon. Without
        // virtlogd (stdio_handler) and cgroups there is no second daemon and no need of systemd.
        Files.writeString(directory.resolve("etc/qemu.conf"), """
                user = "root"
                group = "root"
                dynamic_ownership = 0
                remember_owner = 0
                security_driver = "none"
                security_default_confined = 0
                cgroup_controllers = [ ]
                namespaces = [ ]
                seccomp_sandbox = 0
                stdio_handler = "file"
                lock_manager = "nop"
                """);
    }

    /**
     * A mount made later reaches a slave namespace only if the mount that it is made on is shared. systemd makes all mounts so at
     * boot; where it did not run, the one that holds the data directory is made so here.
     */
    private void shareMounts() throws IOException {
        Optional<MountPoint> mount =
                MountPoint.holding(directory.toRealPath(), Files.readString(Path.of("/proc/self/mountinfo")));
        if (mount.isPresent() && !mount.get().shared()) {
            log.info("{} is made a shared mount, so that guests see pools that are mounted later", mount.get());
            commands.run(Command.of("mount", "--make-shared", mount.get().path().toString()))
                    .orThrow();
        }
    }

    /** Lets whoever removes the directory by hand find the namespace that belongs to it. */
    private void writeNamespaceName() {
        try {
            Files.writeString(directory.resolve("network.netns"), namespace + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void prepareNamespace() {
        if (!Files.exists(namespaceFile())) {
            commands.run(Command.of("ip", "netns", "add", namespace)).orThrow();
        }
        writeNamespaceName();
        commands.run(Command.of("ip", "-n", namespace, "link", "set", "lo", "up"))
                .orThrow();
    }

    private void launch() {
        Command holder = Command.of(
                "ip", "netns", "exec", namespace, "unshare", "--mount", "--uts", "--propagation", "slave", "--");
        Path comm;
        try (RunningProcess sleeper =
                commands.start(holder.and("sleep", "600"), directory.resolve("log/namespaces.log"))) {
            comm = Path.of("/proc", Long.toString(sleeper.pid()), "comm");
            if (!await(() -> read(comm).equals("sleep"), HOLDER_LIMIT)) {
                throw Problem.of(ProblemCode.HYPERVISOR_UNAVAILABLE)
                        .withDetails("no namespaces for libvirtd; see log/namespaces.log in " + directory)
                        .asException();
            }
            List<String> enter =
                    List.of("nsenter", "--target", Long.toString(sleeper.pid()), "--mount", "--uts", "--net");
            inside(enter, "hostname", namespace);
            bind(enter, "run", "/run/libvirt");
            bind(enter, "etc", "/etc/libvirt");
            bind(enter, "lib", "/var/lib/libvirt");
            bind(enter, "cache", "/var/cache/libvirt");
            bind(enter, "log", "/var/log/libvirt");
            if (Files.isDirectory(Path.of("/run/dbus"))) {
                // Without the system bus it leaves the host's firewalld and machined alone.
                bind(enter, "empty", "/run/dbus");
            }
            inside(
                    enter,
                    program.toString(),
                    "-d",
                    "-f",
                    configuration().toString(),
                    "-p",
                    pidFile().toString());
        }
    }

    private void bind(List<String> enter, String name, String target) {
        inside(enter, "mount", "--bind", directory.resolve(name).toString(), target);
    }

    private void inside(List<String> enter, String... argv) {
        List<String> line = new ArrayList<>(enter);
        line.add("--");
        line.addAll(List.of(argv));
        commands.run(Command.of(line)).orThrow();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean await(BooleanSupplier condition, Duration limit) {
        return Waiting.until(condition, limit, Duration.ofMillis(10));
    }

    private Path configuration() {
        return directory.resolve("libvirtd.conf");
    }

    private Path pidFile() {
        return directory.resolve("libvirtd.pid");
    }

    private Path socket() {
        return sockets().resolve("libvirt-sock");
    }

    private Path sockets() {
        return SOCKETS.resolve(namespace);
    }
}
