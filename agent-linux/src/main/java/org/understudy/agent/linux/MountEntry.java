package org.understudy.agent.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.understudy.agent.linux.device.DeviceNumber;

/**
 * A line of {@code /proc/self/mountinfo} (proc(5)).
 *
 * @param device number of the file system; its major is 0 for btrfs and others without a device of their own
 * @param source what was mounted, most often a device file
 */
record MountEntry(
        int id, int parent, DeviceNumber device, Path mountPoint, boolean readOnly, String type, String source) {

    /** Parses the table; the order is that of mounting. */
    static List<MountEntry> parse(List<String> lines) {
        List<MountEntry> mounts = new ArrayList<>();
        for (String line : lines) {
            String[] halves = line.split(" - ", 2);
            String[] left = halves[0].split(" ", -1);
            String[] right = halves.length == 2 ? halves[1].split(" ", -1) : new String[0];
            if (left.length >= 6 && right.length >= 2) {
                String superOptions = right.length > 2 ? right[2] : "";
                mounts.add(new MountEntry(
                        Integer.parseInt(left[0]),
                        Integer.parseInt(left[1]),
                        DeviceNumber.parse(left[2]),
                        Path.of(unescape(left[4])),
                        List.of(superOptions.split(",", -1)).contains("ro"),
                        right[0],
                        unescape(right[1])));
            }
        }
        return mounts;
    }

    /** Blanks and the like stand in the table as {@code \040}. */
    private static String unescape(String field) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\' && i + 3 < field.length()) {
                text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
