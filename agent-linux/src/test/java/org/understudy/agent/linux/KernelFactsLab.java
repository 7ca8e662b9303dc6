package org.understudy.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.SelfTest;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.command.RunningProcess;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.Consistency;

/** What this kernel offers, and that the agent says what it lacks. */
@Tag("kernels")
class KernelFactsLab {

    @Test
    void theSelfTestProvesThatWritesAreSeen(TestReporter reporter) throws Exception {
        ProcessCommandRunner commands = new ProcessCommandRunner();
        DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);
        Trackers trackers = new Trackers(LabMachine.PINS, Path.of("/"), probe);
        trackers.mountPins();
        long started = System.nanoTime();
        List<String> proven = new SelfTest(trackers, probe, commands).run();
        reporter.publishEntry(LabMachine.figures(
                "kernel", Files.readString(Path.of("/proc/version")).strip(),
                "proven", String.join("; ", proven),
                "seconds", (System.nanoTime() - started) / 1_000_000_000L,
                "typeInformationKiB", Files.size(Path.of("/sys/kernel/btf/vmlinux")) >> 10,
                "sequenceNumbers", Files.exists(Path.of("/sys/block/vda/diskseq"))));
        assertThat(proven).contains("a write is seen on submission and on completion");
    }

    /** On a kernel where that could hang for good nothing is frozen, and the reason is said. */
    @Test
    void besideWritesByIoUringNothingHangs(TestReporter reporter) throws Exception {
        boolean mended = IoUringHazard.isMended(Files.readString(Path.of("/proc/version")));
        Path directory = LabMachine.scratch("uring");
        Path volume = directory.resolve("volume.img");
        try (MadeDevice made = MadeDevice.of(MadeDevice.Kind.VIRTIO_DISK);
                PinDirectory pins = new PinDirectory(directory)) {
            Path mountPoint = directory.resolve("mnt");
            made.mount(mountPoint);
            FrozenTruth truth = new FrozenTruth(made.disk(), directory.resolve("truth.img"));
            RunningProcess fio = new ProcessCommandRunner()
                    .start(
                            Command.of(
                                    "fio",
                                    "--name=uring",
                                    "--ioengine=io_uring",
                                    "--direct=1",
                                    "--rw=randwrite",
                                    "--bs=4k",
                                    "--iodepth=32",
                                    "--size=16M",
                                    "--rate=2m",
                                    "--time_based",
                                    "--runtime=900",
                                    "--filename=" + mountPoint.resolve("load")),
                            directory.resolve("fio-uring.log"));
            try (FileTargetBench bench =
                    new FileTargetBench(directory.resolve("state"), made.disk(), volume, pins.pins(), truth)) {
                await().atMost(Duration.ofSeconds(60)).until(() -> hasRing(fio.pid()));
                AgentMessage.TransferFinished finished = bench.run(null, "beside-io_uring");
                reporter.publishEntry(LabMachine.figures(
                        "mended", mended,
                        "consistency", finished.consistency(),
                        "reason", finished.consistencyReason(),
                        "frozenMillis", finished.frozenMillis()));
                assertThat(fio.isAlive()).isTrue();
                if (mended) {
                    assertThat(finished.consistency())
                            .as(finished.consistencyReason())
                            .isEqualTo(Consistency.FILE_SYSTEM);
                    assertThat(truth.differences(volume).total()).isZero();
                } else {
                    assertThat(finished.consistency()).isEqualTo(Consistency.CRASH);
                    assertThat(finished.consistencyReason()).contains("io_uring");
                    assertThat(finished.frozenMillis()).isZero();
                }
            } finally {
                fio.close();
                assertThat(fio.awaitExit(Duration.ofSeconds(60))).isTrue();
            }
        }
    }

    /** Fio starts the process that writes as a child, or works itself as a thread of the one that was started. */
    private static boolean hasRing(long pid) {
        return ProcessHandle.of(pid).stream()
                .flatMap(started -> Stream.concat(Stream.of(started), started.descendants()))
                .map(process -> Path.of("/proc", Long.toString(process.pid()), "fd"))
                .anyMatch(descriptors -> KernelFiles.ofThisHost().names(descriptors).stream()
                        .anyMatch(descriptor -> linksToRing(descriptors.resolve(descriptor))));
    }

    private static boolean linksToRing(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("io_uring");
        } catch (IOException e) {
            return false; // it was closed meanwhile
        }
    }
}
