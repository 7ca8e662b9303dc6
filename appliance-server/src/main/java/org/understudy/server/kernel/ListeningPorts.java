package org.understudy.server.kernel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/**
 * The ports that the appliance really listens on. Whoever opens one announces it; when the application is ready they are
 * written to {@code ports.properties} in the data directory and logged in one line. A port announced later is added to the file
 * then. The file of an earlier start is removed first, so its presence means that the appliance is ready. Thread-safe.
 */
@Component
public class ListeningPorts implements DisposableBean {

    public static final String FILE = "ports.properties";

    private static final Logger log = LoggerFactory.getLogger(ListeningPorts.class);

    private final Path file;
    private final Map<Listener, Integer> ports = new EnumMap<>(Listener.class);
    private boolean ready;

    public ListeningPorts(DataDirectory directory) {
        this.file = directory.resolve(FILE);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says that {@code listener} accepts connections on {@code port}. */
    public synchronized void announce(Listener listener, int port) {
        ports.put(listener, port);
        if (ready) {
            write();
        }
    }

    /** The port, or empty while nobody listens there. */
    public synchronized OptionalInt port(Listener listener) {
        Integer port = ports.get(listener);
        return port == null ? OptionalInt.empty() : OptionalInt.of(port);
    }

    @EventListener(ApplicationReadyEvent.class)
    @Order(Ordered.LOWEST_PRECEDENCE)
    synchronized void onReady() {
        ready = true;
        write();
    }

    /** Nobody listens any more after an orderly stop. */
    @Override
    public void destroy() throws IOException {
        Files.deleteIfExists(file);
    }

    private void write() {
        String text = ports.entrySet().stream()
                .map(entry -> entry.getKey().key() + "=" + entry.getValue() + "\n")
                .collect(Collectors.joining());
        Path draft = file.resolveSibling(FILE + ".new");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(draft, text);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
        log.info("Understudy is ready: {}", text.strip().replace("\n", ", ").replace('=', ' '));
    }
}
