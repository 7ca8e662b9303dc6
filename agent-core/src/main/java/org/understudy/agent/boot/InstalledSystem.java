package org.understudy.agent.boot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.protocol.HostFacts;

/** Reads boot facts from the mounted root of an installed Linux system. One pass, no more than 20 MB of memory. */
public final class InstalledSystem {

    private static final Logger LOG = LoggerFactory.getLogger(InstalledSystem.class);

    private static final int MAX_TEXT_BYTES = 64 << 10;
    private static final int MAX_BUILTIN_BYTES = 1 << 20;
    private static final int MAX_FOLDERS = 2000;

    private final RootTree tree;
    private final Map<String, Initramfs> read = new HashMap<>();

    private InstalledSystem(RootTree tree) {
        this.tree = tree;
    }

    /**
     * The boot facts of the system under {@code root}.
     *
     * @param root mounted root file system of the protected system ({@code /} for a running one)
     * @param boot where its {@code /boot} is mounted if that is not below {@code root}, else null
     * @return facts with {@code known} false if there is no system; never throws for what the tree holds
     */
    public static HostFacts.BootFacts read(Path root, @Nullable Path boot) {
        return new InstalledSystem(new RootTree(root, boot)).facts();
    }

    private HostFacts.BootFacts facts() {
        Optional<String> name = osRelease();
        List<String> versions = tree.names("/lib/modules");
        Set<List<String>> images = BootImages.find(tree);
        if (name.isEmpty() && versions.isEmpty() && images.isEmpty()) {
            return HostFacts.BootFacts.unknown();
        }
        Set<String> started = new TreeSet<>();
        Set<String> storage = images.isEmpty() ? builtInEverywhere(versions) : inEveryImage(images, versions, started);
        started.retainAll(versions);
        Set<String> network = networkDrivers(started.isEmpty() ? Set.copyOf(versions) : started);
        return new HostFacts.BootFacts(
                true,
                name.orElse(null),
                hostName().orElse(null),
                Drivers.only(Drivers.STORAGE, storage),
                network,
                NetworkSettings.read(tree));
    }

    private Optional<String> osRelease() {
        for (String file : List.of("/etc/os-release", "/usr/lib/os-release")) {
            for (String line : tree.lines(file, MAX_TEXT_BYTES)) {
                if (line.startsWith("PRETTY_NAME=")) {
                    String value = line.substring("PRETTY_NAME=".length());
                    return Optional.of(
                            value.replaceAll("^([\"'])(.*)\\1$", "$2").replaceAll("\\\\(.)", "$1"));
                }
            }
        }
        return Optional.empty();
    }

    private Optional<String> hostName() {
        return tree.lines("/etc/hostname", MAX_TEXT_BYTES).stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .findFirst();
    }

    /** Drivers that each loaded image offers, itself or by its kernel. Empty as soon as one image cannot be read. */
    private Set<String> inEveryImage(Set<List<String>> images, List<String> versions, Set<String> started) {
        Set<String> common = null;
        for (List<String> set : images) {
            Set<String> drivers = new TreeSet<>();
            Set<String> kernels = new TreeSet<>();
            for (String image : set) {
                try {
                    Initramfs contents = contents(image);
                    drivers.addAll(contents.drivers());
                    kernels.addAll(contents.versions());
                } catch (IOException e) {
                    LOG.warn("The drivers in {} are not known: {}", image, e.getMessage());
                    return Set.of();
                }
            }
            if (kernels.isEmpty()) {
                kernels.addAll(versionsOf(set, versions));
            }
            drivers.addAll(builtInEverywhere(kernels));
            started.addAll(kernels);
            if (common == null) {
                common = drivers;
            } else {
                common.retainAll(drivers);
            }
        }
        return common == null ? Set.of() : common;
    }

    /** Boot menus name most images more than once; each is unpacked only once. */
    private Initramfs contents(String image) throws IOException {
        Initramfs known = read.get(image);
        if (known == null) {
            try (InputStream in = tree.open(image).orElseThrow(() -> new IOException("it is gone"))) {
                known = Initramfs.read(in);
                read.put(image, known);
            }
        }
        return known;
    }

    /** The kernel of an image without modules, by the image's name; the only kernel if there is one. */
    private static Set<String> versionsOf(List<String> images, List<String> versions) {
        Set<String> named = new TreeSet<>();
        for (String version : versions) {
            if (images.stream().anyMatch(image -> image.contains(version))) {
                named.add(version);
            }
        }
        return named.isEmpty() ? Set.copyOf(versions) : named;
    }

    private Set<String> builtInEverywhere(Iterable<String> versions) {
        Set<String> common = null;
        for (String version : versions) {
            Set<String> builtIn = builtIn(version);
            if (common == null) {
                common = builtIn;
            } else {
                common.retainAll(builtIn);
            }
        }
        return common == null ? Set.of() : common;
    }

    private Set<String> builtIn(String version) {
        Set<String> drivers = new TreeSet<>();
        for (String line : tree.lines("/lib/modules/" + version + "/modules.builtin", MAX_BUILTIN_BYTES)) {
            Drivers.ofModule(line).ifPresent(drivers::add);
        }
        return drivers;
    }

    private Set<String> networkDrivers(Set<String> versions) {
        Set<String> common = null;
        for (String version : versions) {
            Set<String> drivers = builtIn(version);
            collect("/lib/modules/" + version + "/kernel/drivers/net", drivers, new int[] {MAX_FOLDERS}, 6);
            if (common == null) {
                common = drivers;
            } else {
                common.retainAll(drivers);
            }
        }
        return common == null ? Set.of() : Drivers.only(Drivers.NETWORK, common);
    }

    private void collect(String folder, Set<String> drivers, int[] foldersLeft, int depthLeft) {
        if (--foldersLeft[0] < 0 || depthLeft == 0) {
            return;
        }
        for (String name : tree.names(folder)) {
            if (name.contains(".ko")) {
                Drivers.ofModule(name).ifPresent(drivers::add);
            } else if (name.indexOf('.') < 0) {
                collect(folder + "/" + name, drivers, foldersLeft, depthLeft - 1);
            }
        }
    }
}
