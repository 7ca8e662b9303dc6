package org.understudy.lab.iscsi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/**
 * A target of the kernel with one LUN on a file and one initiator that may log in with CHAP, made in configfs. Everything made
 * is removed in the opposite order. Source: Documentation/target/ and drivers/target/{target_core,iscsi/iscsi_target}_configfs.c.
 */
final class LioTarget implements AutoCloseable {

    private static final Path ROOT = Path.of("/sys/kernel/config/target");

    private final Path group;
    private final Path acl;
    private final Deque<Path> made = new ArrayDeque<>();

    private LioTarget(Path group, String initiator) {
        this.group = group;
        this.acl = group.resolve("acls").resolve(initiator);
    }

    static LioTarget start(
            CommandRunner commands, String iqn, int port, Path file, String initiator, String user, String secret)
            throws IOException {
        commands.run(Command.of("modprobe", "-a", "target_core_mod", "target_core_file", "iscsi_target_mod"))
                .orThrow();
        LioTarget target = new LioTarget(ROOT.resolve("iscsi").resolve(iqn).resolve("tpgt_1"), initiator);
        try {
            target.make(file, iqn, port, user, secret);
        } catch (IOException | RuntimeException e) {
            target.close();
            throw e;
        }
        return target;
    }

    private void make(Path file, String iqn, int port, String user, String secret) throws IOException {
        Path backend = ROOT.resolve("core/fileio_0/" + file.getFileName());
        directory(ROOT.resolve("core/fileio_0"));
        directory(backend);
        set(backend.resolve("control"), "fd_dev_name=" + file + ",fd_dev_size=" + Files.size(file) + "\n");
        set(backend.resolve("wwn/vpd_unit_serial"), "lab-" + file.getFileName());
        set(backend.resolve("enable"), "1");
        set(backend.resolve("attrib/emulate_tpu"), "1");
        // Our initiator unmaps by WRITE SAME in pieces of up to 256 MiB, whatever the limits are that the target tells.
        set(backend.resolve("attrib/emulate_tpws"), "1");
        set(backend.resolve("attrib/max_write_same_len"), "524288");
        directory(ROOT.resolve("iscsi"));
        directory(ROOT.resolve("iscsi").resolve(iqn));
        directory(group);
        set(group.resolve("attrib/authentication"), "1");
        set(group.resolve("param/AuthMethod"), "CHAP");
        Path lun = directory(group.resolve("lun/lun_0"));
        link(lun.resolve("disk"), backend);
        directory(acl);
        // Emulated, small bursts are slow: with the default of 3 s the kernel gives a connection up that does its best.
        set(acl.resolve("attrib/dataout_timeout"), "60");
        set(acl.resolve("auth/userid"), user);
        set(acl.resolve("auth/password"), secret);
        link(directory(acl.resolve("lun_0")).resolve("mapped"), lun);
        directory(group.resolve("np/127.0.0.1:" + port));
        set(group.resolve("enable"), "1");
    }

    /** A negotiation parameter of the target, for example {@code DataDigest}. */
    void parameter(String name, String value) throws IOException {
        set(group.resolve("param").resolve(name), value);
    }

    /** What the kernel tells of the session of the one initiator; empty if it has none. */
    String sessions() throws IOException {
        String info = Files.readString(acl.resolve("info")).strip();
        return info.startsWith("No active iSCSI Session") ? "" : info;
    }

    private Path directory(Path path) throws IOException {
        if (!Files.exists(path)) {
            Files.createDirectory(path);
            made.push(path);
        }
        return path;
    }

    private void link(Path path, Path to) throws IOException {
        Files.createSymbolicLink(path, to);
        made.push(path);
    }

    private static void set(Path attribute, String value) throws IOException {
        Files.writeString(attribute, value, StandardOpenOption.WRITE);
    }

    @Override
    public void close() throws IOException {
        if (Files.exists(group)) {
            set(group.resolve("enable"), "0");
        }
        while (!made.isEmpty()) {
            Files.delete(made.pop());
        }
    }
}
