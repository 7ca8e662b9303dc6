package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.util.FileSystemUtils;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.hypervisor.HypervisorSettings;
import org.understudy.server.hypervisor.TestGuest;
import org.understudy.server.hypervisor.libvirt.LibvirtConfiguration;
import org.understudy.server.kernel.ByteSize;
import org.understudy.server.kernel.DataDirectory;
import org.understudy.server.kernel.DiskId;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.kernel.TakeoverId;
import org.understudy.server.recovery.RecoverySettings;
import org.understudy.server.recovery.Takeover;
import org.understudy.server.recovery.Takeover.Mode;
import org.understudy.server.recovery.Takeover.Probe;
import org.understudy.server.recovery.Takeover.State;
import org.understudy.server.recovery.Takeovers;
import org.understudy.server.storage.memory.InMemoryVolumeStore;

/** Real guests, QEMU's emulation: two points of a host boot at once, and each answers with the content of its own instant. */
@Tag("platform")
class TakeoverPlatformTest {

    private static final Logger log = LoggerFactory.getLogger(TakeoverPlatformTest.class);
    private static final CommandRunner COMMANDS = new ProcessCommandRunner();

    private static Path directory;
    private static GenericApplicationContext libvirt;
    private static InMemoryVolumeStore pool;
    private static TakeoverLifecycle recovery;
    private static final FakeRecoveryPoints points = new FakeRecoveryPoints();
    private static final HostId host = HostId.random();
    private static final PointId first = PointId.random();
    private static final PointId last = PointId.random();

    @BeforeAll
    static void open() {
        try {
            directory = Files.createTempDirectory("us-rc");
            pool = new InMemoryVolumeStore(Files.createDirectory(directory.resolve("pool")));
            point(first, "the first page");
            point(last, "the last page");
            libvirt = new GenericApplicationContext();
            libvirt.registerBean(
                    HypervisorSettings.class,
                    () -> bind(
                            "understudy.hypervisor",
                            Map.of("understudy.hypervisor.acceleration", "emulation"),
                            HypervisorSettings.class));
            libvirt.registerBean(DataDirectory.class, () -> new DataDirectory(directory));
            libvirt.registerBean(CommandRunner.class, () -> COMMANDS);
            libvirt.registerBean(Clock.class, Clock::systemUTC);
            new org.springframework.context.annotation.AnnotatedBeanDefinitionReader(libvirt)
                    .register(LibvirtConfiguration.class);
            libvirt.refresh();
            recovery = server(new InMemoryTakeoverBook());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T bind(String prefix, Map<String, String> properties, Class<T> type) {
        return new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate(prefix, type);
    }

    private static void point(PointId point, String page) throws Exception {
        Path guest = TestGuest.make(directory, page);
        DiskId disk = new DiskId(host, 0);
        pool.createVolume(disk, new ByteSize(Files.size(guest)));
        COMMANDS.run(Command.of(
                        "cp",
                        "--sparse=always",
                        guest.toString(),
                        pool.headDevice(disk).toString()))
                .orThrow();
        pool.snapshot(host, point, Map.of());
        points.add(TestFacts.manifest(host, point, TestFacts.debian()));
    }

    private static TakeoverLifecycle server(TakeoverBook book) {
        RecoveryMetrics metrics = new RecoveryMetrics(new SimpleMeterRegistry());
        Backstage backstage = new Backstage(
                book,
                new TakeoverLog(book, event -> log.info("{}", event), Clock.systemUTC(), metrics),
                pool,
                libvirt.getBean(Hypervisor.class),
                points,
                new Screenshots(directory.resolve("takeovers")),
                bind(
                        "understudy.recovery",
                        Map.of("understudy.recovery.shut-down-patience", "15s"),
                        RecoverySettings.class),
                metrics);
        TakeoverLifecycle lifecycle =
                new TakeoverLifecycle(new TakeoverDirector(backstage, Clock.systemUTC()), backstage);
        lifecycle.start();
        return lifecycle;
    }

    @AfterAll
    static void close() throws Exception {
        try {
            recovery.stop();
            Hypervisor hypervisor = libvirt.getBean(Hypervisor.class);
            hypervisor.machines().forEach(status -> hypervisor.remove(status.name()));
        } finally {
            libvirt.close();
            FileSystemUtils.deleteRecursively(directory);
        }
    }

    private static TakeoverId start(PointId point, Mode mode, String page) {
        return recovery.director()
                .start(new Takeovers.Request(
                        point,
                        mode,
                        OptionalInt.of(1),
                        OptionalLong.of(192L << 20),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        List.of(new Probe.Tcp(80), new Probe.Http(80, "/", Optional.of(page))),
                        false));
    }

    private static Takeover takeover(TakeoverId id) {
        return recovery.director().takeover(id).orElseThrow();
    }

    @Test
    void twoPointsBootAtOnceAnswerWithTheirOwnContentAndAreGoneAfterwards() throws Exception {
        TakeoverId drill = start(first, Mode.DRILL, "the first page");
        TakeoverId production = start(last, Mode.TAKEOVER, "the last page");
        for (TakeoverId id : List.of(drill, production)) {
            await().atMost(Duration.ofMinutes(5))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> points.isProven(takeover(id).point()));
            Takeover answered = takeover(id);
            log.info(
                    "{}: running after {}, answered after {}, address {}, {}",
                    answered.mode(),
                    answered.toRunning(),
                    answered.toAnswer(),
                    answered.address(),
                    answered.profile());
            assertThat(answered.state()).isEqualTo(State.RUNNING);
            assertThat(answered.probes()).allMatch(probe -> probe.passed().equals(Optional.of(true)));
            assertThat(colours(id)).isGreaterThan(1);
        }
        assertThat(takeover(drill).probes().get(1).bodyStart()).hasValue("the first page\n");
        assertThat(takeover(production).probes().get(1).bodyStart()).hasValue("the last page\n");
        assertThat(takeover(drill).address()).isNotEqualTo(takeover(production).address());

        recovery.director().stop(production);
        await().atMost(Duration.ofMinutes(2)).until(() -> takeover(production).state() == State.STOPPED);
        for (TakeoverId id : List.of(drill, production)) {
            recovery.director().discard(id);
            await().atMost(Duration.ofMinutes(1)).until(() -> takeover(id).state() == State.DONE);
        }
        assertThat(libvirt.getBean(Hypervisor.class).machines()).isEmpty();
        assertThat(pool.clones()).isEmpty();
    }

    private static long colours(TakeoverId id) throws Exception {
        byte[] png = recovery.director().screenshot(id).orElseThrow();
        assertThat(png).startsWith(0x89, 'P', 'N', 'G');
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(png));
        return IntStream.range(0, picture.getWidth() * picture.getHeight())
                .map(i -> picture.getRGB(i % picture.getWidth(), i / picture.getWidth()))
                .distinct()
                .count();
    }

    /** Wide limits: the machines that run this are slow and shared. The measured times are in the log. */
    @Test
    void theSizeOfADiskDoesNotDelayItsMachine() throws Exception {
        for (long gibibytes : new long[] {20, 1024}) {
            HostId big = HostId.random();
            PointId point = PointId.random();
            pool.createVolume(new DiskId(big, 0), ByteSize.ofMebibytes(1));
            pool.snapshot(big, point, Map.of());
            points.add(TestFacts.manifest(big, point, TestFacts.debian()));
            TakeoverId warm = recovery.director().start(Stage.request(point, Mode.DRILL));
            await().atMost(Duration.ofMinutes(1)).until(() -> takeover(warm).state() == State.RUNNING);
            recovery.director().stop(warm);
            await().atMost(Duration.ofMinutes(2)).until(() -> takeover(warm).state() == State.STOPPED);
            // The fake pool copies; growing the copy afterwards makes it as big as a real clone at once.
            try (RandomAccessFile disk = new RandomAccessFile(
                    pool.cloneDevice(MachinePlan.clone(warm, Mode.DRILL), new DiskId(big, 0))
                            .toFile(),
                    "rw")) {
                disk.setLength(gibibytes << 30);
            }
            long began = System.nanoTime();
            recovery.director().resume(warm);
            await().pollInterval(Duration.ofMillis(10))
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> takeover(warm).state() == State.RUNNING);
            long millis = (System.nanoTime() - began) / 1_000_000;
            log.info(
                    "{} GiB: first start {}, running again after {} ms",
                    gibibytes,
                    takeover(warm).toRunning(),
                    millis);
            assertThat(millis).as("%d GiB", gibibytes).isLessThan(20_000);
            recovery.director().discard(warm);
            await().atMost(Duration.ofMinutes(1)).until(() -> takeover(warm).state() == State.DONE);
        }
    }
}
