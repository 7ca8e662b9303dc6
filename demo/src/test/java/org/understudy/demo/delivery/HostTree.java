package org.understudy.demo.delivery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandResult;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;

/**
 * A host to install on: this machine's own system in a change root, with a layer of its own for everything that is written, without
 * any Java, with a machine id and a bpffs of its own. Needs root and overlayfs.
 */
final class HostTree implements AutoCloseable {

    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final CommandRunner commands;
    private final Path work;
    private final Path root;

    private HostTree(CommandRunner commands, Path work) {
        this.commands = commands;
        this.work = work;
        root = work.resolve("root");
    }

    /**
     * @param work a directory that does not exist
     * @param random names the machine
     */
    static HostTree make(CommandRunner commands, Path work, Random random) throws IOException {
        HostTree tree = new HostTree(commands, work);
        try {
            tree.mount(random);
            return tree;
        } catch (IOException | RuntimeException e) {
            tree.close();
            throw e;
        }
    }

    private void mount(Random random) throws IOException {
        Files.createDirectories(work);
        // The layer must not lie on the file system that is below it.
        run("mount", "-t", "tmpfs", "-o", "size=1g,mode=0755", "host-tree", work.toString());
        for (String name : List.of("upper", "work", "root")) {
            Files.createDirectories(work.resolve(name));
        }
        run(
                "mount",
                "-t",
                "overlay",
                "-o",
                "lowerdir=/,upperdir=" + work.resolve("upper") + ",workdir=" + work.resolve("work"),
                "host-tree",
                root.toString());
        remove("/usr/lib/jvm", "/usr/bin/java", "/var/lib/understudy-agent", "/etc/understudy-agent");
        byte[] id = new byte[16];
        random.nextBytes(id);
        Files.writeString(
                root.resolve("etc/machine-id"),
                java.util.HexFormat.of().formatHex(id) + "\n",
                StandardCharsets.US_ASCII);
        run("mount", "--bind", "/proc", root.resolve("proc").toString());
        run("mount", "--bind", "/sys", root.resolve("sys").toString());
        run("mount", "--bind", "/dev", root.resolve("dev").toString());
        run("mount", "-t", "bpf", "bpf", root.resolve("sys/fs/bpf").toString());
        Files.createDirectories(root.resolve("var/tmp"));
    }

    /** Takes files or directories away from this host. */
    void remove(String... paths) {
        for (String path : paths) {
            run("rm", "-rf", file(path).toString());
        }
    }

    /** A file of this host, seen from outside. */
    Path file(String path) {
        return root.resolve(path.substring(1));
    }

    /** Runs a program on this host. */
    CommandResult call(String... argv) {
        return commands.run(command(List.of(argv)));
    }

    /** Runs a line of shell on this host, as somebody who pastes it. */
    CommandResult paste(String line) {
        return call("/bin/sh", "-c", line);
    }

    RunningProcess start(Path log, String... argv) {
        return commands.start(command(List.of(argv)), log);
    }

    private Command command(List<String> argv) {
        List<String> all = new ArrayList<>(
                List.of("chroot", root.toString(), "/usr/bin/env", "-i", "PATH=" + PATH, "HOME=/root", "LANG=C"));
        all.addAll(argv);
        return Command.of(all).withStallLimit(Duration.ofMinutes(3));
    }

    private void run(String... argv) {
        commands.run(Command.of(argv)).orThrow();
    }

    @Override
    public void close() {
        // From the innermost to the outermost; what was never mounted does not matter.
        for (String place : List.of("root/sys/fs/bpf", "root/dev", "root/sys", "root/proc", "root", "")) {
            commands.run(Command.of("umount", "-l", work.resolve(place).toString()));
        }
    }
}
