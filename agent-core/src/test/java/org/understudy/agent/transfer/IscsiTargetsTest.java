package org.understudy.agent.transfer;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.understudy.core.protocol.ServerMessage.DataTarget;
import org.understudy.iscsi.device.MemoryBlockDevice;
import org.understudy.iscsi.negotiation.ChapCredentials;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;

/** The real initiator against the real target on loopback. */
class IscsiTargetsTest extends RemoteTargetsContract {

    private static final String IQN = "iqn.2026-11.org.understudy:run-1";
    private static final String SECRET = "one-run-secret";

    private final MemoryBlockDevice device = new MemoryBlockDevice(SIZE);
    private IscsiTargetServer server;

    @BeforeEach
    void start() throws Exception {
        byte[] ones = new byte[SIZE];
        Arrays.fill(ones, (byte) 1);
        device.write(0, ByteBuffer.wrap(ones));
        server = IscsiTargetServer.start(
                TargetServerConfig.plain(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)));
        server.add(TargetDefinition.open(IQN, new LunDefinition(LUN, device, "disk-3"))
                .withChap(new ChapCredentials("user", SECRET)));
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
    }

    @Override
    RemoteTargets targets() {
        return new IscsiTargets("127.0.0.1", Optional.empty(), "iqn.2026-11.org.understudy:agent-1");
    }

    @Override
    DataTarget target() {
        return new DataTarget(server.plainPort(), IQN, "user", SECRET);
    }

    @Override
    DataTarget targetWithWrongSecret() {
        return new DataTarget(server.plainPort(), IQN, "user", "another-secret");
    }

    @Override
    byte[] content() {
        byte[] content = new byte[SIZE];
        device.read(0, ByteBuffer.wrap(content));
        return content;
    }
}
