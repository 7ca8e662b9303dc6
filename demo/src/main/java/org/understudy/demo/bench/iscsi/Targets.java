package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.demo.Cleanup;
import org.understudy.demo.process.Await;
import org.understudy.demo.process.ServerProcess;

/** Starts targets, each in a process of its own on a free port of the loopback interface. */
final class Targets {

    private static final String IQN = "iqn.2026-11.org.understudy:bench";
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    /** A control port of its own keeps this tgtd apart from one that the machine may run. */
    private static final String TGT_CONTROL = "78";

    private final CommandRunner commands;
    private final Cleanup cleanup;
    private final Path work;

    Targets(CommandRunner commands, Cleanup cleanup, Path work) {
        this.commands = commands;
        this.cleanup = cleanup;
        this.work = work;
    }

    /** Our target as {@code ./understudy iscsi target} starts it. */
    ServedDisk understudy(Path disk, long size, String... options) throws IOException, InterruptedException {
        InetSocketAddress address = freeAddress();
        List<String> argv = new ArrayList<>(List.of(
                ServerProcess.java(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.understudy.iscsi.cli.IscsiCommand",
                "target",
                "--listen",
                "127.0.0.1:" + address.getPort(),
                "--iqn",
                IQN,
                "--lun",
                disk.toString()));
        argv.addAll(List.of(options));
        return new ServedDisk("understudy", address, IQN, 0, start("understudy", argv, address), size);
    }

    /** tgt with the parameters that make it fast: bursts and segments of 1 MiB, no R2T for the first burst. */
    ServedDisk tgt(Path disk, long size) throws IOException, InterruptedException {
        InetSocketAddress address = freeAddress();
        long pid = start(
                "tgt",
                List.of("tgtd", "-f", "-C", TGT_CONTROL, "--iscsi", "portal=127.0.0.1:" + address.getPort()),
                address);
        admin("--op", "new", "--mode", "target", "--tid", "1", "-T", IQN);
        for (String parameter : List.of(
                "MaxRecvDataSegmentLength=1048576",
                "MaxXmitDataSegmentLength=1048576",
                "MaxBurstLength=1048576",
                "FirstBurstLength=1048576",
                "InitialR2T=No",
                "ImmediateData=Yes",
                "MaxOutstandingR2T=8",
                "MaxQueueCmd=128")) {
            String[] pair = parameter.split("=", 2);
            admin("--op", "update", "--mode", "target", "--tid", "1", "--name", pair[0], "--value", pair[1]);
        }
        admin("--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1", "-b", disk.toString());
        admin("--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL");
        return new ServedDisk("tgt", address, IQN, 1, pid, size);
    }

    private void admin(String... words) {
        commands.run(Command.of("tgtadm", "-C", TGT_CONTROL, "--lld", "iscsi").and(words))
                .orThrow();
    }

    private long start(String name, List<String> argv, InetSocketAddress address) throws InterruptedException {
        Path log = work.resolve(name + "-" + address.getPort() + ".log");
        RunningProcess process = cleanup.register(commands.start(Command.of(argv), log));
        Await.until(name + " to listen (its log is " + log + ")", START_LIMIT, () -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(name + " ended at once, see " + log);
            }
            return answers(address);
        });
        return process.pid();
    }

    private static boolean answers(InetSocketAddress address) {
        try (Socket probe = new Socket()) {
            probe.connect(address, 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static InetSocketAddress freeAddress() throws IOException {
        InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
        try (ServerSocket probe = new ServerSocket(0, 1, loopback)) {
            return new InetSocketAddress(loopback, probe.getLocalPort());
        }
    }
}
