package org.understudy.agent.boot;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Interface names that udev or systemd give by permanent address, so that they stay on another card. Stateless. */
final class NamedByMac {

    private static final int MAX_BYTES = 256 << 10;
    private static final Pattern ADDRESS = Pattern.compile("ATTRS?\\{address}\\s*==\\s*\"[0-9a-fA-F:]{17}\"");
    private static final Pattern NAME = Pattern.compile("\\bNAME\\s*:?=\\s*\"([^\"$%*]{1,64})\"");

    private NamedByMac() {}

    static Set<String> read(RootTree tree) {
        Set<String> names = new TreeSet<>();
        for (String file : files(tree, "/etc/udev/rules.d", ".rules")) {
            for (String line : tree.lines(file, MAX_BYTES)) {
                Matcher name = NAME.matcher(line);
                if (!line.startsWith("#") && ADDRESS.matcher(line).find() && name.find()) {
                    names.add(name.group(1));
                }
            }
        }
        for (String file : files(tree, "/etc/systemd/network", ".link")) {
            List<String> lines = tree.lines(file, MAX_BYTES);
            boolean byAddress = lines.stream()
                    .anyMatch(line -> line.startsWith("MACAddress=") || line.startsWith("PermanentMACAddress="));
            if (byAddress) {
                lines.stream()
                        .filter(line -> line.startsWith("Name="))
                        .map(line -> line.substring(5).strip())
                        .forEach(names::add);
            }
        }
        return names;
    }

    private static List<String> files(RootTree tree, String folder, String ending) {
        List<String> files = new ArrayList<>();
        tree.names(folder).stream()
                .filter(name -> name.endsWith(ending))
                .forEach(name -> files.add(folder + "/" + name));
        return files;
    }
}
