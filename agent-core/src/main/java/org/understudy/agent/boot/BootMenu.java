package org.understudy.agent.boot;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the boot loaders of a system offer to start: kernels, their initial RAM disks and command lines, from extlinux and syslinux
 * configuration, GRUB configuration and boot-loader entries; if these name none, by their usual names in {@code /boot}.
 */
final class BootMenu {

    private static final int MAX_CONFIG_BYTES = 1 << 20;
    private static final int MAX_ENTRIES = 32;
    private static final int MAX_IMAGES = 8;
    private static final Pattern APPENDED = Pattern.compile("(?:^|\\s)initrd=(\\S+)");
    private static final Pattern USUAL = Pattern.compile("(?:initrd|initramfs)(?:[-.].*)?");
    private static final Pattern NEVER_ROOT = Pattern.compile(".*(?:kdump|\\.old-dkms|\\.dpkg-bak|\\.bak).*");
    /** Menus and memory tests, which are started like kernels. */
    private static final Pattern NO_KERNEL = Pattern.compile("(?i).*(?:\\.c32|\\.com|memtest[^/]*)");

    private static final Set<String> GRUB_KERNEL = Set.of("linux", "linux16", "linuxefi", "kernel");
    private static final Set<String> GRUB_IMAGES = Set.of("initrd", "initrd16", "initrdefi");

    /**
     * One thing to start.
     *
     * @param kernel path in the tree, or null if the menu's kernel was not found there
     * @param images paths in the tree that are loaded together, as microcode and the real one are
     * @param arguments the kernel's command line
     */
    record Entry(@Nullable String kernel, List<String> images, String arguments) {}

    /** The lines of one label while they are read. */
    private static final class Draft {
        private String kernel = "";
        private String arguments = "";
        private final List<String> images = new ArrayList<>();
    }

    private final RootTree tree;
    private final Set<String> loaders = new TreeSet<>();
    /** By kernel and images: menus name most of them more than once. */
    private final Map<List<String>, Entry> entries = new LinkedHashMap<>();

    private BootMenu(RootTree tree) {
        this.tree = tree;
    }

    static BootMenu read(RootTree tree) {
        BootMenu menu = new BootMenu(tree);
        menu.syslinux();
        menu.grub();
        menu.loaderEntries();
        if (menu.imageSets().isEmpty()) {
            menu.usualNames();
        }
        return menu;
    }

    /** In the order of the menu. */
    List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    /** Boot loaders whose configuration was found. */
    Set<String> loaders() {
        return loaders;
    }

    /** Images that are loaded together. */
    Set<List<String>> imageSets() {
        Set<List<String>> sets = new LinkedHashSet<>();
        entries.values().stream()
                .map(Entry::images)
                .filter(set -> !set.isEmpty())
                .forEach(sets::add);
        return sets;
    }

    private void syslinux() {
        List<String> folders =
                List.of("/boot/extlinux", "/extlinux", "/boot/syslinux", "/syslinux", "/boot", "/", "/boot/isolinux");
        for (String folder : folders) {
            for (String file : List.of("extlinux.conf", "syslinux.cfg", "isolinux.cfg")) {
                syslinux(folder, tree.lines(folder + "/" + file, MAX_CONFIG_BYTES));
            }
        }
    }

    private void syslinux(String folder, List<String> lines) {
        Map<String, Draft> labels = new LinkedHashMap<>();
        String chosen = "";
        Draft draft = new Draft();
        labels.put("", draft);
        for (String line : lines) {
            String[] words = line.split("\\s+", 2);
            String value = words.length > 1 ? words[1].strip() : "";
            switch (words[0].toLowerCase(Locale.ROOT)) {
                case "default" -> chosen = value;
                case "label" -> draft = labels.computeIfAbsent(value, unused -> new Draft());
                case "linux", "kernel" -> draft.kernel = value;
                case "initrd" -> draft.images.addAll(List.of(value.split(",")));
                case "append" -> {
                    draft.arguments = value;
                    Matcher appended = APPENDED.matcher(value);
                    if (appended.find()) {
                        draft.images.addAll(List.of(appended.group(1).split(",")));
                    }
                }
                default -> {
                    // Looks and time limits of the menu.
                }
            }
        }
        if (!lines.isEmpty()) {
            loaders.add("syslinux");
        }
        Draft first = labels.remove(chosen);
        if (first != null) {
            add(folder, first);
        }
        labels.values().forEach(other -> add(folder, other));
    }

    private void grub() {
        List<String> files = new ArrayList<>(
                List.of("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/boot/grub/grub.conf", "/boot/grub/menu.lst"));
        for (String folder : List.of("/boot/efi/EFI", "/efi/EFI")) {
            tree.names(folder).forEach(name -> files.add(folder + "/" + name + "/grub.cfg"));
        }
        for (String file : files) {
            List<String> lines = tree.lines(file, MAX_CONFIG_BYTES);
            if (!lines.isEmpty()) {
                loaders.add("grub");
            }
            grub(lines);
        }
    }

    private void grub(List<String> lines) {
        Draft draft = new Draft();
        for (String line : lines) {
            String[] words = line.replace("\"", "").replace("'", "").split("\\s+");
            boolean kernel = GRUB_KERNEL.contains(words[0]) && words.length > 1;
            boolean next = kernel || words[0].equals("menuentry") || words[0].equals("title");
            if (next) {
                add("/boot", draft);
                draft = new Draft();
            }
            if (kernel) {
                draft.kernel = words[1];
                draft.arguments = String.join(" ", List.of(words).subList(2, words.length));
            } else if (GRUB_IMAGES.contains(words[0])) {
                draft.images.addAll(List.of(words).subList(1, words.length));
            }
        }
        add("/boot", draft);
    }

    private void loaderEntries() {
        for (String base : List.of("/boot", "/efi", "/boot/efi")) {
            if (tree.isFile(base + "/loader/loader.conf")) {
                loaders.add("systemd-boot");
            }
            String folder = base + "/loader/entries";
            List<String> names = new ArrayList<>(tree.names(folder));
            // Menus show the newest version first.
            Collections.reverse(names);
            for (String name : names) {
                if (name.endsWith(".conf") && !name.contains("kdump")) {
                    add(base, loaderEntry(tree.lines(folder + "/" + name, MAX_CONFIG_BYTES)));
                }
            }
        }
    }

    private static Draft loaderEntry(List<String> lines) {
        Draft draft = new Draft();
        for (String line : lines) {
            String[] words = line.split("\\s+");
            String value =
                    line.substring(Math.min(line.length(), words[0].length())).strip();
            switch (words[0]) {
                case "linux" -> draft.kernel = value;
                case "options" -> draft.arguments = (draft.arguments + " " + value).strip();
                case "initrd" -> draft.images.addAll(List.of(words).subList(1, words.length));
                default -> {
                    // Title, machine id, version: for people.
                }
            }
        }
        return draft;
    }

    private void usualNames() {
        for (String folder : List.of("/boot", "/")) {
            for (String name : tree.names(folder)) {
                if (USUAL.matcher(name).matches() && !NEVER_ROOT.matcher(name).matches()) {
                    Draft draft = new Draft();
                    draft.images.add(name);
                    String version = name.replaceFirst("^(?:initrd\\.img|initrd|initramfs)-?", "")
                            .replaceFirst("\\.img$", "");
                    draft.kernel = version.isEmpty() ? "vmlinuz" : "vmlinuz-" + version;
                    add(folder, draft);
                }
            }
            if (!imageSets().isEmpty()) {
                return;
            }
        }
    }

    private void add(String folder, Draft draft) {
        Set<String> images = new LinkedHashSet<>();
        draft.images.stream()
                .limit(MAX_IMAGES)
                .forEach(name -> file(folder, name).ifPresent(images::add));
        String kernel = NO_KERNEL.matcher(draft.kernel).matches()
                ? null
                : file(folder, draft.kernel).orElse(null);
        if ((kernel == null && images.isEmpty()) || entries.size() >= MAX_ENTRIES) {
            return;
        }
        List<String> key = new ArrayList<>(images);
        key.add(String.valueOf(kernel));
        entries.putIfAbsent(key, new Entry(kernel, List.copyOf(images), draft.arguments));
    }

    /** "($root)/boot/x" and "(hd0,1)/boot/x" name a file on the boot file system; "$tuned_initrd" is a variable. */
    private Optional<String> file(String folder, String name) {
        String plain = name.replaceFirst("^\\([^)]*\\)", "");
        return plain.isBlank() || plain.contains("$") ? Optional.empty() : resolve(folder, plain);
    }

    /** A path counts from the boot file system's root, which is the tree's root or {@code /boot}, or from the configuration. */
    private Optional<String> resolve(String folder, String name) {
        List<String> candidates = name.startsWith("/")
                ? List.of("/boot" + name, name, "/boot/efi" + name, "/efi" + name)
                : List.of(folder + "/" + name, "/boot/" + name, "/" + name);
        return candidates.stream().filter(tree::isFile).findFirst();
    }
}
