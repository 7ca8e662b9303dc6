package org.understudy.server.recovery.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.understudy.server.kernel.TakeoverId;

/**
 * The last picture of each takeover's screen, as {@code <directory>/<id>/screen.png}. A reader never sees half a picture.
 *
 * @param directory {@code <data>/takeovers}
 */
record Screenshots(Path directory) {

    void store(TakeoverId id, byte[] png) {
        try {
            Path place = Files.createDirectories(directory.resolve(id.toString()));
            Path fresh = Files.createTempFile(place, "screen", ".new");
            Files.write(fresh, png);
            Files.move(
                    fresh,
                    place.resolve("screen.png"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot store the picture of takeover " + id, e);
        }
    }

    Optional<byte[]> last(TakeoverId id) {
        try {
            Path file = directory.resolve(id.toString()).resolve("screen.png");
            return Files.exists(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the picture of takeover " + id, e);
        }
    }
}
