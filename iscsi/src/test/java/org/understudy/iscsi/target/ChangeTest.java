package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.IscsiException.LoginRefused;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.FileBlockDevice;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.initiator.RemoteDisk;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.pdu.TargetPdu.AsyncMessage;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.scsi.Sense;
import org.understudy.iscsi.scsi.SenseCode;

/** A target that changes while it is used, and what each initiator notices of it. */
class ChangeTest {

    private static final int SIZE = 1 << 20;
    private static final String OTHER = "iqn.2026-11.org.understudy:other";
    private static final ChapCredentials FIRST = new ChapCredentials("agent", "a-long-secret-1");
    private static final ChapCredentials SECOND = new ChapCredentials("agent", "another-secret-2");

    private final MemoryBlockDevice device = new MemoryBlockDevice(SIZE);
    private IscsiTargetServer server;

    @TempDir
    private Path directory;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.plainServer();
        server.add(TestTargets.target(device));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RawPeer peer() throws IOException {
        return RawPeer.loggedIn(server, TestTargets.IQN).settle();
    }

    /** Sense code of TEST UNIT READY; 0 if it is ready. */
    private static int ready(RawPeer peer, int tag) throws IOException {
        peer.send(RawPeer.command(tag, 0x00), null);
        RawPeer.Received answer = peer.receive();
        int status = ((ScsiResponse) answer.pdu()).status();
        return status == 0
                ? 0
                : Sense.parse(ByteBuffer.wrap(answer.data(), 2, answer.data().length - 2))
                        .orElseThrow()
                        .code();
    }

    @Test
    void a_new_lun_is_told_and_can_be_used_at_once() throws IOException {
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server));
                RawPeer peer = peer()) {
            RemoteDisk disk = session.disk(0);
            disk.write(0, ByteBuffer.allocate(512));

            server.change(TestTargets.target(device, new MemoryBlockDevice(2 * SIZE)));

            assertThat(ready(peer, 7)).isEqualTo(SenseCode.REPORTED_LUNS_CHANGED);
            assertThat(ready(peer, 8)).isZero();
            assertThat(session.luns()).containsExactly(0, 1);
            assertThat(session.disk(1).sizeBytes()).isEqualTo(2 * SIZE);
            disk.read(0, ByteBuffer.allocate(512));
        }
    }

    @Test
    void who_reads_the_list_of_luns_needs_no_attention() throws IOException {
        try (RawPeer peer = peer()) {
            server.change(TestTargets.target(device, new MemoryBlockDevice(SIZE)));
            byte[] cdb =
                    ByteBuffer.allocate(16).put(0, (byte) 0xa0).putInt(6, 512).array();
            peer.send(
                    new org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand(false, true, true, false, 1, 0, 9, 512, cdb),
                    null);
            peer.receive();
            assertThat(ready(peer, 10)).isZero();
        }
    }

    @Test
    void a_lun_that_went_is_gone_and_its_device_closed_but_the_others_live() throws IOException {
        FailingDevice second = new FailingDevice(SIZE);
        server.change(TestTargets.target(device, second));
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            RemoteDisk stays = session.disk(0);
            RemoteDisk goes = session.disk(1);

            server.change(TestTargets.target(device));

            assertThatThrownBy(() -> goes.read(0, ByteBuffer.allocate(512))).hasMessageContaining("25/00");
            stays.write(0, ByteBuffer.allocate(4096));
            assertThat(session.luns()).containsExactly(0);
        }
    }

    @Test
    void another_device_under_the_same_number_is_another_unit() throws IOException {
        MemoryBlockDevice replacement = new MemoryBlockDevice(3 * SIZE);
        try (RawPeer peer = peer()) {
            server.change(TestTargets.target(replacement));
            assertThat(ready(peer, 3)).isEqualTo(SenseCode.REPORTED_LUNS_CHANGED);
        }
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            assertThat(session.disk(0).sizeBytes()).isEqualTo(3 * SIZE);
        }
    }

    @Test
    void a_file_that_grew_is_a_capacity_change() throws IOException {
        Path file = directory.resolve("grows.img");
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(SIZE);
            FileBlockDevice grows = FileBlockDevice.open(file, false);
            server.change(TestTargets.target(grows));
            try (RawPeer peer = peer()) {
                access.setLength(2 * SIZE);
                server.change(TestTargets.target(grows));
                assertThat(ready(peer, 4)).isEqualTo(SenseCode.CAPACITY_CHANGED);
                assertThat(ready(peer, 5)).isZero();
            }
            try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
                assertThat(session.disk(0).sizeBytes()).isEqualTo(2 * SIZE);
            }
        }
    }

    @Test
    void who_is_excluded_is_told_and_ended_and_nobody_else() throws IOException {
        server.add(TargetDefinition.open(OTHER, new LunDefinition(0, new MemoryBlockDevice(SIZE), "OTHER")));
        SessionConfig welcome = TestTargets.session(server).withInitiatorName("iqn.2026-11.org.understudy:welcome");
        SessionConfig elsewhere = SessionConfig.of(TestTargets.plainAddress(server), OTHER);
        try (IscsiSession stays = IscsiSession.login(welcome);
                IscsiSession uninvolved = IscsiSession.login(elsewhere);
                RawPeer excluded = peer()) {
            server.change(TestTargets.target(device).withAllowedInitiators(Set.of(welcome.initiatorName())));

            assertThat(excluded.receive(AsyncMessage.class).event()).isEqualTo(3);
            assertThat(excluded.isClosedByTarget()).isTrue();
            assertThat(stays.luns()).containsExactly(0);
            assertThat(uninvolved.luns()).containsExactly(0);
        }
    }

    @Test
    void new_credentials_hold_from_the_next_login_on() throws IOException {
        server.change(TestTargets.target(device).withChap(FIRST));
        SessionConfig old = TestTargets.session(server).withChap(FIRST);
        try (IscsiSession session = IscsiSession.login(old)) {
            server.change(TestTargets.target(device).withChap(SECOND));
            assertThat(session.luns()).containsExactly(0);
        }
        assertThat(catchThrowableOfType(LoginRefused.class, () -> IscsiSession.login(old))
                        .status())
                .isEqualTo(0x0201);
        IscsiSession.login(TestTargets.session(server).withChap(SECOND)).close();
    }

    @Test
    void a_login_that_began_before_a_change_is_judged_by_what_holds_now() throws IOException {
        try (RawPeer peer = new RawPeer(TestTargets.plainAddress(server))) {
            peer.login(
                    0,
                    1,
                    1,
                    List.of("InitiatorName=" + RawPeer.NAME, "TargetName=" + TestTargets.IQN, "AuthMethod=None"));
            server.change(TestTargets.target(device).withChap(FIRST));
            var answer = (org.understudy.iscsi.pdu.TargetPdu.LoginResponse)
                    peer.login(1, 3, 1, List.of()).pdu();
            assertThat(answer.statusClass() << 8 | answer.statusDetail()).isEqualTo(0x0201);
        }
    }

    @Test
    void what_does_not_exist_cannot_be_changed() {
        assertThatThrownBy(() -> server.change(TargetDefinition.open(OTHER))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_session_without_reconnect_ends_with_its_exclusion() throws IOException {
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            server.change(TestTargets.target(device).withAllowedAddresses(Set.of("192.0.2.1")));
            assertThatThrownBy(session::luns).isInstanceOf(ConnectionLost.class);
        }
        assertThat(server.status().targets().get(0).sessions()).isEmpty();
    }
}
