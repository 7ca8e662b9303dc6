package org.understudy.server.exports.embedded;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.LoginListener;
import org.understudy.server.exports.ActiveExport;
import org.understudy.server.exports.BlockExport;
import org.understudy.server.exports.BlockExporter;
import org.understudy.server.exports.BlockExporterContract;
import org.understudy.server.exports.ExportSettings;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.identity.TestIdentities;
import org.understudy.server.kernel.HostId;

class EmbeddedBlockExporterTest extends BlockExporterContract {

    private static final ExportSettings SETTINGS = new ExportSettings("127.0.0.1", 0, 0, "127.0.0.1", 0, 256, 64);
    private static final int MIB = 1 << 20;

    @TempDir
    Path identityDirectory;

    private final CommandRunner runner = new ProcessCommandRunner();
    private @Nullable ApplianceIdentity identity;
    private @Nullable EmbeddedBlockExporter exporter;

    private ApplianceIdentity identity() {
        if (identity == null) {
            identity = TestIdentities.open(identityDirectory);
        }
        return identity;
    }

    private EmbeddedBlockExporter embedded() {
        if (exporter == null) {
            exporter = EmbeddedBlockExporter.start(SETTINGS, identity().serverContext(), LoginListener.NONE);
        }
        return exporter;
    }

    @Override
    protected BlockExporter exporter() {
        return embedded();
    }

    @AfterEach
    void close() {
        if (exporter != null) {
            exporter.close();
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static SessionConfig session(ActiveExport active, SSLContext tls, String secret) {
        return SessionConfig.of(loopback(active.tlsPort()), active.iqn())
                .withTls(tls)
                .withChap(new ChapCredentials("run", secret))
                .withTimeout(Duration.ofSeconds(10));
    }

    private IscsiSession login(ActiveExport active) throws Exception {
        return IscsiSession.login(session(active, TestIdentities.agent(identity(), host), SECRET));
    }

    @Test
    void theAgentOfTheHostWritesAndReadsItsDisks() throws Exception {
        Path a = image("a", 4 * MIB);
        Path b = image("b", 2 * MIB);
        ActiveExport active = exporter().export(export(IQN, a, b));

        try (IscsiSession session = login(active)) {
            assertThat(session.luns()).containsExactly(0, 1);
            try (RemoteDisk disk = session.disk(1)) {
                assertThat(disk.sizeBytes()).isEqualTo(2 * MIB);
                disk.write(MIB, bytes("for the second disk", 512));
                disk.flush();
                ByteBuffer back = ByteBuffer.allocate(512);
                disk.read(MIB, back);
                assertThat(new String(back.array(), StandardCharsets.UTF_8)).startsWith("for the second disk");
            }
            // The target counts after it has answered.
            await().atMost(10, SECONDS)
                    .untilAsserted(() -> assertThat(exporter().active())
                            .containsExactly(new ActiveExport(IQN, active.tlsPort(), 1, 512, 512)));
        }

        assertThat(Files.readAllBytes(a)).containsOnly(0);
        assertThat(new String(Files.readAllBytes(b), MIB, 19, StandardCharsets.UTF_8))
                .isEqualTo("for the second disk");
        assertThat(exporter().failure(IQN)).isEmpty();
    }

    @Test
    void aWrongSecretIsRefused() throws Exception {
        ActiveExport active = exporter().export(export(IQN, image("a", MIB)));
        SSLContext agent = TestIdentities.agent(identity(), host);

        assertThatExceptionOfType(IscsiException.LoginRefused.class)
                .isThrownBy(() -> IscsiSession.login(session(active, agent, "not-the-secret")));
    }

    @Test
    void anotherHostIsRefusedAlthoughItKnowsTheSecret() throws Exception {
        ActiveExport active = exporter().export(export(IQN, image("a", MIB)));
        SSLContext other = TestIdentities.agent(identity(), HostId.random());

        assertThatExceptionOfType(IscsiException.LoginRefused.class)
                .isThrownBy(() -> IscsiSession.login(session(active, other, SECRET)));
    }

    @Test
    void anAgentOfAnotherApplianceDoesNotGetThroughTls(@TempDir Path elsewhere) throws Exception {
        ActiveExport active = exporter().export(export(IQN, image("a", MIB)));
        SSLContext foreign = TestIdentities.agent(TestIdentities.open(elsewhere), host);

        assertThatExceptionOfType(IscsiException.ConnectionLost.class)
                .isThrownBy(() -> IscsiSession.login(session(active, foreign, SECRET)));
        assertThat(exporter().active().get(0).sessions()).isZero();
    }

    @Test
    void aReadOnlyDiskRefusesWritesAndStaysAsItIs() throws Exception {
        Path image = image("a", MIB);
        ActiveExport active = exporter()
                .export(new BlockExport(
                        IQN, List.of(new BlockExport.Lun(image, true, "s")), "run", SECRET, Optional.of(host)));

        try (IscsiSession session = login(active)) {
            RemoteDisk disk = session.disk(0);
            assertThat(disk.readOnly()).isTrue();
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> disk.write(0, bytes("x", 512)));
        }

        assertThat(Files.readAllBytes(image)).containsOnly(0);
        assertThat(exporter().failure(IQN))
                .as("a refused write is no failure of the device")
                .isEmpty();
    }

    @Test
    void aReleaseEndsSessionsAndFreesTheDevices() throws Exception {
        Path image = image("a", MIB);
        ActiveExport active = exporter().export(export(IQN, image));
        try (IscsiSession session = login(active)) {
            RemoteDisk disk = session.disk(0);
            disk.write(0, bytes("kept", 512));
            assertThat(openFiles()).contains(image);

            exporter().release(IQN);

            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                disk.write(512, bytes("lost", 512));
                disk.flush();
            });
        }
        assertThat(new String(Files.readAllBytes(image), 0, 4, StandardCharsets.UTF_8))
                .isEqualTo("kept");
        await().atMost(10, SECONDS).untilAsserted(() -> assertThat(openFiles()).doesNotContain(image));
    }

    private static List<Path> openFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    files.add(Files.readSymbolicLink(descriptor));
                } catch (NoSuchFileException closedMeanwhile) {
                    files.add(descriptor);
                }
            }
        }
        return files;
    }

    @Test
    void aPlainExportIsForOtherInitiatorsAndNeedsItsSecretToo() throws Exception {
        BlockExport.Lun lun = new BlockExport.Lun(image("a", MIB), false, "s");
        exporter().export(new BlockExport(IQN, List.of(lun), "third-party", SECRET, Optional.empty()));
        SessionConfig plain = SessionConfig.of(loopback(embedded().plainPort()), IQN);

        try (IscsiSession session = IscsiSession.login(plain.withChap(new ChapCredentials("third-party", SECRET)))) {
            assertThat(session.luns()).containsExactly(0);
        }
        assertThatExceptionOfType(IscsiException.LoginRefused.class).isThrownBy(() -> IscsiSession.login(plain));
    }

    @Test
    void anExportForAHostCannotBeReachedWithoutTls() throws Exception {
        exporter().export(export(IQN, image("a", MIB)));
        SessionConfig plain =
                SessionConfig.of(loopback(embedded().plainPort()), IQN).withChap(new ChapCredentials("run", SECRET));

        assertThatExceptionOfType(IscsiException.LoginRefused.class).isThrownBy(() -> IscsiSession.login(plain));
    }

    @Test
    void plainExportsAreRefusedUnlessTheyAreSwitchedOn() throws Exception {
        ExportSettings tlsOnly = new ExportSettings("127.0.0.1", 0, 0, "127.0.0.1", null, 256, 64);
        BlockExport plain =
                new BlockExport(IQN, export(IQN, image("a", MIB)).luns(), "third-party", SECRET, Optional.empty());
        try (EmbeddedBlockExporter only =
                EmbeddedBlockExporter.start(tlsOnly, identity().serverContext(), LoginListener.NONE)) {
            refuses(ProblemCode.CAPABILITY_MISSING, () -> only.export(plain));
            assertThat(only.active()).isEmpty();
        }
    }

    @Test
    void agentsAreToldThePublicPortIfThereIsOne() throws Exception {
        ExportSettings behindRelay = new ExportSettings("127.0.0.1", 0, 13261, "127.0.0.1", null, 256, 64);
        try (EmbeddedBlockExporter relayed =
                EmbeddedBlockExporter.start(behindRelay, identity().serverContext(), LoginListener.NONE)) {
            assertThat(relayed.tlsPort()).isNotEqualTo(13261);
            assertThat(relayed.export(export(IQN, image("a", MIB))).tlsPort()).isEqualTo(13261);
        }
    }

    @Test
    void aPortInUseIsExplained() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ExportSettings settings =
                    new ExportSettings("127.0.0.1", taken.getLocalPort(), 0, "127.0.0.1", null, 256, 64);

            refuses(
                    ProblemCode.INVALID_SETTING,
                    () -> EmbeddedBlockExporter.start(settings, identity().serverContext(), LoginListener.NONE));
        }
    }

    @Test
    void unmappedSpaceIsGivenBackToTheFileSystem() throws Exception {
        Path image = image("unmapped a", 8 * MIB);
        ActiveExport active = exporter().export(export(IQN, image));
        try (IscsiSession session = login(active)) {
            RemoteDisk disk = session.disk(0);
            for (int i = 0; i < 8; i++) {
                disk.write((long) i * MIB, bytes("data", MIB));
            }
            disk.flush();
            assertThat(allocated(image)).isGreaterThanOrEqualTo(8L * MIB);

            disk.unmap(MIB, 6 * MIB);
            disk.flush();
        }

        assertThat(allocated(image)).isLessThan(3L * MIB);
        byte[] contents = Files.readAllBytes(image);
        assertThat(contents).hasSize(8 * MIB);
        assertThat(Arrays.copyOfRange(contents, MIB, 7 * MIB)).containsOnly(0);
        assertThat(new String(contents, 7 * MIB, 4, StandardCharsets.UTF_8)).isEqualTo("data");
    }

    private long allocated(Path file) {
        String blocks = runner.run(Command.of("stat", "--format=%b", file.toString()))
                .orThrow()
                .output()
                .strip();
        return Long.parseLong(blocks) * 512;
    }

    @Test
    @Tag("platform")
    void aFullPoolIsAnIoErrorForTheInitiatorAndNamedHere() throws Exception {
        Path small = Files.createDirectory(directory.resolve("small"));
        runner.run(Command.of("mount", "-t", "tmpfs", "-o", "size=1m", "none", small.toString()))
                .orThrow();
        try {
            Path image = image("small/a", 8 * MIB);
            ActiveExport active = exporter().export(export(IQN, image));
            try (IscsiSession session = login(active)) {
                RemoteDisk disk = session.disk(0);

                assertThatExceptionOfType(IscsiException.CommandFailed.class).isThrownBy(() -> {
                    for (int i = 0; i < 4; i++) {
                        disk.write((long) i * MIB, bytes("data", MIB));
                    }
                    disk.flush();
                });
                ByteBuffer still = ByteBuffer.allocate(512);
                disk.read(0, still);
                assertThat(still.hasRemaining()).isFalse();
            }
            assertThat(exporter().failure(IQN)).map(Problem::code).contains(ProblemCode.POOL_FULL);
            exporter().release(IQN);
            assertThat(exporter().failure(IQN)).isEmpty();
        } finally {
            embedded().release(IQN);
            runner.run(Command.of("umount", small.toString())).orThrow();
        }
    }

    private static ByteBuffer bytes(String text, int length) {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        buffer.put(text.getBytes(StandardCharsets.UTF_8));
        return buffer.rewind();
    }
}
