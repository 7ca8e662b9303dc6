package org.understudy.agent.linux;

import java.nio.file.Path;
import org.understudy.agent.linux.tracking.DeviceProbe;
import org.understudy.agent.linux.tracking.Tracker;
import org.understudy.agent.linux.tracking.Trackers;
import org.understudy.core.command.ProcessCommandRunner;

/** A process that does nothing but drain, to be killed in the middle of it. */
final class DrainForever {

    private DrainForever() {}

    public static void main(String[] arguments) throws Exception {
        DeviceProbe probe = new DeviceProbe(Path.of("/sys"), new ProcessCommandRunner());
        Trackers trackers = new Trackers(Path.of(arguments[0]), Path.of("/"), probe);
        try (Tracker tracker = trackers.open(probe.probe(Path.of(arguments[1])))) {
            tracker.cut();
            System.out.println("draining");
            System.out.flush();
            while (true) {
                tracker.cut();
            }
        }
    }
}
