package org.understudy.agent.boot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.understudy.core.protocol.InstalledBoot;

/** The lines of {@code /etc/fstab} that name a device (fstab(5)). Stateless. */
final class MountTable {

    private static final int MAX_BYTES = 256 << 10;
    private static final int MAX_LINES = 128;
    /** systemd waits for what these name not at all, or only for a time. */
    private static final Set<String> NOT_NEEDED = Set.of("noauto", "nofail", "_netdev", "x-systemd.automount");

    private MountTable() {}

    static List<InstalledBoot.Mount> read(RootTree tree) {
        List<InstalledBoot.Mount> mounts = new ArrayList<>();
        for (String line : tree.lines("/etc/fstab", MAX_BYTES)) {
            String[] fields = line.split("\\s+");
            if (fields.length >= 3 && !line.startsWith("#") && namesDevice(fields[0]) && mounts.size() < MAX_LINES) {
                List<String> options = fields.length > 3 ? Arrays.asList(fields[3].split(",")) : List.of();
                mounts.add(new InstalledBoot.Mount(
                        InstalledKernels.shown(fields[0].replace("\"", "")),
                        InstalledKernels.shown(fields[1].replace("\\040", " ")),
                        InstalledKernels.shown(fields[2]),
                        options.stream().noneMatch(NOT_NEEDED::contains)));
            }
        }
        return mounts;
    }

    private static boolean namesDevice(String source) {
        return source.startsWith("/dev/") || source.matches("(?:UUID|LABEL|PARTUUID|PARTLABEL|ID)=\\S+");
    }
}
