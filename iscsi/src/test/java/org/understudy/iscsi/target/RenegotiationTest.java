package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.TextRequest;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;

/** Keys in full feature phase (RFC 7143 section 6.3 and chapter 13). */
class RenegotiationTest {

    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.plainServer();
        server.add(TestTargets.target(new MemoryBlockDevice(1 << 20)));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static List<String> ask(RawPeer peer, String... keys) throws IOException {
        peer.send(new TextRequest(true, true, false, 0, 77, Header.NO_TAG), RawPeer.text(List.of(keys)));
        String answer = new String(peer.receive().data(), StandardCharsets.UTF_8);
        return List.of(answer.split("\0"));
    }

    private static int longestSegment(RawPeer peer, int tag) throws IOException {
        peer.send(RawPeer.read10(tag, 0, 64, 32768), null);
        int longest = 0;
        boolean last = false;
        while (!last) {
            RawPeer.Received part = peer.receive();
            longest = Math.max(longest, part.data().length);
            last = ((DataIn) part.pdu()).hasStatus();
        }
        return longest;
    }

    @Test
    void a_segment_length_declared_again_holds_from_then_on() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN, "MaxRecvDataSegmentLength=16384")
                .settle()) {
            assertThat(longestSegment(peer, 1)).isEqualTo(16384);
            assertThat(ask(peer, "MaxRecvDataSegmentLength=4096")).containsExactly("MaxRecvDataSegmentLength=1048576");
            assertThat(longestSegment(peer, 2)).isEqualTo(4096);
            ask(peer, "MaxRecvDataSegmentLength=65536");
            assertThat(longestSegment(peer, 3)).isEqualTo(32768);
        }
    }

    @Test
    void keys_of_the_login_are_rejected_and_unknown_ones_not_understood() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN).settle()) {
            assertThat(ask(
                            peer,
                            "HeaderDigest=CRC32C",
                            "MaxBurstLength=512",
                            "X-com.example.key=1",
                            "InitiatorAlias=me",
                            "ErrorRecoveryLevel=1"))
                    .containsExactly(
                            "HeaderDigest=Reject",
                            "MaxBurstLength=Reject",
                            "X-com.example.key=NotUnderstood",
                            "ErrorRecoveryLevel=Reject");
        }
    }

    @Test
    void in_a_discovery_session_keys_about_data_are_irrelevant() throws IOException {
        try (RawPeer peer = new RawPeer(TestTargets.plainAddress(server))) {
            byte[] answer = peer.login(
                            1,
                            3,
                            1,
                            List.of(
                                    "InitiatorName=" + RawPeer.NAME,
                                    "SessionType=Discovery",
                                    "MaxBurstLength=65536",
                                    "InitialR2T=No",
                                    "HeaderDigest=None"))
                    .data();
            assertThat(new String(answer, StandardCharsets.UTF_8).split("\0"))
                    .contains("MaxBurstLength=Irrelevant", "InitialR2T=Irrelevant", "HeaderDigest=None");
        }
    }

    @Test
    void our_initiator_declares_again_and_data_stays_right() throws IOException {
        byte[] data = new byte[600_000 / 512 * 512];
        new Random(9).nextBytes(data);
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            RemoteDisk disk = session.disk(0);
            for (int segment : new int[] {512, 8192, 1 << 20}) {
                session.declareSegmentBytes(segment);
                disk.write(0, ByteBuffer.wrap(data));
                ByteBuffer found = ByteBuffer.allocate(data.length);
                disk.read(0, found);
                assertThat(found.array()).isEqualTo(data);
            }
        }
    }
}
