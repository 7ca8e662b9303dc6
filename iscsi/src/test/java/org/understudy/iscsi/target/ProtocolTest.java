package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.iscsi.GatedDevice;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.pdu.Header;
import org.understudy.iscsi.pdu.InitiatorPdu.DataOut;
import org.understudy.iscsi.pdu.InitiatorPdu.LogoutRequest;
import org.understudy.iscsi.pdu.InitiatorPdu.NopOut;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.InitiatorPdu.TaskManagementRequest;
import org.understudy.iscsi.pdu.TargetPdu.AsyncMessage;
import org.understudy.iscsi.pdu.TargetPdu.DataIn;
import org.understudy.iscsi.pdu.TargetPdu.LoginResponse;
import org.understudy.iscsi.pdu.TargetPdu.LogoutResponse;
import org.understudy.iscsi.pdu.TargetPdu.NopIn;
import org.understudy.iscsi.pdu.TargetPdu.R2t;
import org.understudy.iscsi.pdu.TargetPdu.Reject;
import org.understudy.iscsi.pdu.TargetPdu.ResidualKind;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.pdu.TargetPdu.TaskManagementResponse;
import org.understudy.iscsi.scsi.ScsiStatus;

/** The wire, PDU by PDU. */
@Timeout(30)
class ProtocolTest {

    private static final int TEST_UNIT_READY = 0x00;

    private IscsiTargetServer server;
    private final MemoryBlockDevice device = new MemoryBlockDevice(64 << 20);

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.plainServer();
        server.add(TestTargets.target(device));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawPeer peer(String... keys) throws IOException {
        return RawPeer.loggedIn(server, TestTargets.IQN, keys);
    }

    @Test
    void a_new_nexus_is_told_once_that_the_unit_was_powered_on() throws IOException {
        try (RawPeer peer = peer()) {
            peer.send(RawPeer.command(1, TEST_UNIT_READY), null);
            RawPeer.Received first = peer.receive();
            assertThat(((ScsiResponse) first.pdu()).status()).isEqualTo(ScsiStatus.CHECK_CONDITION);
            assertThat(Arrays.copyOfRange(first.data(), 4, 5)).containsExactly(6);
            assertThat(Arrays.copyOfRange(first.data(), 14, 16)).containsExactly(0x29, 0x00);

            peer.send(RawPeer.command(2, TEST_UNIT_READY), null);
            assertThat(peer.receive(ScsiResponse.class).status()).isEqualTo(ScsiStatus.GOOD);
        }
    }

    @Test
    void commands_between_two_r2ts_are_queued_and_answered() throws IOException {
        try (RawPeer peer = peer("InitialR2T=Yes", "ImmediateData=No", "MaxBurstLength=8192")
                .settle()) {
            peer.send(RawPeer.write10(1, true, 0, 64, 64 * 512), null);
            R2t first = peer.receive(R2t.class);
            assertThat(first.desiredLength()).isEqualTo(8192);
            peer.send(RawPeer.write10(2, true, 1000, 32, 32 * 512), null);
            R2t other = peer.receive(R2t.class);
            assertThat(other.initiatorTaskTag()).isEqualTo(2);
            peer.send(RawPeer.read10(3, 5000, 8, 4096), null);
            assertThat(peer.receive(DataIn.class).initiatorTaskTag()).isEqualTo(3);

            R2t next = first;
            for (int i = 0; i < 4; i++) {
                peer.send(
                        new DataOut(true, 0, 1, next.targetTransferTag(), 0, next.bufferOffset()), bytes(8192, i + 1));
                if (i < 3) {
                    next = peer.receive(R2t.class);
                    assertThat(next.bufferOffset()).isEqualTo((i + 1) * 8192);
                    assertThat(next.r2tSn()).isEqualTo(i + 1);
                }
            }
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(1);
            peer.send(new DataOut(true, 0, 2, other.targetTransferTag(), 0, 0), bytes(8192, 9));
            R2t last = peer.receive(R2t.class);
            peer.send(new DataOut(true, 0, 2, last.targetTransferTag(), 0, 8192), bytes(8192, 9));
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(2);
        }
        for (int i = 0; i < 4; i++) {
            assertThat(stored(i * 8192, 8192)).isEqualTo(bytes(8192, i + 1));
        }
        assertThat(stored(512_000, 16384)).isEqualTo(bytes(16384, 9));
    }

    @Test
    void several_r2ts_may_be_open() throws IOException {
        try (RawPeer peer = peer("InitialR2T=Yes", "ImmediateData=No", "MaxBurstLength=4096", "MaxOutstandingR2T=4")
                .settle()) {
            peer.send(RawPeer.write10(1, true, 0, 64, 64 * 512), null);
            R2t[] open = new R2t[4];
            for (int i = 0; i < 4; i++) {
                open[i] = peer.receive(R2t.class);
                assertThat(open[i].bufferOffset()).isEqualTo(i * 4096);
            }
            for (int i = 0; i < 4; i++) {
                peer.send(new DataOut(true, 0, 1, open[i].targetTransferTag(), 0, i * 4096), bytes(4096, i));
                R2t more = peer.receive(R2t.class);
                peer.send(new DataOut(true, 0, 1, more.targetTransferTag(), 0, 0), bytes(0, 0));
                break;
            }
            assertThat(peer.isClosedByTarget())
                    .as("wrong order of data sequences")
                    .isTrue();
        }
    }

    @Test
    void immediate_and_unsolicited_data_are_taken_up_to_the_first_burst() throws IOException {
        try (RawPeer peer = peer("InitialR2T=No", "ImmediateData=Yes", "FirstBurstLength=8192", "MaxBurstLength=8192")
                .settle()) {
            peer.send(RawPeer.write10(1, false, 0, 32, 32 * 512), bytes(2048, 1));
            peer.send(new DataOut(false, 0, 1, Header.NO_TAG, 0, 2048), bytes(2048, 2));
            peer.send(new DataOut(true, 0, 1, Header.NO_TAG, 1, 4096), bytes(4096, 3));
            R2t rest = peer.receive(R2t.class);
            assertThat(rest.bufferOffset()).isEqualTo(8192);
            assertThat(rest.desiredLength()).isEqualTo(8192);
            peer.send(new DataOut(true, 0, 1, rest.targetTransferTag(), 0, 8192), bytes(8192, 4));
            assertThat(peer.receive(ScsiResponse.class).status()).isEqualTo(ScsiStatus.GOOD);
        }
        assertThat(stored(0, 2048)).isEqualTo(bytes(2048, 1));
        assertThat(stored(2048, 2048)).isEqualTo(bytes(2048, 2));
        assertThat(stored(4096, 4096)).isEqualTo(bytes(4096, 3));
        assertThat(stored(8192, 8192)).isEqualTo(bytes(8192, 4));
    }

    @Test
    void reads_respect_the_limits_of_the_peer() throws IOException {
        device.write(0, ByteBuffer.wrap(bytes(64 << 10, 5)));
        try (RawPeer peer =
                peer("MaxRecvDataSegmentLength=4096", "MaxBurstLength=16384").settle()) {
            peer.send(RawPeer.read10(1, 0, 128, 65536), null);
            for (int i = 0; i < 16; i++) {
                RawPeer.Received part = peer.receive();
                DataIn data = (DataIn) part.pdu();
                assertThat(part.data()).hasSize(4096);
                assertThat(data.dataSn()).isEqualTo(i);
                assertThat(data.bufferOffset()).isEqualTo(i * 4096L);
                assertThat(data.isFinal()).as("end of burst at %d", i).isEqualTo(i % 4 == 3);
                assertThat(data.hasStatus()).isEqualTo(i == 15);
            }
        }
    }

    @Test
    void residuals_tell_what_was_too_much_or_too_little() throws IOException {
        try (RawPeer peer = peer().settle()) {
            peer.send(RawPeer.read10(1, 0, 1, 10_000), null);
            DataIn under = peer.receive(DataIn.class);
            assertThat(under.residual().kind()).isEqualTo(ResidualKind.UNDERFLOW);
            assertThat(under.residual().count()).isEqualTo(10_000 - 512);
            peer.send(RawPeer.read10(2, 0, 2, 512), null);
            assertThat(peer.receive(DataIn.class).residual().kind()).isEqualTo(ResidualKind.OVERFLOW);
            peer.send(RawPeer.read10(3, 0, 1, 0), null);
            ScsiResponse none = peer.receive(ScsiResponse.class);
            assertThat(none.residual().count()).isEqualTo(512);
        }
    }

    @Test
    void command_numbers_outside_of_the_window_are_ignored() throws IOException {
        try (RawPeer peer = peer().settle()) {
            peer.sendNumbered(RawPeer.command(50, TEST_UNIT_READY), peer.maxCmdSn + 1, null);
            peer.sendNumbered(RawPeer.command(51, TEST_UNIT_READY), peer.cmdSn - 1, null);
            peer.send(RawPeer.command(52, TEST_UNIT_READY), null);
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(52);
        }
    }

    @Test
    void the_window_opens_as_commands_are_answered() throws IOException {
        try (RawPeer peer = peer().settle()) {
            int before = peer.maxCmdSn;
            for (int i = 0; i < 10; i++) {
                peer.send(RawPeer.command(60 + i, TEST_UNIT_READY), null);
                peer.receive();
            }
            assertThat(peer.maxCmdSn - before).isEqualTo(10);
            assertThat(peer.maxCmdSn - peer.cmdSn + 1)
                    .isEqualTo(Limits.defaults().commandWindow());
        }
    }

    @Test
    void a_tag_may_be_used_again_as_soon_as_its_answer_is_there() throws IOException {
        try (RawPeer peer = peer().settle()) {
            for (int i = 0; i < 3000; i++) {
                byte[] synchronizeCache = RawPeer.cdb10(0x35, 0, 0);
                peer.send(new ScsiCommand(false, true, false, false, 1, 0, 7, 0, synchronizeCache), null);
                assertThat(peer.receive(ScsiResponse.class).status()).isEqualTo(ScsiStatus.GOOD);
            }
        }
    }

    @Test
    void a_ping_comes_back_with_its_data() throws IOException {
        try (RawPeer peer = peer()) {
            peer.send(new NopOut(true, 0, 77, Header.NO_TAG), bytes(1000, 3));
            RawPeer.Received answer = peer.receive();
            assertThat(((NopIn) answer.pdu()).initiatorTaskTag()).isEqualTo(77);
            assertThat(answer.data()).isEqualTo(bytes(1000, 3));
        }
    }

    @Test
    void logout_is_answered_and_ends_the_connection() throws IOException {
        try (RawPeer peer = peer()) {
            peer.send(new LogoutRequest(true, 0, 5, 0), null);
            assertThat(peer.receive(LogoutResponse.class).response()).isZero();
            assertThat(peer.isClosedByTarget()).isTrue();
        }
    }

    @Test
    void an_unknown_opcode_is_rejected_with_its_header() throws IOException {
        try (RawPeer peer = peer()) {
            byte[] header = new byte[48];
            header[0] = 0x4c;
            peer.sendBytes(header);
            RawPeer.Received reject = peer.receive();
            assertThat(((Reject) reject.pdu()).reason()).isEqualTo(Reject.COMMAND_NOT_SUPPORTED);
            assertThat(reject.data()).isEqualTo(header);
        }
    }

    @Test
    void an_aborted_write_is_not_answered_and_never_lands() throws IOException {
        try (RawPeer peer = peer("InitialR2T=Yes", "ImmediateData=No").settle()) {
            peer.send(RawPeer.write10(1, true, 0, 8, 4096), null);
            R2t request = peer.receive(R2t.class);
            peer.send(new TaskManagementRequest(true, 1, 0, 9, 1, peer.cmdSn - 1), null);
            assertThat(peer.receive(TaskManagementResponse.class).response()).isZero();
            peer.send(new DataOut(true, 0, 1, request.targetTransferTag(), 0, 0), bytes(4096, 1));
            peer.send(RawPeer.command(2, TEST_UNIT_READY), null);
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(2);
            peer.send(new TaskManagementRequest(true, 1, 0, 10, 1, 0), null);
            assertThat(peer.receive(TaskManagementResponse.class).response()).isEqualTo(1);
        }
        assertThat(stored(0, 4096)).isEqualTo(new byte[4096]);
    }

    @Test
    void a_reset_of_the_unit_ends_the_commands_of_all_sessions() throws IOException {
        try (RawPeer one = peer("InitialR2T=Yes", "ImmediateData=No").settle()) {
            one.send(RawPeer.write10(1, true, 0, 8, 4096), null);
            one.receive(R2t.class);
            try (RawPeer other = new RawPeer(TestTargets.plainAddress(server))) {
                other.login(
                        0,
                        1,
                        2,
                        List.of("InitiatorName=iqn.2026-11.org.understudy:other", "TargetName=" + TestTargets.IQN));
                other.login(1, 3, 2, List.of());
                other.settle();
                other.send(new TaskManagementRequest(true, 5, 0, 9, Header.NO_TAG, 0), null);
                assertThat(other.receive(TaskManagementResponse.class).response())
                        .isZero();
            }
            one.send(RawPeer.command(2, TEST_UNIT_READY), null);
            RawPeer.Received told = one.receive();
            assertThat(((ScsiResponse) told.pdu()).initiatorTaskTag()).isEqualTo(2);
            assertThat(Arrays.copyOfRange(told.data(), 14, 16)).containsExactly(0x29, 0x03);
        }
    }

    @Test
    void an_ordered_command_waits_for_those_before_and_holds_those_after() throws IOException {
        try (RawPeer peer = peer("InitialR2T=Yes", "ImmediateData=No").settle()) {
            peer.send(RawPeer.write10(1, true, 0, 8, 4096), null);
            R2t request = peer.receive(R2t.class);
            peer.send(RawPeer.command(2, 2, 0x35), null);
            peer.send(RawPeer.command(3, 1, 0x35), null);
            peer.send(RawPeer.command(4, 3, 0x35), null);
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(4);
            peer.send(new DataOut(true, 0, 1, request.targetTransferTag(), 0, 0), bytes(4096, 1));
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(1);
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(2);
            assertThat(peer.receive(ScsiResponse.class).initiatorTaskTag()).isEqualTo(3);
        }
    }

    @Test
    void the_same_initiator_port_logging_in_again_replaces_its_session() throws IOException {
        try (RawPeer old = peer();
                RawPeer fresh = peer()) {
            assertThat(old.isClosedByTarget()).isTrue();
            fresh.settle();
            assertThat(server.targets().get(0).sessions()).hasSize(1);
        }
    }

    @Test
    void removing_a_target_tells_and_ends_its_sessions_and_no_others() throws Exception {
        MemoryBlockDevice kept = new MemoryBlockDevice(1 << 20);
        server.add(TargetDefinition.open("iqn.2026-11.org.understudy:kept", new LunDefinition(0, kept, "KEPT")));
        try (RawPeer gone = peer();
                RawPeer stays = RawPeer.loggedIn(server, "iqn.2026-11.org.understudy:kept")
                        .settle()) {
            CompletableFuture<Boolean> removal = CompletableFuture.supplyAsync(() -> server.remove(TestTargets.IQN));
            assertThat(gone.receive(AsyncMessage.class).event()).isEqualTo(3);
            assertThat(gone.isClosedByTarget()).isTrue();
            assertThat(removal.get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(server.remove(TestTargets.IQN)).isFalse();

            stays.send(RawPeer.command(8, TEST_UNIT_READY), null);
            assertThat(stays.receive(ScsiResponse.class).status()).isEqualTo(ScsiStatus.GOOD);
            assertThat(server.targets())
                    .extracting(TargetStatus::iqn)
                    .containsExactly("iqn.2026-11.org.understudy:kept");
        }
    }

    @Test
    void more_immediate_data_than_buffers_is_held_back_and_never_refused() throws Exception {
        GatedDevice gated = new GatedDevice(64 << 20);
        gated.shut();
        server.add(TargetDefinition.open("iqn.2026-11.org.understudy:gated", new LunDefinition(0, gated, "GATED")));
        try (RawPeer peer = RawPeer.loggedIn(
                        server,
                        "iqn.2026-11.org.understudy:gated",
                        "InitialR2T=No",
                        "ImmediateData=Yes",
                        "FirstBurstLength=1048576",
                        "MaxBurstLength=1048576")
                .settle()) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < 40; i++) {
                        peer.send(RawPeer.write10(100 + i, true, i * 2048, 2048, 1 << 20), bytes(1 << 20, i));
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            org.awaitility.Awaitility.await().until(() -> gated.waiting() > 0);
            assertThat(server.bufferBytes())
                    .isLessThanOrEqualTo(Limits.defaults().connectionBufferBytes());
            gated.open();
            for (int i = 0; i < 40; i++) {
                assertThat(peer.receive(ScsiResponse.class).status()).isEqualTo(ScsiStatus.GOOD);
            }
            sending.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void login_stages_out_of_order_and_double_keys_are_refused() throws IOException {
        try (RawPeer peer = new RawPeer(TestTargets.plainAddress(server))) {
            LoginResponse answer =
                    (LoginResponse) peer.login(0, 1, 1, List.of("InitiatorName=" + RawPeer.NAME, "A=1", "A=2"))
                            .pdu();
            assertThat(answer.statusClass()).isEqualTo(2);
        }
        try (RawPeer peer = new RawPeer(TestTargets.plainAddress(server))) {
            LoginResponse answer = (LoginResponse) peer.login(1, 0, 1, List.of("InitiatorName=" + RawPeer.NAME))
                    .pdu();
            assertThat(answer.statusClass()).isEqualTo(2);
        }
    }

    private static byte[] bytes(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private byte[] stored(long offset, int length) {
        ByteBuffer target = ByteBuffer.allocate(length);
        device.read(offset, target);
        return target.array();
    }
}
