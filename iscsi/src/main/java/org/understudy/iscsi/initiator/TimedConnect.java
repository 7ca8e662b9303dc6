package org.understudy.iscsi.initiator;

import java.io.Closeable;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.iscsi.IscsiException;
import org.understudy.iscsi.IscsiException.ConnectionLost;
import org.understudy.iscsi.pdu.PlainTransport;
import org.understudy.iscsi.pdu.TlsTransport;
import org.understudy.iscsi.pdu.Transport;

/** Makes a connection and guards it until login is done: after the timeout it is cut, whatever it waits for. */
final class TimedConnect implements Closeable {

    private static final Logger log = LoggerFactory.getLogger(TimedConnect.class);

    private final SessionConfig config;
    private final AtomicBoolean timedOut = new AtomicBoolean();
    private volatile @Nullable Closeable socket;
    private @Nullable ScheduledFuture<?> guard;

    TimedConnect(SessionConfig config) {
        this.config = config;
    }

    Transport connect() throws IOException {
        guard = Watch.after(config.timeout(), () -> {
            timedOut.set(true);
            close();
        });
        if (config.address().isUnresolved()) {
            throw new ConnectionLost("host is unknown: " + config.address().getHostString());
        }
        if (config.tls().isPresent()) {
            Socket plain = new Socket();
            socket = plain;
            plain.connect(config.address(), (int)
                    Math.min(Integer.MAX_VALUE, config.timeout().toMillis()));
            return TlsTransport.connect(config.tls().get(), plain);
        }
        SocketChannel channel = SocketChannel.open();
        socket = channel;
        channel.connect(config.address());
        return new PlainTransport(channel);
    }

    /** Login is done: the guard goes. */
    void done() {
        if (guard != null) {
            guard.cancel(false);
        }
    }

    /** The failure in our words. */
    IscsiException explain(IOException failure) {
        if (timedOut.get()) {
            return new ConnectionLost("no login to " + config.address() + " within " + config.timeout(), failure);
        }
        if (failure instanceof IscsiException known) {
            return known;
        }
        return new ConnectionLost("no connection to " + config.address() + ": " + failure.getMessage(), failure);
    }

    @Override
    public void close() {
        done();
        Closeable open = socket;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                log.debug("closing a connection that was not completed", e);
            }
        }
    }
}
