package org.understudy.iscsi.target;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.locks.LockSupport;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;

/**
 * What bad sessions cost good ones: the rate of 70 good sessions without and with 30 bad ones, in turns in one run, medians.
 * As a program: {@code CrowdBench [ROUNDS [SECONDS]]}.
 */
final class CrowdBench {

    /** Heap and direct memory that the target process is given: its memory cannot pass this without its death. */
    static final List<String> MEMORY =
            List.of("-Xmx96m", "-XX:MaxDirectMemorySize=192m", "-XX:+ExitOnOutOfMemoryError");

    private CrowdBench() {}

    /**
     * @param alone median bytes per second without bad sessions
     * @param annoyed with them
     * @param peak largest values seen while the bad ones were there
     */
    record Result(long alone, long annoyed, CrowdTarget.Report peak, long badConnections, List<String> failures) {
        double ratio() {
            return (double) annoyed / alone;
        }
    }

    /** A target process and the ports that it printed. */
    record Target(RunningProcess process, InetSocketAddress address, int reports) implements AutoCloseable {

        static Target start(Path directory) throws IOException {
            Path log = directory.resolve("crowd-target.log");
            Command command = Command.of(Path.of(System.getProperty("java.home"), "bin", "java")
                            .toString())
                    .and(MEMORY.toArray(new String[0]))
                    .and("-Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener")
                    .and("-cp", System.getProperty("java.class.path"), CrowdTarget.class.getName());
            RunningProcess process = new ProcessCommandRunner().start(command, log);
            long giveUp = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (!Files.exists(log) || !Files.readString(log).contains("ports ")) {
                if (System.nanoTime() > giveUp || !process.isAlive()) {
                    process.close();
                    throw new IOException("the target did not start: " + Files.readString(log));
                }
                LockSupport.parkNanos(50_000_000);
            }
            String text = Files.readString(log);
            Scanner ports = new Scanner(text.substring(text.indexOf("ports ") + 6));
            return new Target(
                    process, new InetSocketAddress(InetAddress.getLoopbackAddress(), ports.nextInt()), ports.nextInt());
        }

        CrowdTarget.Report report() throws IOException {
            return CrowdTarget.Report.from(reports);
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** How often the target is looked at in a round: those that cut come and go. */
    private static final int SLICES = 10;

    static Result measure(Target target, int rounds, Duration each) throws IOException {
        List<Long> alone = new ArrayList<>();
        List<Long> annoyed = new ArrayList<>();
        CrowdTarget.Report peak = target.report();
        try (Crowd crowd = new Crowd(target.address())) {
            rate(crowd, each);
            for (int i = 0; i < rounds; i++) {
                alone.add(rate(crowd, each));
                crowd.annoy(true);
                // They need a moment to gather.
                rate(crowd, Duration.ofSeconds(1));
                List<Long> slices = new ArrayList<>();
                for (int slice = 0; slice < SLICES; slice++) {
                    slices.add(rate(crowd, each.dividedBy(SLICES)));
                    peak = highest(peak, target.report());
                }
                annoyed.add(slices.stream().mapToLong(Long::longValue).sum() / SLICES);
                crowd.annoy(false);
                rate(crowd, Duration.ofSeconds(1));
            }
            return new Result(median(alone), median(annoyed), peak, crowd.badConnections(), crowd.failures());
        }
    }

    private static long rate(Crowd crowd, Duration time) {
        long bytes = crowd.goodBytes();
        long started = System.nanoTime();
        long end = started + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
        return (long) ((crowd.goodBytes() - bytes) * 1e9 / (System.nanoTime() - started));
    }

    private static long median(List<Long> values) {
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static CrowdTarget.Report highest(CrowdTarget.Report a, CrowdTarget.Report b) {
        return new CrowdTarget.Report(
                Math.max(a.connections(), b.connections()),
                Math.max(a.buffers(), b.buffers()),
                Math.max(a.heap(), b.heap()),
                Math.max(a.direct(), b.direct()),
                Math.max(a.threads(), b.threads()),
                Math.max(a.descriptors(), b.descriptors()));
    }

    public static void main(String[] arguments) throws IOException {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        Duration each = Duration.ofSeconds(arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4);
        try (Target target = Target.start(Files.createTempDirectory("crowd"))) {
            Result result = measure(target, rounds, each);
            System.out.printf(
                    "good sessions alone %.1f MB/s, with bad ones %.1f MB/s, ratio %.2f%npeak %s, %d bad connections%n",
                    result.alone() / 1e6,
                    result.annoyed() / 1e6,
                    result.ratio(),
                    result.peak(),
                    result.badConnections());
            result.failures().forEach(System.out::println);
        }
    }
}
