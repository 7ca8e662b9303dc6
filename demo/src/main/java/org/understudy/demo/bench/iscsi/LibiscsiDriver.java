package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.bench.CpuTime;

/**
 * libiscsi, driven by {@code qemu-img bench}: the native initiator, and the same hands for every target. Its time is what the
 * program says, without log-in; its CPU is that of the whole process.
 */
final class LibiscsiDriver implements Driver {

    private static final Pattern TIME = Pattern.compile("Run completed in ([0-9.]+) seconds\\.");

    private final CommandRunner commands;

    LibiscsiDriver(CommandRunner commands) {
        this.commands = commands;
    }

    @Override
    public String name() {
        return "libiscsi";
    }

    @Override
    public Sample run(ServedDisk disk, Workload workload) throws IOException {
        List<String> argv = new ArrayList<>(List.of(
                "qemu-img",
                "bench",
                "-f",
                "raw",
                "-t",
                "writeback",
                "-c",
                Integer.toString(workload.requests()),
                "-d",
                Integer.toString(workload.depth()),
                "-s",
                Integer.toString(workload.blockBytes()),
                "-S",
                Long.toString(workload.step(disk.sizeBytes()))));
        if (workload.write()) {
            argv.addAll(List.of("-w", "--pattern=85"));
        }
        argv.add(disk.url());
        Duration targetBefore = CpuTime.of(disk.pid());
        Duration before = CpuTime.ofEndedChildren();
        String said = commands.run(Command.of(argv)).orThrow().output();
        Duration used = CpuTime.ofEndedChildren().minus(before);
        Duration targetUsed = CpuTime.of(disk.pid()).minus(targetBefore);
        Matcher time = TIME.matcher(said);
        if (!time.find()) {
            throw new IOException("qemu-img bench did not say how long it took: " + said);
        }
        return new Sample(
                workload.bytes(),
                Double.parseDouble(time.group(1)),
                used.toMillis() / 1e3,
                targetUsed.toMillis() / 1e3);
    }

    @Override
    public void close() {
        // Every round is a process of its own.
    }
}
