package org.understudy.iscsi.pdu;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TCP without TLS, with gathering writes. */
public final class PlainTransport implements Transport {

    private static final Logger log = LoggerFactory.getLogger(PlainTransport.class);

    private final SocketChannel channel;
    private final SocketAddress remote;

    /** Takes over a connected, blocking channel. */
    public PlainTransport(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.remote = channel.getRemoteAddress();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    public long read(ByteBuffer first, ByteBuffer second) throws IOException {
        return channel.read(new ByteBuffer[] {first, second});
    }

    @Override
    public void write(ByteBuffer[] sources, int count) throws IOException {
        int first = 0;
        while (first < count) {
            channel.write(sources, first, count - first);
            while (first < count && !sources[first].hasRemaining()) {
                first++;
            }
        }
    }

    /** Half of the socket's buffer: the kernel counts its own overhead in it, and says twice what it gives (socket(7)). */
    @Override
    public int sendRoom() throws IOException {
        return channel.getOption(StandardSocketOptions.SO_SNDBUF) / 2;
    }

    /** As {@link #sendRoom}. */
    @Override
    public int receiveRoom() throws IOException {
        return channel.getOption(StandardSocketOptions.SO_RCVBUF) / 2;
    }

    @Override
    public boolean prefersDirectBuffers() {
        return true;
    }

    @Override
    public SocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("closing the connection to {}", remote, e);
        }
    }
}
