package org.understudy.agent.linux.tracking;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.linux.bpf.BpfException;
import org.understudy.agent.linux.bpf.KernelObject;

/** Names of one tracker's objects in its directory. Stateless but for the directory. */
record PinSet(Path directory) {

    static final String CONTROL = "control";
    static final String MARKS = "marks";
    static final String LEDGERS = "ledgers";
    static final String FLIGHT = "flight";
    static final String QUEUE_PROGRAM = "queue_prog";
    static final String QUEUE_LINK = "queue_link";
    static final String COMPLETE_PROGRAM = "complete_prog";
    static final String COMPLETE_LINK = "complete_link";

    boolean exists() {
        return Files.isDirectory(directory);
    }

    void pin(String name, KernelObject object) throws BpfException {
        object.pin(directory.resolve(name));
    }

    KernelObject open(String name) throws BpfException {
        return org.understudy.agent.linux.bpf.Bpf.open(directory.resolve(name));
    }

    /** Removes all pins, links first so that nothing runs on half a tracker. Idempotent. */
    void remove() throws IOException {
        if (!exists()) {
            return;
        }
        List<Path> pins = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(pins::add);
        }
        pins.sort((left, right) -> Boolean.compare(isLink(right), isLink(left)));
        for (Path pin : pins) {
            Files.deleteIfExists(pin);
        }
        try {
            Files.delete(directory);
        } catch (NoSuchFileException e) {
            // Somebody else removed the same tracker at the same time.
            return;
        }
    }

    private static boolean isLink(Path pin) {
        return pin.getFileName().toString().endsWith("_link");
    }
}
