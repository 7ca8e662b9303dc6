package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Acceleration;

/**
 * Finds out whether guests run in hardware by starting one, and remembers the answer until kernel, QEMU or processor change.
 * Thread-safe.
 */
final class AccelerationProbe {

    private static final Logger log = LoggerFactory.getLogger(AccelerationProbe.class);
    private static final Path KVM = Path.of("/dev/kvm");

    private final CommandRunner commands;
    private final Clock clock;
    private final Path emulator;
    private final Path directory;
    private final Duration limit;
    private @Nullable Acceleration known;

    AccelerationProbe(CommandRunner commands, Clock clock, Path emulator, Path directory, Duration limit) {
        this.commands = commands;
        this.clock = clock;
        this.emulator = emulator;
        this.directory = directory;
        this.limit = limit;
    }

    synchronized Acceleration answer() {
        if (known == null) {
            known = remembered();
        }
        return known;
    }

    /** Whether a guest runs with QEMU's accelerator {@code kvm} or {@code tcg} on the processor that machines get. */
    boolean runs(String accelerator) {
        try {
            Files.createDirectories(directory);
            Path image = directory.resolve("test-" + accelerator + ".img");
            Files.write(image, BootSector.image());
            Command qemu = Command.of(
                    emulator.toString(),
                    "-machine",
                    "pc",
                    "-accel",
                    accelerator,
                    "-cpu",
                    accelerator.equals("kvm") ? "host" : "max",
                    "-m",
                    "32",
                    "-nodefaults",
                    "-display",
                    "none",
                    "-no-reboot",
                    "-device",
                    "isa-debug-exit,iobase=0x" + Integer.toHexString(BootSector.EXIT_PORT) + ",iosize=0x04",
                    "-drive",
                    "file=" + image.getFileName() + ",format=raw,if=ide");
            try (RunningProcess guest =
                    commands.start(qemu.inDirectory(directory), directory.resolve("test-" + accelerator + ".log"))) {
                boolean ended = guest.awaitExit(limit);
                return ended && guest.exitStatus() == BootSector.EXIT_STATUS;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the test guest to " + directory, e);
        }
    }

    private Acceleration remembered() {
        try {
            String surroundings = surroundings();
            Path file = directory.resolve("acceleration.properties");
            Properties stored = new Properties();
            if (Files.exists(file)) {
                try (Reader in = Files.newBufferedReader(file)) {
                    stored.load(in);
                }
            }
            if (surroundings.equals(stored.getProperty("surroundings"))) {
                return Acceleration.valueOf(stored.getProperty("answer"));
            }
            Acceleration answer = test();
            stored.setProperty("surroundings", surroundings);
            stored.setProperty("answer", answer.name());
            stored.setProperty("testedAt", clock.instant().toString());
            Path fresh = directory.resolve("acceleration.properties.new");
            Files.createDirectories(directory);
            try (Writer out = Files.newBufferedWriter(fresh)) {
                stored.store(out, null);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remember in " + directory + " how guests run", e);
        }
    }

    private Acceleration test() {
        if (!Files.exists(KVM)) {
            log.info("guests are emulated: there is no {}", KVM);
            return Acceleration.EMULATION;
        }
        long started = System.nanoTime();
        try {
            boolean runs = runs("kvm");
            log.info(
                    "guests {}: the test guest {} with KVM ({} ms)",
                    runs ? "run in hardware" : "are emulated",
                    runs ? "ran" : "did not run",
                    (System.nanoTime() - started) / 1_000_000);
            return runs ? Acceleration.KVM : Acceleration.EMULATION;
        } catch (ProblemException e) {
            log.warn("guests are emulated: the test guest could not be started: {}", e.getMessage());
            return Acceleration.EMULATION;
        }
    }

    private String surroundings() throws IOException {
        String processor = Files.readString(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8)
                .lines()
                .takeWhile(line -> !line.isBlank())
                .filter(line -> line.startsWith("model name") || line.startsWith("flags"))
                .reduce("", String::concat);
        String qemu =
                Files.exists(emulator) ? Files.size(emulator) + " " + Files.getLastModifiedTime(emulator) : "none";
        return NetworkNames.digest(String.join(
                "|",
                Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
                Files.exists(KVM) ? "kvm" : "no kvm",
                processor,
                qemu));
    }
}
