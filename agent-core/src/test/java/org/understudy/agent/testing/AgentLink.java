package org.understudy.agent.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.AgentMessage;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.core.protocol.ServerMessage;

/** The appliance's end of one control connection (RFC 6455, text frames and pings). */
public final class AgentLink {

    private static final int TEXT = 1;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final BlockingQueue<AgentMessage> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<byte[]> pongs = new LinkedBlockingQueue<>();
    private volatile boolean ended;

    AgentLink(Socket socket, InputStream in, OutputStream out) {
        this.socket = socket;
        this.in = new DataInputStream(in);
        this.out = out;
    }

    void read() throws IOException {
        try {
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            while (true) {
                int first = in.readUnsignedByte();
                int second = in.readUnsignedByte();
                long length = second & 0x7f;
                if (length == 126) {
                    length = in.readUnsignedShort();
                } else if (length == 127) {
                    length = in.readLong();
                }
                byte[] mask = in.readNBytes(4);
                byte[] payload = in.readNBytes((int) length);
                for (int i = 0; i < payload.length; i++) {
                    payload[i] ^= mask[i % 4];
                }
                int kind = first & 0xf;
                if (kind == PONG) {
                    pongs.add(payload);
                } else if (kind == CLOSE) {
                    return;
                } else {
                    text.write(payload);
                    if ((first & 0x80) != 0) {
                        receive(text.toString(StandardCharsets.UTF_8));
                        text.reset();
                    }
                }
            }
        } catch (EOFException e) {
            return;
        } finally {
            ended = true;
        }
    }

    private void receive(String frame) {
        if (ProtocolCodec.readAgentMessage(frame) instanceof ProtocolCodec.Known<AgentMessage> known) {
            messages.add(known.message());
        }
    }

    public boolean hasEnded() {
        return ended;
    }

    public void send(ServerMessage message) {
        sendText(ProtocolCodec.write(message));
    }

    /** Sends any text, which the agent may not understand. */
    public void sendText(String text) {
        frame(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a ping and waits for its pong. */
    public void ping() {
        frame(PING, new byte[] {1});
        try {
            if (pongs.poll(10, TimeUnit.SECONDS) == null) {
                throw new AssertionError("no pong");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private synchronized void frame(int kind, byte[] payload) {
        try {
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            frame.write(0x80 | kind);
            if (payload.length < 126) {
                frame.write(payload.length);
            } else {
                frame.write(126);
                frame.write(payload.length >> 8);
                frame.write(payload.length);
            }
            frame.write(payload);
            out.write(frame.toByteArray());
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next message of this type; progress is passed over, any other message or the end of the connection is a fault. */
    public <T extends AgentMessage> T await(Class<T> type) {
        AgentMessage message = next();
        while (message instanceof AgentMessage.Progress && type != AgentMessage.Progress.class) {
            message = next();
        }
        if (!type.isInstance(message)) {
            throw new AssertionError("expected " + type.getSimpleName() + ", got " + message);
        }
        return type.cast(message);
    }

    private @Nullable AgentMessage next() {
        try {
            AgentMessage message = null;
            for (int i = 0; i < 200 && message == null; i++) {
                boolean last = ended;
                message = messages.poll(last ? 0 : 100, TimeUnit.MILLISECONDS);
                if (last) {
                    return message;
                }
            }
            return message;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Takes the greeting and welcomes the agent. */
    public AgentMessage.Hello welcome(int pingSeconds) {
        AgentMessage.Hello hello = await(AgentMessage.Hello.class);
        send(new ServerMessage.Welcome(1, "host-1", pingSeconds));
        return hello;
    }

    /** Cuts the connection without a closing frame. */
    public void cut() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
