package org.understudy.agent.boot;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the initial RAM disks that the boot loaders of a system load: by extlinux and syslinux configuration, GRUB configuration and
 * boot-loader entries; if these name none, by their usual names in {@code /boot}.
 */
final class BootImages {

    private static final int MAX_CONFIG_BYTES = 1 << 20;
    private static final int MAX_SETS = 32;
    private static final Pattern APPENDED = Pattern.compile("(?:^|\\s)initrd=(\\S+)");
    private static final Pattern USUAL = Pattern.compile("(?:initrd|initramfs)(?:[-.].*)?");
    private static final Pattern NEVER_ROOT = Pattern.compile(".*(?:kdump|\\.old-dkms|\\.dpkg-bak|\\.bak).*");

    private final RootTree tree;
    /** Images that are loaded together, as microcode and the real one are. */
    private final Set<List<String>> sets = new LinkedHashSet<>();

    private BootImages(RootTree tree) {
        this.tree = tree;
    }

    static Set<List<String>> find(RootTree tree) {
        BootImages images = new BootImages(tree);
        images.syslinux();
        images.grub();
        images.entries();
        if (images.sets.isEmpty()) {
            images.usualNames();
        }
        return images.sets;
    }

    private void syslinux() {
        List<String> folders =
                List.of("/boot/extlinux", "/extlinux", "/boot/syslinux", "/syslinux", "/boot", "/", "/boot/isolinux");
        for (String folder : folders) {
            for (String file : List.of("extlinux.conf", "syslinux.cfg", "isolinux.cfg")) {
                for (String line : tree.lines(folder + "/" + file, MAX_CONFIG_BYTES)) {
                    String lower = line.toLowerCase(Locale.ROOT);
                    Matcher appended = APPENDED.matcher(line);
                    if (lower.startsWith("initrd ")) {
                        add(folder, line.substring(7).strip().split(","));
                    } else if (lower.startsWith("append ") && appended.find()) {
                        add(folder, appended.group(1).split(","));
                    }
                }
            }
        }
    }

    private void grub() {
        List<String> files = new ArrayList<>(
                List.of("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/grub/grub.conf", "/boot/grub/menu.lst"));
        for (String folder : List.of("/boot/efi/EFI", "/efi/EFI")) {
            tree.names(folder).forEach(name -> files.add(folder + "/" + name + "/grub.cfg"));
        }
        for (String file : files) {
            for (String line : tree.lines(file, MAX_CONFIG_BYTES)) {
                String[] words = line.replace("\"", "").replace("'", "").split("\\s+");
                if (words[0].equals("initrd") || words[0].equals("initrd16") || words[0].equals("initrdefi")) {
                    add("/boot", rest(words));
                }
            }
        }
    }

    private void entries() {
        for (String folder : List.of("/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries")) {
            for (String name : tree.names(folder)) {
                if (name.endsWith(".conf") && !name.contains("kdump")) {
                    List<String> images = new ArrayList<>();
                    for (String line : tree.lines(folder + "/" + name, MAX_CONFIG_BYTES)) {
                        String[] words = line.split("\\s+");
                        if (words[0].equals("initrd")) {
                            images.addAll(List.of(rest(words)));
                        }
                    }
                    add(
                            folder.substring(0, folder.length() - "/loader/entries".length()),
                            images.toArray(String[]::new));
                }
            }
        }
    }

    private void usualNames() {
        for (String folder : List.of("/boot", "/")) {
            for (String name : tree.names(folder)) {
                if (USUAL.matcher(name).matches() && !NEVER_ROOT.matcher(name).matches()) {
                    add(folder, name);
                }
            }
            if (!sets.isEmpty()) {
                return;
            }
        }
    }

    private static String[] rest(String[] words) {
        return List.of(words).subList(1, words.length).toArray(String[]::new);
    }

    private void add(String folder, String... names) {
        Set<String> found = new LinkedHashSet<>();
        for (String name : names) {
            // "($root)/boot/x" and "(hd0,1)/boot/x" name a file on the boot file system; "$tuned_initrd" is a variable.
            String plain = name.replaceFirst("^\\([^)]*\\)", "");
            if (!plain.isBlank() && !plain.contains("$")) {
                resolve(folder, plain).ifPresent(found::add);
            }
        }
        if (!found.isEmpty() && sets.size() < MAX_SETS) {
            sets.add(List.copyOf(found));
        }
    }

    /** A path counts from the boot file system's root, which is the tree's root or {@code /boot}, or from the configuration. */
    private Optional<String> resolve(String folder, String name) {
        List<String> candidates = name.startsWith("/")
                ? List.of("/boot" + name, name, "/boot/efi" + name, "/efi" + name)
                : List.of(folder + "/" + name, "/boot/" + name, "/" + name);
        return candidates.stream().filter(tree::isFile).findFirst();
    }
}
