package org.understudy.server.readiness;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.core.protocol.HostFacts;

/** Whether a device file names another device, or none, on other hardware. */
final class DevicePaths {

    /** Disks that Linux numbers by letters, such as {@code /dev/sda1}. */
    private static final Pattern LETTERED = Pattern.compile("/dev/(sd|vd|hd|xvd)([a-z]+)\\d*");

    private static final Pattern NVME = Pattern.compile("/dev/nvme(\\d{1,4})n1(?:p\\d+)?");
    private static final Pattern NUMBERED = Pattern.compile("/dev/(?:nvme|mmcblk|cciss|dasd|pmem|ubd).*");
    private static final Pattern OF_THE_HARDWARE = Pattern.compile("/dev/disk/by-(?:id|path|diskseq)/.*|ID=.*");

    private final HostFacts facts;
    private final List<String> disks;

    /** @param disks keys in the order in which a takeover has them */
    DevicePaths(HostFacts facts, List<String> disks) {
        this.facts = facts;
        this.disks = disks;
    }

    /** Ids, labels, volumes of LVM and arrays are the same everywhere; they are in what the disks hold. */
    boolean changes(String source, GuestProfile.DiskBus bus) {
        if (OF_THE_HARDWARE.matcher(source).matches()) {
            return true;
        }
        Matcher lettered = LETTERED.matcher(source);
        if (lettered.matches()) {
            String disk = "/dev/" + lettered.group(1) + lettered.group(2);
            return !lettered.group(1).equals(bus.devicePrefix())
                    || !lettered.group(2).equals(letters(position(disk)));
        }
        Matcher nvme = NVME.matcher(source);
        if (nvme.matches()) {
            String disk = "/dev/nvme" + nvme.group(1) + "n1";
            return !bus.devicePrefix().equals("nvme") || Integer.parseInt(nvme.group(1)) != position(disk);
        }
        return NUMBERED.matcher(source).matches();
    }

    /** The disk's place in the guest, or -1 if it is not there. */
    private int position(String device) {
        return facts.disks().stream()
                .filter(disk -> disk.device().equals(device))
                .map(disk -> disks.indexOf(disk.key()))
                .findFirst()
                .orElse(-1);
    }

    /** Few disks are enough here; beyond {@code z} a path is taken to change. */
    private static String letters(int position) {
        return position < 0 || position > 25 ? "" : String.valueOf((char) ('a' + position));
    }
}
