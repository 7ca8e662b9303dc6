package org.understudy.iscsi;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.understudy.iscsi.device.BlockDevice;
import org.understudy.iscsi.initiator.SessionConfig;
import org.understudy.iscsi.target.IscsiTargetServer;
import org.understudy.iscsi.target.Limits;
import org.understudy.iscsi.target.LunDefinition;
import org.understudy.iscsi.target.TargetDefinition;
import org.understudy.iscsi.target.TargetServerConfig;

/** Servers and configurations that tests share. */
public final class TestTargets {

    public static final String IQN = "iqn.2026-11.org.understudy:test";

    private TestTargets() {}

    /** Something that opens a resource. */
    public interface Opening<T> {
        T open() throws IOException;
    }

    /** For fields of tests. */
    public static <T> T unchecked(Opening<T> opening) {
        try {
            return opening.open();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    public static IscsiTargetServer plainServer() throws IOException {
        return IscsiTargetServer.start(TargetServerConfig.plain(anyPort()));
    }

    public static IscsiTargetServer plainServer(Limits limits) throws IOException {
        return IscsiTargetServer.start(TargetServerConfig.plain(anyPort()).withLimits(limits));
    }

    /** Plain and TLS portals. */
    public static IscsiTargetServer dualServer() throws IOException {
        return IscsiTargetServer.start(
                new TargetServerConfig(anyPort(), anyPort(), TlsContexts.of("server"), Limits.defaults()));
    }

    public static TargetDefinition target(BlockDevice... devices) {
        LunDefinition[] luns = new LunDefinition[devices.length];
        for (int i = 0; i < devices.length; i++) {
            luns[i] = new LunDefinition(i, devices[i], "SERIAL-" + i);
        }
        return TargetDefinition.open(IQN, luns);
    }

    public static SessionConfig session(IscsiTargetServer server) {
        return SessionConfig.of(plainAddress(server), IQN);
    }

    public static SessionConfig tlsSession(IscsiTargetServer server, String certificate) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.tlsPort());
        return SessionConfig.of(address, IQN).withTls(TlsContexts.of(certificate));
    }

    public static InetSocketAddress plainAddress(IscsiTargetServer server) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), server.plainPort());
    }
}
