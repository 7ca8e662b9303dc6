package org.understudy.zfs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.zfs.name.PoolName;

/**
 * A pool to make.
 *
 * @param groups what the data is spread over, each with its own redundancy
 * @param spares devices that take the place of failed ones
 */
public record PoolSpec(PoolName name, List<Group> groups, List<Path> spares) {

    /** How much a group survives. */
    public enum Redundancy {
        NONE("", 1),
        MIRROR("mirror", 2),
        RAIDZ1("raidz1", 3),
        RAIDZ2("raidz2", 4),
        RAIDZ3("raidz3", 5);

        private final String word;
        private final int smallest;

        Redundancy(String word, int smallest) {
            this.word = word;
            this.smallest = smallest;
        }
    }

    public record Group(Redundancy redundancy, List<Path> devices) {

        public Group {
            devices = List.copyOf(devices);
            devices.forEach(PoolSpec::check);
            if (devices.size() < redundancy.smallest || redundancy == Redundancy.NONE && devices.size() > 1) {
                throw new IllegalArgumentException(
                        devices.size() + " devices do not make a group of redundancy " + redundancy);
            }
        }

        List<String> arguments() {
            List<String> words = new ArrayList<>();
            if (redundancy != Redundancy.NONE) {
                words.add(redundancy.word);
            }
            devices.forEach(device -> words.add(device.toString()));
            return words;
        }
    }

    public PoolSpec {
        groups = List.copyOf(groups);
        spares = List.copyOf(spares);
        spares.forEach(PoolSpec::check);
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("a pool needs devices");
        }
    }

    /** Absolute, so that no device is taken for an option or for the name of a group. */
    static void check(Path device) {
        if (!device.isAbsolute()) {
            throw new IllegalArgumentException("not an absolute path of a device: " + device);
        }
    }
}
