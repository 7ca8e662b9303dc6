package org.understudy.agent.boot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.HostFacts;

/** Gathers the settings of network interfaces from several files, joined by name. Not thread-safe. */
final class InterfaceSettings {

    private static final int MAX_INTERFACES = 256;
    private static final int MAX_ADDRESSES = 64;
    private static final int MAX_NAME = 64;
    private static final Pattern MAC = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");
    private static final Pattern ADDRESS =
            Pattern.compile("(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(?:/\\d{1,3})?");

    private static final class Settings {
        private @Nullable String mac;
        private final List<String> addresses = new ArrayList<>();
    }

    private final Map<String, Settings> byName = new LinkedHashMap<>();

    /** Notes that the interface is configured, whatever with. */
    private @Nullable Settings of(String name) {
        String plain = name.strip();
        if (plain.isEmpty() || plain.length() > MAX_NAME || plain.equals("lo") || byName.size() >= MAX_INTERFACES) {
            return byName.get(plain);
        }
        return byName.computeIfAbsent(plain, key -> new Settings());
    }

    void add(String name) {
        of(name);
    }

    void addMac(String name, String mac) {
        String plain = mac.strip().toLowerCase(Locale.ROOT).replace('-', ':');
        Settings settings = of(name);
        if (settings != null && MAC.matcher(plain).matches()) {
            settings.mac = plain;
        }
    }

    /** Adds an address with prefix length, or without one, which then follows from a netmask or the address class. */
    void addAddress(String name, String address, @Nullable String netmask) {
        String plain = address.strip();
        Settings settings = of(name);
        if (settings == null || !ADDRESS.matcher(plain).matches() || settings.addresses.size() >= MAX_ADDRESSES) {
            return;
        }
        String complete = plain.contains("/") ? plain : plain + "/" + prefix(plain, netmask);
        if (!settings.addresses.contains(complete)) {
            settings.addresses.add(complete);
        }
    }

    private static int prefix(String address, @Nullable String netmask) {
        if (netmask != null && netmask.matches("\\d{1,3}")) {
            return Integer.parseInt(netmask);
        }
        if (netmask != null && netmask.matches("\\d{1,3}(\\.\\d{1,3}){3}")) {
            int bits = 0;
            for (String part : netmask.split("\\.")) {
                bits += Integer.bitCount(Integer.parseInt(part) & 0xff);
            }
            return bits;
        }
        if (address.contains(":")) {
            return 64;
        }
        int first = Integer.parseInt(address.substring(0, address.indexOf('.')));
        return first < 128 ? 8 : first < 192 ? 16 : 24;
    }

    List<HostFacts.GuestInterface> toList() {
        List<HostFacts.GuestInterface> list = new ArrayList<>();
        byName.forEach((name, settings) ->
                list.add(new HostFacts.GuestInterface(name, settings.mac, List.copyOf(settings.addresses))));
        return list;
    }
}
