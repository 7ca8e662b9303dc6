package org.understudy.agent.boot;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads interfaces from netplan's YAML (netplan.readthedocs.io, YAML configuration). Stateless. */
final class NetplanSettings {

    private static final Logger LOG = LoggerFactory.getLogger(NetplanSettings.class);
    private static final int MAX_BYTES = 256 << 10;
    private static final int MAX_ALIASES = 50;
    private static final int MAX_DEPTH = 20;

    private NetplanSettings() {}

    static void read(RootTree tree, InterfaceSettings settings) {
        for (String folder : List.of("/usr/lib/netplan", "/etc/netplan")) {
            for (String name : tree.names(folder)) {
                if (name.endsWith(".yaml")) {
                    tree.text(folder + "/" + name, MAX_BYTES).ifPresent(text -> read(name, text, settings));
                }
            }
        }
    }

    private static void read(String file, String text, InterfaceSettings settings) {
        LoaderOptions limits = new LoaderOptions();
        limits.setCodePointLimit(MAX_BYTES);
        limits.setMaxAliasesForCollections(MAX_ALIASES);
        limits.setNestingDepthLimit(MAX_DEPTH);
        limits.setAllowRecursiveKeys(false);
        try {
            Object document = new Yaml(new SafeConstructor(limits)).load(text);
            for (String kind : List.of("ethernets", "bonds", "bridges", "vlans", "wifis")) {
                child(document, "network")
                        .flatMap(network -> child(network, kind))
                        .ifPresent(devices -> {
                            if (devices instanceof Map<?, ?> map) {
                                map.forEach((id, device) -> device(String.valueOf(id), device, settings));
                            }
                        });
            }
        } catch (YAMLException e) {
            LOG.warn("The netplan file {} cannot be read: {}", file, e.getMessage());
        }
    }

    private static Optional<Object> child(Object parent, String key) {
        return parent instanceof Map<?, ?> map ? Optional.ofNullable(map.get(key)) : Optional.empty();
    }

    private static void device(String id, Object device, InterfaceSettings settings) {
        String name = child(device, "set-name").map(String::valueOf).orElse(id);
        settings.add(name);
        child(device, "match")
                .flatMap(match -> child(match, "macaddress"))
                .ifPresent(mac -> settings.addMac(name, String.valueOf(mac)));
        child(device, "macaddress").ifPresent(mac -> settings.addMac(name, String.valueOf(mac)));
        child(device, "addresses").ifPresent(addresses -> {
            if (addresses instanceof List<?> list) {
                list.forEach(address -> address(name, address, settings));
            }
        });
    }

    /** An address is text, or a map from the text to its options. */
    private static void address(String name, Object address, InterfaceSettings settings) {
        if (address instanceof Map<?, ?> map) {
            map.keySet().forEach(key -> settings.addAddress(name, String.valueOf(key), null));
        } else {
            settings.addAddress(name, String.valueOf(address), null);
        }
    }
}
