package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.pdu.InitiatorPdu.LoginRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.TargetPdu;
import org.understudy.iscsi.pdu.TargetPdu.LoginResponse;

/** Peers that are broken, silent, slow or malicious cost themselves a connection and others nothing. */
@Timeout(30)
class HostilePeerTest {

    private static final Duration SHORT = Duration.ofMillis(250);

    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.plainServer(
                Limits.defaults().withTimeouts(SHORT, SHORT, SHORT).withMaxConnections(20, 20));
        server.add(TestTargets.target(new MemoryBlockDevice(64 << 20)));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawPeer peer() throws IOException {
        return new RawPeer(TestTargets.plainAddress(server));
    }

    private void assertStillServes() throws IOException {
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            session.disk(0).write(0, ByteBuffer.allocate(4096));
        }
    }

    private void awaitNoConnections() {
        await().atMost(Duration.ofSeconds(10)).until(() -> server.connections() == 0);
        assertThat(server.bufferBytes()).isZero();
    }

    @Test
    void connect_and_close_does_nothing() throws IOException {
        for (int i = 0; i < 50; i++) {
            peer().close();
        }
        awaitNoConnections();
        assertStillServes();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: probe\r\n\r\n", "x", "\0\0\0\0"})
    void bytes_that_are_not_iscsi_end_the_connection(String bytes) throws IOException {
        try (RawPeer peer = peer()) {
            peer.sendBytes(bytes.getBytes(StandardCharsets.UTF_8));
            assertThat(peer.isClosedByTarget()).isTrue();
        }
        awaitNoConnections();
        assertStillServes();
    }

    @Test
    void a_silent_connection_is_dropped_and_blocks_nobody() throws IOException {
        try (RawPeer silent = peer()) {
            assertStillServes();
            assertThat(silent.isClosedByTarget()).isTrue();
        }
    }

    @Test
    void a_login_that_never_ends_is_dropped() throws IOException {
        try (RawPeer peer = peer()) {
            peer.send(
                    new LoginRequest(false, false, 0, 0, 0, 0, 1, 0, 0, 0),
                    RawPeer.text(List.of("InitiatorName=" + RawPeer.NAME, "TargetName=" + TestTargets.IQN)));
            peer.receive(LoginResponse.class);
            assertThat(peer.isClosedByTarget()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 47, 48, 60, 200})
    void a_pdu_cut_anywhere_ends_the_connection(int length) throws IOException {
        ByteBuffer login = ByteBuffer.allocate(256);
        login.put(0, (byte) 0x43).put(1, (byte) 0x87).putInt(4, 200);
        byte[] cut = new byte[length];
        login.get(0, cut);
        try (RawPeer peer = peer()) {
            peer.sendBytes(cut);
        }
        try (RawPeer open = peer()) {
            open.sendBytes(cut);
            assertThat(open.isClosedByTarget()).isTrue();
        }
        awaitNoConnections();
    }

    @Test
    void a_peer_cut_inside_a_write_leaves_no_buffer_and_no_thread_behind() throws IOException {
        int threads = Thread.activeCount();
        for (int i = 0; i < 5; i++) {
            try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN, "ImmediateData=Yes", "InitialR2T=No")
                    .settle()) {
                byte[] header = new byte[48];
                ByteBuffer.wrap(header)
                        .put(0, (byte) 0x01)
                        .put(1, (byte) 0xa1)
                        .putInt(4, 65536)
                        .putInt(16, 7)
                        .putInt(20, 65536)
                        .putInt(24, peer.cmdSn)
                        .put(32, RawPeer.cdb10(0x2a, 0, 128));
                peer.sendBytes(header);
                peer.sendBytes(new byte[1000]);
            }
        }
        awaitNoConnections();
        await().atMost(Duration.ofSeconds(10)).until(() -> Thread.activeCount() <= threads + 6);
    }

    @ParameterizedTest
    @ValueSource(ints = {8193, 0x100000, 0xffffff})
    void no_memory_is_taken_for_lengths_over_the_login_limit(int length) throws IOException {
        byte[] header = new byte[48];
        ByteBuffer.wrap(header).put(0, (byte) 0x43).put(1, (byte) 0x87).putInt(4, length);
        try (RawPeer peer = peer()) {
            peer.sendBytes(header);
            assertThat(peer.isClosedByTarget()).isTrue();
        }
        assertStillServes();
    }

    @Test
    void segments_over_the_declared_limit_end_the_session() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN)) {
            byte[] header = new byte[48];
            ByteBuffer.wrap(header).put(0, (byte) 0x40).put(1, (byte) 0x80).putInt(4, (1 << 20) + 1);
            peer.sendBytes(header);
            assertThat(peer.isClosedByTarget()).isTrue();
        }
    }

    @Test
    void more_connections_than_allowed_are_closed_at_once() throws IOException {
        List<RawPeer> peers = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                peers.add(peer());
            }
            await().until(() -> server.connections() <= 20);
            assertThat(peers.get(39).isClosedByTarget()).isTrue();
        } finally {
            peers.forEach(RawPeer::close);
        }
        awaitNoConnections();
        assertStillServes();
    }

    @Test
    void a_peer_that_does_not_read_is_dropped_and_its_memory_freed() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN).settle()) {
            for (int i = 0; i < 60; i++) {
                peer.send(RawPeer.read10(100 + i, 0, 8192, 8192 * 512), null);
            }
            await().until(() -> server.bufferBytes() > 0);
            assertThat(server.bufferBytes())
                    .isLessThanOrEqualTo(Limits.defaults().connectionBufferBytes());
            assertStillServes();
            awaitNoConnections();
        }
    }

    @Test
    void a_slow_line_that_brings_immediate_data_bit_by_bit_is_not_dropped() throws Exception {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN, "ImmediateData=Yes", "InitialR2T=No")
                .settle()) {
            byte[] header = new byte[48];
            ByteBuffer.wrap(header)
                    .put(0, (byte) 0x01)
                    .put(1, (byte) 0xa1)
                    .putInt(4, 65536)
                    .putInt(16, 7)
                    .putInt(20, 65536)
                    .putInt(24, peer.cmdSn)
                    .put(32, RawPeer.cdb10(0x2a, 0, 128));
            peer.sendBytes(header);
            for (int i = 0; i < 16; i++) {
                // The pace of the line: four times as long in all as a transfer may rest.
                Thread.sleep(SHORT.toMillis() / 4);
                peer.sendBytes(new byte[4096]);
            }
            assertThat(peer.receive().pdu()).isInstanceOf(TargetPdu.ScsiResponse.class);
        }
    }

    @Test
    void a_peer_that_announces_data_and_sends_none_is_dropped() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN).settle()) {
            peer.send(RawPeer.write10(5, true, 0, 2048, 2048 * 512), null);
            assertThat(peer.isClosedByTarget()).isTrue();
        }
        awaitNoConnections();
    }

    @Test
    void pings_that_are_never_answered_end_the_session() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN)) {
            assertThat(peer.isClosedByTarget()).isTrue();
        }
    }

    @Test
    void a_flood_of_pings_that_nobody_reads_is_bounded() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN)) {
            byte[] data = new byte[1 << 16];
            try {
                for (int i = 0; i < 2000; i++) {
                    peer.send(new NopOut(true, 0, i, 0xffffffff), data);
                }
            } catch (IOException e) {
                // the target has had enough
            }
            assertThat(server.bufferBytes())
                    .isLessThanOrEqualTo(Limits.defaults().connectionBufferBytes());
        }
        awaitNoConnections();
        assertStillServes();
    }

    @Test
    void commands_before_login_are_no_way_in() throws IOException {
        try (RawPeer peer = peer()) {
            peer.send(RawPeer.read10(1, 0, 1, 512), null);
            assertThat(peer.isClosedByTarget()).isTrue();
        }
    }

    @Test
    void skipping_the_security_stage_does_not_skip_chap() throws IOException {
        server.remove(TestTargets.IQN);
        server.add(TestTargets.target(new MemoryBlockDevice(1 << 20))
                .withChap(new org.understudy.iscsi.negotiation.ChapCredentials("agent", "a-long-secret-1")));
        try (RawPeer peer = peer()) {
            RawPeer.Received answer =
                    peer.login(1, 3, 1, List.of("InitiatorName=" + RawPeer.NAME, "TargetName=" + TestTargets.IQN));
            assertThat(((LoginResponse) answer.pdu()).statusClass()).isEqualTo(2);
            assertThat(((LoginResponse) answer.pdu()).statusDetail()).isEqualTo(1);
        }
        try (RawPeer peer = peer()) {
            RawPeer.Received answer = peer.login(
                    0,
                    3,
                    1,
                    List.of("InitiatorName=" + RawPeer.NAME, "TargetName=" + TestTargets.IQN, "AuthMethod=CHAP"));
            assertThat(((LoginResponse) answer.pdu()).transit()).isFalse();
        }
        try (RawPeer peer = peer()) {
            RawPeer.Received answer = peer.login(
                    0,
                    3,
                    1,
                    List.of("InitiatorName=" + RawPeer.NAME, "TargetName=" + TestTargets.IQN, "AuthMethod=None"));
            assertThat(((LoginResponse) answer.pdu()).statusDetail()).isEqualTo(1);
        }
    }
}
