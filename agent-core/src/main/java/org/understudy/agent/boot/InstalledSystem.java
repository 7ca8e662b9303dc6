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
import org.understudy.core.protocol.InstalledBoot;

/** Reads boot facts from the mounted root of an installed Linux system. One pass, no more than 20 MB of memory. */
public final class InstalledSystem {

    private static final Logger LOG = LoggerFactory.getLogger(InstalledSystem.class);

    private static final int MAX_TEXT_BYTES = 64 << 10;

    private final RootTree tree;
    private final Map<String, Initramfs> read = new HashMap<>();
    private final Map<String, IOException> unreadable = new HashMap<>();

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
        BootMenu menu = BootMenu.read(tree);
        Set<List<String>> images = menu.imageSets();
        if (name.isEmpty() && versions.isEmpty() && menu.entries().isEmpty()) {
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
                NetworkSettings.read(tree),
                new InstalledBoot(
                        new InstalledKernels(tree, this::contents).of(menu.entries()),
                        menu.loaders(),
                        InstalledKernels.efiLoaders(tree),
                        MountTable.read(tree),
                        NetworkSettings.bindings(tree)),
                null);
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
        IOException failure = unreadable.get(image);
        if (failure != null) {
            throw failure;
        }
        if (known == null) {
            try (InputStream in = tree.open(image).orElseThrow(() -> new IOException("it is gone"))) {
                known = Initramfs.read(in);
                read.put(image, known);
            } catch (IOException e) {
                unreadable.put(image, e);
                throw e;
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
        return KernelDrivers.builtIn(tree, version).orElseGet(TreeSet::new);
    }

    private Set<String> networkDrivers(Set<String> versions) {
        Set<String> common = null;
        for (String version : versions) {
            Set<String> drivers = builtIn(version);
            drivers.addAll(KernelDrivers.modules(tree, "/lib/modules/" + version + "/kernel/drivers/net"));
            if (common == null) {
                common = drivers;
            } else {
                common.retainAll(drivers);
            }
        }
        return common == null ? Set.of() : Drivers.only(Drivers.NETWORK, common);
    }
}
