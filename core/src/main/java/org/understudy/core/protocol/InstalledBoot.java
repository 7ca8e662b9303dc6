package org.understudy.core.protocol;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the files of an installed system say about its next start. Driver names are module names with {@code _} for {@code -}.
 *
 * @param kernels that the boot loader offers, in the order of its menu, the first one first
 * @param bootLoaders those whose configuration was found: {@code grub}, {@code systemd-boot}, {@code syslinux}
 * @param efiLoaders paths on the EFI system partition in upper case, such as {@code \EFI\BOOT\BOOTX64.EFI}; null if no EFI
 *     system partition is mounted where one is looked for
 * @param mounts lines of {@code /etc/fstab} that name a device
 * @param networks how interfaces are found by their configuration
 */
public record InstalledBoot(
        List<Kernel> kernels,
        Set<String> bootLoaders,
        @Nullable List<String> efiLoaders,
        List<Mount> mounts,
        List<NetworkBinding> networks) {

    /**
     * A kernel with the images that are loaded with it.
     *
     * @param version release as {@code uname -r} tells it, or the file's name if it cannot be found
     * @param file the kernel's path in the installed system, or null if only its images were found
     * @param images paths of the initial RAM disks; empty if it starts without
     * @param builtIn drivers in the kernel itself; null if they are not known
     * @param inInitramfs drivers that the images hold; null if an image could not be read
     * @param modules drivers that lie in the modules directory, for a new initial RAM disk; null if there is none
     * @param root the {@code root=} of its command line, or null
     * @param stableNames whether {@code net.ifnames=0} leaves interfaces their kernel names
     * @param unreadable why {@code inInitramfs} is null, else null
     */
    public record Kernel(
            String version,
            @Nullable String file,
            List<String> images,
            @Nullable Set<String> builtIn,
            @Nullable Set<String> inInitramfs,
            @Nullable Set<String> modules,
            @Nullable String root,
            boolean stableNames,
            @Nullable String unreadable) {}

    /**
     * A line of {@code /etc/fstab}.
     *
     * @param source {@code UUID=…}, {@code LABEL=…}, {@code PARTUUID=…}, or a path
     * @param needed whether the start stops if it cannot be mounted (neither {@code nofail} nor {@code noauto})
     */
    public record Mount(String source, String mountPoint, String type, boolean needed) {}

    /**
     * How an interface is found by its configuration.
     *
     * @param configuredBy {@code ifupdown}, {@code netplan}, {@code systemd-networkd}, {@code NetworkManager}, {@code ifcfg}, or {@code cloud-init}
     * @param byMac whether the permanent address decides, so that another card in another slot is found again
     */
    public record NetworkBinding(String name, String configuredBy, boolean byMac) {}
}
