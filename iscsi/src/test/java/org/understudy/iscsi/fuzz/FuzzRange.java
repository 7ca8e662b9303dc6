package org.understudy.iscsi.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.TlsContexts;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.Limits;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;

/**
 * A target server to shoot at, and what must hold while and after: targets that the intruder has no key to are never touched,
 * a good client is always served, no buffer, thread, descriptor or connection stays, nothing is logged as a defect.
 */
final class FuzzRange implements AutoCloseable {

    static final String INTRUDER = "iqn.2026-11.org.understudy:fuzz";
    /** Anybody may use it. */
    static final String OPEN = "iqn.2026-11.org.understudy:open";
    /** CHAP with a secret that the intruder has not. */
    static final String LOCKED = "iqn.2026-11.org.understudy:locked";
    /** For another initiator name only. */
    static final String LISTED = "iqn.2026-11.org.understudy:listed";
    /** For the certificate of agent-two only. */
    static final String CERTIFIED = "iqn.2026-11.org.understudy:certified";
    /** CHAP, mutual too, with a secret that the intruder has. */
    static final String KNOWN = "iqn.2026-11.org.understudy:known";

    static final String USER = "agent";
    static final ChapCredentials KNOWN_SECRET = new ChapCredentials(USER, "the-fuzzer-knows-1");
    static final long OPEN_BLOCKS = 8192;

    private static final String WITNESS = "iqn.2026-11.org.understudy:witness";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long SPACE = OPEN_BLOCKS * 512;

    private final DefectLog defects = DefectLog.watch();
    private final Set<String> threadsBefore = threads();
    private final long descriptorsBefore = descriptors();
    private final WatchedDevice locked = new WatchedDevice(SPACE);
    private final WatchedDevice listed = new WatchedDevice(SPACE);
    private final WatchedDevice certified = new WatchedDevice(SPACE);
    private final IscsiTargetServer server;
    private final long seed;
    private int witnessed;

    FuzzRange(long seed) throws IOException {
        this.seed = seed;
        Limits limits = Limits.defaults()
                .withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(500), Duration.ofSeconds(5))
                .withBuffers(8 << 20, 64 << 20);
        this.server = IscsiTargetServer.start(
                new TargetServerConfig(TestTargets.anyPort(), TestTargets.anyPort(), TlsContexts.of("server"), limits));
        ChapCredentials unknown = new ChapCredentials(USER, "nobody-knows-this-" + new Random().nextLong());
        server.add(TargetDefinition.open(
                OPEN,
                new LunDefinition(0, new MemoryBlockDevice(SPACE), "OPEN-0"),
                new LunDefinition(1, new MemoryBlockDevice(SPACE, 4096), "OPEN-1", true)));
        server.add(TargetDefinition.open(LOCKED, new LunDefinition(0, locked, "LOCKED"))
                .withChap(unknown));
        server.add(TargetDefinition.open(LISTED, new LunDefinition(0, listed, "LISTED"))
                .withAllowedInitiators(Set.of("iqn.2026-11.org.understudy:friend")));
        server.add(TargetDefinition.open(CERTIFIED, new LunDefinition(0, certified, "CERTIFIED"))
                .withRequiredPrincipal("agent-two"));
        server.add(TargetDefinition.open(KNOWN, new LunDefinition(0, new MemoryBlockDevice(SPACE), "KNOWN"))
                .withChap(KNOWN_SECRET)
                .withMutualChap(new ChapCredentials("target", "known-as-well-2")));
        server.add(TargetDefinition.open(WITNESS, new LunDefinition(0, new MemoryBlockDevice(1 << 20), "WITNESS")));
    }

    InetSocketAddress plain() {
        return TestTargets.plainAddress(server);
    }

    InetSocketAddress tls() {
        return new InetSocketAddress(plain().getAddress(), server.tlsPort());
    }

    /** A good client comes by, writes, reads and goes, over TCP and over TLS in turn. */
    synchronized void assertServes() throws IOException {
        SessionConfig config = SessionConfig.of(plain(), WITNESS);
        if (witnessed++ % 2 == 1) {
            config = SessionConfig.of(tls(), WITNESS).withTls(TlsContexts.of("agent-one"));
        }
        byte[] data = new byte[128 << 10];
        new Random(witnessed).nextBytes(data);
        long started = System.nanoTime();
        try (IscsiSession session = IscsiSession.login(config)) {
            RemoteDisk disk = session.disk(0);
            disk.write(4096, ByteBuffer.wrap(data));
            disk.flush();
            ByteBuffer back = ByteBuffer.allocate(data.length);
            disk.read(4096, back);
            assertThat(back.array()).as("data of a good client, seed %d", seed).isEqualTo(data);
        } catch (IOException e) {
            throw new IOException(
                    "a good client was not served, after " + (System.nanoTime() - started) / 1_000_000 + " ms, with "
                            + server.connections() + " connections and " + server.bufferBytes() + " bytes in use",
                    e);
        }
        assertUntouched();
    }

    private void assertUntouched() {
        assertThat(locked.touches())
                .as("access without the secret, seed %d", seed)
                .isZero();
        assertThat(listed.touches())
                .as("access by name not on the list, seed %d", seed)
                .isZero();
        assertThat(certified.touches())
                .as("access without the certificate, seed %d", seed)
                .isZero();
    }

    /** The end: everything that the intruder took is given back. */
    void assertUnharmed() throws IOException {
        await("connections after seed " + seed).atMost(PATIENCE).until(() -> server.connections() == 0);
        assertThat(server.bufferBytes()).as("buffers after seed %d", seed).isZero();
        assertServes();
        assertThat(server.targets())
                .filteredOn(target -> Set.of(LOCKED, LISTED, CERTIFIED).contains(target.iqn()))
                .hasSize(3)
                .allSatisfy(target -> assertThat(target.bytesRead() + target.bytesWritten())
                        .as("bytes of %s after seed %d", target.iqn(), seed)
                        .isZero());
        server.close();
        await("threads after seed " + seed).atMost(PATIENCE).until(() -> threadsBefore.containsAll(threads()));
        await("descriptors after seed " + seed).atMost(PATIENCE).until(() -> descriptors() <= descriptorsBefore + 3);
        assertThat(defects.errors()).as("defects that seed %d found", seed).isEmpty();
    }

    /** Threads of targets and sessions; the timer that all initiators share is not one of them. */
    static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("iscsi-") && !name.equals("iscsi-initiator-watch"))
                .collect(java.util.stream.Collectors.toUnmodifiableSet());
    }

    static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
        defects.close();
    }
}
