package org.understudy.demo.bench.iscsi;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;
import org.understudy.demo.bench.CpuTime;

/** What copying costs without any protocol: the floor that a data path stands on. */
final class Copies {

    private static final int BUFFER = 1 << 20;

    private final CommandRunner commands;

    Copies(CommandRunner commands) {
        this.commands = commands;
    }

    /** {@code dd} from file to file. */
    Sample dd(Path from, Path to, long bytes) throws IOException {
        Duration before = CpuTime.ofEndedChildren();
        long started = System.nanoTime();
        commands.run(Command.of(
                        "dd",
                        "if=" + from,
                        "of=" + to,
                        "bs=1M",
                        "count=" + bytes / BUFFER,
                        "conv=notrunc",
                        "status=none"))
                .orThrow();
        double seconds = (System.nanoTime() - started) / 1e9;
        return new Sample(
                bytes, seconds, CpuTime.ofEndedChildren().minus(before).toMillis() / 1e3, 0);
    }

    /** Plain Java: file, socket of the loopback interface, file; one thread on each side. */
    Sample javaFileSocketFile(Path from, Path to, long bytes) throws IOException {
        Duration before = CpuTime.own();
        long started;
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            started = System.nanoTime();
            CompletableFuture<Void> receiver = CompletableFuture.runAsync(() -> receive(server, to, bytes));
            try (SocketChannel out = SocketChannel.open(server.getLocalAddress());
                    FileChannel file = FileChannel.open(from, StandardOpenOption.READ)) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
                for (long at = 0; at < bytes; at += buffer.limit()) {
                    buffer.clear();
                    if (file.read(buffer, at) <= 0) {
                        throw new IOException(from + " is shorter than " + bytes + " bytes");
                    }
                    buffer.flip();
                    while (buffer.hasRemaining()) {
                        out.write(buffer);
                    }
                }
            }
            receiver.join();
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        return new Sample(bytes, seconds, CpuTime.own().minus(before).toMillis() / 1e3, 0);
    }

    private static void receive(ServerSocketChannel server, Path to, long bytes) {
        try (SocketChannel in = server.accept();
                FileChannel file = FileChannel.open(to, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
            for (long at = 0; at < bytes; ) {
                buffer.clear();
                while (buffer.hasRemaining() && in.read(buffer) >= 0) {
                    continue;
                }
                buffer.flip();
                if (!buffer.hasRemaining()) {
                    throw new IOException("the sender ended early");
                }
                while (buffer.hasRemaining()) {
                    at += file.write(buffer, at);
                }
            }
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }
}
