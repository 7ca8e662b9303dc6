package org.understudy.privileges.daemon;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.understudy.privileges.clock.ManualTime;
import org.understudy.privileges.protocol.Answer;
import org.understudy.privileges.protocol.Codec;
import org.understudy.privileges.protocol.Frames;
import org.understudy.privileges.storage.InMemoryPool;
import org.understudy.zfs.name.DatasetName;

/** A daemon on a pool in memory and a clock that tests move. */
final class DaemonFixture implements AutoCloseable {

    static final Limits QUICK = new Limits(6, Duration.ofMinutes(5), Duration.ofMillis(300), Duration.ZERO);
    static final DatasetName ROOT = new DatasetName("tank/understudy");

    final ManualTime time = new ManualTime();
    final InMemoryPool pool = new InMemoryPool(new DatasetName("tank"), ROOT, new DatasetName("tank/other"));
    final Settings settings;
    private PrivilegesDaemon daemon;

    DaemonFixture(Path directory, String user, String group) throws IOException {
        settings = Settings.parse(List.of(
                "--root=" + ROOT,
                "--user=" + user,
                "--group=" + group,
                "--run=" + directory.resolve("run"),
                "--state=" + directory.resolve("state"),
                "--log=" + directory.resolve("log")));
        daemon = start();
    }

    private PrivilegesDaemon start() throws IOException {
        return PrivilegesDaemon.start(settings, new PrivilegesDaemon.Ground(pool, time, time, time), QUICK);
    }

    void restart() throws IOException {
        daemon.close();
        daemon = start();
    }

    SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(settings.serverSocket()));
        return channel;
    }

    /** Sends any bytes as a frame on a connection of their own. */
    Answer send(byte[] frame) throws IOException {
        try (SocketChannel channel = connect()) {
            Frames.write(channel, frame);
            return Codec.readAnswer(
                    Frames.readBody(channel, Frames.readLength(channel).orElseThrow()));
        }
    }

    Answer send(String json) throws IOException {
        return send(json.getBytes(StandardCharsets.UTF_8));
    }

    List<String> log() {
        try {
            return Files.readAllLines(settings.log().resolve("calls.log"), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        daemon.close();
    }
}
