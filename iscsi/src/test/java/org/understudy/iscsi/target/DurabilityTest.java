package org.understudy.iscsi.target;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.iscsi.TestTargets;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.initiator.IscsiSession;
import org.understudy.iscsi.pdu.InitiatorPdu.ScsiCommand;
import org.understudy.iscsi.pdu.TargetPdu.ScsiResponse;
import org.understudy.iscsi.scsi.ScsiStatus;

/** What makes a write durable. See {@link PowerCutTest} for what survives. */
class DurabilityTest {

    private static final int SIZE = 1 << 20;

    private final VolatileCacheDevice device = new VolatileCacheDevice(SIZE);
    private IscsiTargetServer server;

    @BeforeEach
    void start() throws IOException {
        server = TestTargets.plainServer();
        server.add(TestTargets.target(device));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void a_write_with_fua_is_durable_when_acknowledged() throws IOException {
        try (RawPeer peer = RawPeer.loggedIn(server, TestTargets.IQN, "InitialR2T=No", "ImmediateData=Yes")
                .settle()) {
            byte[] cdb = RawPeer.cdb10(0x2a, 16, 1);
            cdb[1] = 0x08;
            byte[] data = new byte[512];
            Arrays.fill(data, (byte) 9);
            peer.send(new ScsiCommand(false, true, false, true, 1, 0, 1, 512, cdb), data);
            assertThat(peer.receive(ScsiResponse.class).status()).isEqualTo(ScsiStatus.GOOD);
            assertThat(read(device.powerCut(new Random(1)), 16 * 512, 512)).isEqualTo(data);
        }
    }

    @Test
    void removing_a_target_flushes_its_devices() throws IOException {
        byte[] data = new byte[4096];
        Arrays.fill(data, (byte) 3);
        try (IscsiSession session = IscsiSession.login(TestTargets.session(server))) {
            session.disk(0).write(0, ByteBuffer.wrap(data));
            server.remove(TestTargets.IQN);
        }
        assertThat(device.flushes).isPositive();
        assertThat(read(device.powerCut(new Random(1)), 0, 4096)).isEqualTo(data);
    }

    private static byte[] read(MemoryBlockDevice medium, long offset, int length) {
        ByteBuffer target = ByteBuffer.allocate(length);
        medium.read(offset, target);
        return target.array();
    }
}
