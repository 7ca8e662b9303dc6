package org.understudy.agent.boot;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.InstalledBoot;

/** The kernels of a boot menu with the drivers that each has when it starts. */
final class InstalledKernels {

    private static final int MAX_TEXT = 120;
    private static final int MAX_LOADERS = 64;
    private static final Pattern ROOT = Pattern.compile("(?:^|\\s)root=(\\S+)");
    private static final Pattern KERNEL_NAMES = Pattern.compile("(?:^|\\s)net\\.ifnames=0(?:\\s|$)");
    /** Where drivers for disks and network cards lie; other folders need not be walked. */
    private static final List<String> DRIVER_FOLDERS = List.of(
            "drivers/block",
            "drivers/scsi",
            "drivers/ata",
            "drivers/nvme",
            "drivers/virtio",
            "drivers/message",
            "drivers/net");

    /** Reads an initial RAM disk, or says why it cannot be. */
    interface Images {
        Initramfs contents(String image) throws IOException;
    }

    private final RootTree tree;
    private final Images images;

    InstalledKernels(RootTree tree, Images images) {
        this.tree = tree;
        this.images = images;
    }

    List<InstalledBoot.Kernel> of(List<BootMenu.Entry> entries) {
        return entries.stream().map(this::kernel).toList();
    }

    private InstalledBoot.Kernel kernel(BootMenu.Entry entry) {
        Set<String> drivers = new TreeSet<>();
        Set<String> versions = new TreeSet<>();
        @Nullable String unreadable = null;
        for (String image : entry.images()) {
            try {
                Initramfs contents = images.contents(image);
                drivers.addAll(contents.drivers());
                versions.addAll(contents.versions());
            } catch (IOException e) {
                unreadable = shown(image + ": " + e.getMessage());
            }
        }
        Optional<String> release = Optional.ofNullable(entry.kernel())
                .flatMap(file -> KernelFile.release(tree, file))
                .or(() -> versions.size() == 1 ? versions.stream().findFirst() : Optional.empty());
        Matcher root = ROOT.matcher(entry.arguments());
        return new InstalledBoot.Kernel(
                shown(release.orElseGet(() -> fileName(entry))),
                entry.kernel() == null ? null : shown(entry.kernel()),
                entry.images().stream().map(InstalledKernels::shown).toList(),
                release.flatMap(version -> KernelDrivers.builtIn(tree, version)).orElse(null),
                unreadable == null ? drivers : null,
                release.flatMap(this::modules).orElse(null),
                root.find() ? shown(root.group(1)) : null,
                KERNEL_NAMES.matcher(entry.arguments()).find(),
                unreadable);
    }

    private static String fileName(BootMenu.Entry entry) {
        String path = entry.kernel() == null ? entry.images().get(0) : entry.kernel();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private Optional<Set<String>> modules(String version) {
        String folder = "/lib/modules/" + version + "/kernel";
        if (tree.names(folder).isEmpty()) {
            return Optional.empty();
        }
        Set<String> drivers = new TreeSet<>();
        DRIVER_FOLDERS.forEach(name -> drivers.addAll(KernelDrivers.modules(tree, folder + "/" + name)));
        return Optional.of(drivers);
    }

    /** As the appliance takes texts: not long, without control characters. */
    static String shown(String text) {
        String plain = text.replaceAll("\\p{Cntrl}", " ");
        return plain.codePointCount(0, plain.length()) <= MAX_TEXT
                ? plain
                : plain.substring(0, plain.offsetByCodePoints(0, MAX_TEXT)) + "…";
    }

    /** Paths of the loaders on the EFI system partition, or null if none is mounted. */
    static @Nullable List<String> efiLoaders(RootTree tree) {
        for (String mount : List.of("/boot/efi", "/efi", "/esp", "/boot")) {
            for (String folder : tree.names(mount)) {
                // In /boot, "efi" is the place for a mount; a partition mounted at /boot itself has "EFI".
                boolean named = mount.equals("/boot") ? folder.equals("EFI") : folder.equalsIgnoreCase("EFI");
                if (named) {
                    return loadersIn(tree, mount + "/" + folder);
                }
            }
        }
        return null;
    }

    private static List<String> loadersIn(RootTree tree, String folder) {
        List<String> loaders = new ArrayList<>();
        for (String vendor : tree.names(folder)) {
            for (String file : tree.names(folder + "/" + vendor)) {
                if (file.toLowerCase(Locale.ROOT).endsWith(".efi") && loaders.size() < MAX_LOADERS) {
                    loaders.add(shown(("\\EFI\\" + vendor + "\\" + file).toUpperCase(Locale.ROOT)));
                }
            }
        }
        return loaders;
    }
}
