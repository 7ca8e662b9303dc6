package org.understudy.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.Granularity;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.agent.linux.tracking.TrackingException;
import org.understudy.core.command.Command;
import org.understudy.core.command.ProcessCommandRunner;

/** A bpffs of a test's own. Unmounting it ends every tracker that is pinned in it, also when the test failed or its JVM is ended. */
final class PinDirectory implements AutoCloseable {

    private final ProcessCommandRunner commands = new ProcessCommandRunner();
    private final Path mountPoint;
    private final Thread ending = new Thread(this::unmount, "unmount-pins");
    private final DeviceProbe probe = new DeviceProbe(Path.of("/sys"), commands);

    PinDirectory(Path directory) throws IOException {
        mountPoint = Files.createDirectory(directory.resolve("bpf"));
        commands.run(Command.of("mount", "-t", "bpf", "bpf", mountPoint.toString()))
                .orThrow();
        Runtime.getRuntime().addShutdownHook(ending);
    }

    Path pins() {
        return mountPoint.resolve("trackers");
    }

    Trackers trackers() {
        return new Trackers(pins(), Path.of("/"), probe);
    }

    Tracker start(Path device) throws TrackingException {
        return trackers().start(probe.probe(device), Granularity.DEFAULT);
    }

    Tracker open(Path device) throws TrackingException {
        return trackers().open(probe.probe(device));
    }

    private void unmount() {
        commands.run(Command.of("umount", "--lazy", mountPoint.toString()));
    }

    @Override
    public void close() {
        Runtime.getRuntime().removeShutdownHook(ending);
        unmount();
    }
}
