package org.understudy.agent.boot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.InstalledBoot;

/**
 * Reads how a system configures its network interfaces: ifupdown, netplan, systemd-networkd, NetworkManager key files and the
 * {@code ifcfg} files of Red Hat and SUSE.
 */
final class NetworkSettings {

    private static final int MAX_BYTES = 256 << 10;

    /** By the name of what configures interfaces. */
    private static final Map<String, Consumer<NetworkSettings>> READERS = readers();

    private final RootTree tree;
    private final InterfaceSettings settings = new InterfaceSettings();

    private NetworkSettings(RootTree tree) {
        this.tree = tree;
    }

    static List<HostFacts.GuestInterface> read(RootTree tree) {
        NetworkSettings reader = new NetworkSettings(tree);
        READERS.values().forEach(part -> part.accept(reader));
        return reader.settings.toList();
    }

    /** Which of them configures which interface, and whether it finds the interface by its permanent address. */
    static List<InstalledBoot.NetworkBinding> bindings(RootTree tree) {
        Set<String> named = NamedByMac.read(tree);
        List<InstalledBoot.NetworkBinding> bindings = new ArrayList<>();
        READERS.forEach((by, part) -> {
            NetworkSettings reader = new NetworkSettings(tree);
            part.accept(reader);
            for (HostFacts.GuestInterface found : reader.settings.toList()) {
                // What ifupdown calls hwaddress is an address to set, not one to look for.
                boolean byMac = found.macAddress() != null && !by.equals("ifupdown");
                bindings.add(new InstalledBoot.NetworkBinding(
                        InstalledKernels.shown(found.name()), by, byMac || named.contains(found.name())));
            }
        });
        return bindings;
    }

    private static Map<String, Consumer<NetworkSettings>> readers() {
        Map<String, Consumer<NetworkSettings>> readers = new LinkedHashMap<>();
        readers.put("ifupdown", NetworkSettings::ifupdown);
        readers.put("netplan", reader -> NetplanSettings.read(reader.tree, reader.settings));
        readers.put("systemd-networkd", NetworkSettings::networkd);
        readers.put("NetworkManager", NetworkSettings::networkManager);
        readers.put("ifcfg", NetworkSettings::ifcfg);
        return readers;
    }

    private void ifupdown() {
        List<String> files = new ArrayList<>(List.of("/etc/network/interfaces"));
        tree.names("/etc/network/interfaces.d").forEach(name -> files.add("/etc/network/interfaces.d/" + name));
        for (String file : files) {
            ifupdown(tree.lines(file, MAX_BYTES));
        }
    }

    private void ifupdown(List<String> lines) {
        String name = null;
        String address = null;
        String netmask = null;
        for (String line : lines) {
            String[] words = line.split("\\s+", 3);
            boolean stanza = words[0].equals("iface")
                    || words[0].equals("auto")
                    || words[0].startsWith("allow-")
                    || words[0].equals("mapping")
                    || words[0].startsWith("source");
            if (stanza && name != null && address != null) {
                settings.addAddress(name, address, netmask);
            }
            if (stanza) {
                name = words[0].equals("iface") && words.length > 1 ? words[1] : null;
                address = null;
                netmask = null;
                if (name != null) {
                    settings.add(name);
                }
            } else if (name != null && words.length > 1) {
                if (words[0].equals("address")) {
                    address = words[1];
                } else if (words[0].equals("netmask")) {
                    netmask = words[1];
                } else if (words[0].equals("hwaddress")) {
                    settings.addMac(name, words[words.length - 1]);
                }
            }
        }
        if (name != null && address != null) {
            settings.addAddress(name, address, netmask);
        }
    }

    /** Sections of an INI file; a key may come more than once. */
    private record Ini(Map<String, List<String>> values) {

        static Ini of(List<String> lines) {
            Map<String, List<String>> values = new LinkedHashMap<>();
            String section = "";
            for (String line : lines) {
                int equals = line.indexOf('=');
                if (line.startsWith("[") && line.endsWith("]")) {
                    section = line.substring(1, line.length() - 1);
                } else if (equals > 0 && !line.startsWith("#") && !line.startsWith(";")) {
                    String key = section + "." + line.substring(0, equals).strip();
                    values.computeIfAbsent(key, unused -> new ArrayList<>())
                            .add(unquoted(line.substring(equals + 1).strip()));
                }
            }
            return new Ini(values);
        }

        private static String unquoted(String value) {
            return value.replaceAll("^([\"'])(.*)\\1$", "$2");
        }

        List<String> all(String key) {
            return values.getOrDefault(key, List.of());
        }

        @Nullable
        String first(String key) {
            List<String> all = all(key);
            return all.isEmpty() ? null : all.get(0);
        }
    }

    private void networkd() {
        for (String folder : List.of("/usr/lib/systemd/network", "/etc/systemd/network")) {
            for (String file : tree.names(folder)) {
                // The distribution's own files describe containers and virtual machines, not this host.
                if (file.endsWith(".network") && folder.startsWith("/etc")) {
                    networkd(file, Ini.of(tree.lines(folder + "/" + file, MAX_BYTES)));
                }
            }
        }
    }

    private void networkd(String file, Ini ini) {
        String matched = ini.first("Match.Name");
        String name = matched != null ? matched.split("\\s+")[0] : file.substring(0, file.length() - 8);
        settings.add(name);
        for (String key : List.of("Match.MACAddress", "Match.PermanentMACAddress", "Link.MACAddress")) {
            ini.all(key).forEach(mac -> settings.addMac(name, mac.split("\\s+")[0]));
        }
        ini.all("Network.Address").forEach(address -> settings.addAddress(name, address, null));
        ini.all("Address.Address").forEach(address -> settings.addAddress(name, address, null));
    }

    private void networkManager() {
        for (String folder :
                List.of("/usr/lib/NetworkManager/system-connections", "/etc/NetworkManager/system-connections")) {
            for (String file : tree.names(folder)) {
                Ini ini = Ini.of(tree.lines(folder + "/" + file, MAX_BYTES));
                String given = ini.first("connection.interface-name");
                String id = ini.first("connection.id");
                String name = given != null ? given : id;
                String type = String.valueOf(ini.first("connection.type"));
                if (name == null || type.equals("loopback") || type.equals("vpn") || type.equals("wireguard")) {
                    continue;
                }
                settings.add(name);
                for (String key : List.of("ethernet.mac-address", "802-3-ethernet.mac-address")) {
                    ini.all(key).forEach(mac -> settings.addMac(name, mac));
                }
                for (String family : List.of("ipv4", "ipv6")) {
                    ini.values().forEach((key, values) -> {
                        if (key.matches(family + "\\.address(?:es)?\\d*")) {
                            values.forEach(value -> addManaged(name, value));
                        }
                    });
                }
            }
        }
    }

    /** {@code 10.0.0.2/24,10.0.0.1}: address and gateway; the older {@code addresses=} lists several with {@code ;}. */
    private void addManaged(String name, String value) {
        for (String part : value.split(";")) {
            settings.addAddress(name, part.split(",")[0], null);
        }
    }

    private void ifcfg() {
        for (String folder : List.of("/etc/sysconfig/network-scripts", "/etc/sysconfig/network")) {
            for (String file : tree.names(folder)) {
                if (file.startsWith("ifcfg-") && !file.equals("ifcfg-lo") && !file.contains(".bak")) {
                    ifcfg(file.substring(6), Ini.of(tree.lines(folder + "/" + file, MAX_BYTES)));
                }
            }
        }
    }

    private void ifcfg(String suffix, Ini ini) {
        String device = ini.first(".DEVICE");
        String name = device != null ? device : suffix;
        settings.add(name);
        ini.all(".HWADDR").forEach(mac -> settings.addMac(name, mac));
        for (int i = -1; i < 10; i++) {
            String number = i < 0 ? "" : String.valueOf(i);
            for (String separator : List.of("", "_")) {
                String address = ini.first(".IPADDR" + (i < 0 ? "" : separator) + number);
                if (address != null) {
                    String prefix = ini.first(".PREFIX" + number);
                    String length = prefix != null ? prefix : ini.first(".PREFIXLEN" + number);
                    settings.addAddress(name, address, length != null ? length : ini.first(".NETMASK" + number));
                }
            }
        }
        String six = ini.first(".IPV6ADDR");
        if (six != null) {
            settings.addAddress(name, six, null);
        }
    }
}
