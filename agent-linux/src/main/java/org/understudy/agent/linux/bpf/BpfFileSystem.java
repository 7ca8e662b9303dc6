package org.understudy.agent.linux.bpf;

import com.sun.jna.LastErrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file system that names kernel objects. Stateless. */
public final class BpfFileSystem {

    /** Where systemd mounts it. */
    public static final Path USUAL = Path.of("/sys/fs/bpf");

    private BpfFileSystem() {}

    /** Whether a directory lies in a bpffs. */
    public static boolean contains(Path directory) throws IOException {
        return Files.isDirectory(directory)
                && Files.getFileStore(directory).type().equals("bpf");
    }

    /** Mounts a new one, as systemd does at boot. */
    public static void mount(Path directory) throws IOException {
        long noSuidNoDevNoExec = 2 | 4 | 8;
        try {
            SystemCalls.mount("bpf", directory.toString(), "bpf", noSuidNoDevNoExec, null);
        } catch (LastErrorException e) {
            throw new IOException("mount of bpffs at " + directory + ": " + SystemCalls.message(e), e);
        }
    }
}
