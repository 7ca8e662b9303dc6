package org.understudy.agent.crash;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.understudy.agent.control.RunObserver;
import org.understudy.agent.disk.DiskReader;
import org.understudy.agent.hooks.ScriptHooks;
import org.understudy.agent.run.AgentHost;
import org.understudy.agent.service.Agent;
import org.understudy.agent.service.AgentPlatform;
import org.understudy.agent.snapshot.FileSystemMount;
import org.understudy.agent.snapshot.Freezer;
import org.understudy.agent.snapshot.HashCompareSource;
import org.understudy.agent.snapshot.ProtectedDisk;
import org.understudy.agent.state.StateDirectory;
import org.understudy.agent.transfer.RemoteTargets;
import org.understudy.agent.transfer.RemoteVolume;
import org.understudy.core.command.ProcessCommandRunner;
import org.understudy.core.extent.Extent;
import org.understudy.core.extent.ExtentSet;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ServerMessage.DataTarget;

/**
 * An agent over a disk and a volume that are files, which dies at once, as by kill -9, when a run whose id begins with {@code crash}
 * reaches a phase, or when a phase of no run is reached. Arguments: state directory, disk, volume, phase or {@code NEVER}.
 */
final class CrashingAgent {

    private CrashingAgent() {}

    public static void main(String[] arguments) {
        Path disk = Path.of(arguments[1]);
        Path volume = Path.of(arguments[2]);
        String deadly = arguments[3];
        RunObserver death = (phase, run, pass) -> {
            if (phase.name().equals(deadly) && (run == null || run.startsWith("crash"))) {
                Runtime.getRuntime().halt(137);
            }
        };
        StateDirectory state = StateDirectory.open(Path.of(arguments[0]));
        FileDisk only = new FileDisk(disk);
        Agent.over(
                        state,
                        new AgentPlatform(
                                new OneDiskHost(only),
                                new HashCompareSource(
                                        new NoFreezer(),
                                        (reader, states) -> ExtentSet.of(new Extent(0, reader.sizeBytes())),
                                        4 << 20),
                                new ScriptHooks(new ProcessCommandRunner(), List.of(state.hooks())),
                                "test",
                                "1",
                                List.of(),
                                2),
                        List.of(death),
                        connected -> new FileTargets(volume))
                .run();
    }

    private record OneDiskHost(FileDisk disk) implements AgentHost {

        @Override
        public HostFacts describe() {
            return new HostFacts(
                    "host",
                    "machine",
                    "test",
                    "none",
                    1,
                    1,
                    HostFacts.Firmware.BIOS,
                    List.of(),
                    List.of(),
                    HostFacts.BootFacts.unknown());
        }

        @Override
        public List<ProtectedDisk> disks(List<String> keys) {
            return List.of(disk);
        }

        @Override
        public String hostName() {
            return "host";
        }
    }

    private record FileDisk(Path file) implements ProtectedDisk {

        @Override
        public String key() {
            return "disk";
        }

        @Override
        public DiskReader open() throws IOException {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            long size = channel.size();
            return new DiskReader() {
                @Override
                public long sizeBytes() {
                    return size;
                }

                @Override
                public int logicalBlockSize() {
                    return 512;
                }

                @Override
                public void read(long offset, ByteBuffer target) throws IOException {
                    while (target.hasRemaining()) {
                        if (channel.read(target, offset + target.position()) < 0) {
                            throw new IOException("past the end");
                        }
                    }
                }

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        }

        @Override
        public List<FileSystemMount> mounts() {
            return List.of(new FileSystemMount(Path.of("/mnt"), "ext4", 0, 1, true));
        }

        @Override
        public boolean inUse() {
            return true;
        }
    }

    private static final class NoFreezer implements Freezer {

        @Override
        public Hold prepare(List<FileSystemMount> mounts, Duration limit) {
            return new Hold() {
                @Override
                public void sync() {
                    // The disk is a file that nobody writes during a run.
                }

                @Override
                public List<FileSystemMount> freeze() {
                    return List.of();
                }

                @Override
                public boolean thaw() {
                    return true;
                }

                @Override
                public void close() {
                    // Nothing is held.
                }
            };
        }
    }

    /** Writes go to the file at once, so that a death leaves it half written. */
    private record FileTargets(Path file) implements RemoteTargets {

        @Override
        public RemoteSession login(DataTarget target) {
            try {
                RandomAccessFile volume = new RandomAccessFile(file.toFile(), "rw");
                return new RemoteSession() {
                    @Override
                    public RemoteVolume volume(int lun) {
                        return new FileVolume(volume);
                    }

                    @Override
                    public void close() {
                        try {
                            volume.close();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                };
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private record FileVolume(RandomAccessFile file) implements RemoteVolume {

        @Override
        public long sizeBytes() {
            try {
                return file.length();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public int blockSize() {
            return 512;
        }

        @Override
        public CompletableFuture<Void> write(long offset, ByteBuffer data) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            put(offset, bytes);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> read(long offset, ByteBuffer target) {
            byte[] bytes = new byte[target.remaining()];
            try {
                file.seek(offset);
                file.readFully(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            target.put(bytes);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void unmap(long offset, long length) {
            put(offset, new byte[(int) length]);
        }

        private void put(long offset, byte[] bytes) {
            try {
                file.seek(offset);
                file.write(bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void flush() {
            // The file is as durable as this test needs it.
        }
    }
}
