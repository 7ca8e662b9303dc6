package org.understudy.agent.linux.bootfacts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.agent.linux.device.DeviceNumber;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.MachineBoot;

/** Reads how this machine started. Looks anew at each call; thread-safe. */
public final class MachineFacts {

    private static final Logger log = LoggerFactory.getLogger(MachineFacts.class);

    /** Words in manufacturer and product of virtual machines (systemd's virt.c knows the same). */
    private static final Set<String> VIRTUAL = Set.of(
            "kvm",
            "qemu",
            "vmware",
            "vmw",
            "innotek",
            "virtualbox",
            "xen",
            "bochs",
            "parallels",
            "bhyve",
            "amazon ec2",
            "google compute",
            "hvm domu",
            "openstack",
            "virtual machine",
            "alibaba cloud ecs");

    private final Path sys;
    private final Path proc;

    /**
     * @param sys mount point of sysfs
     * @param proc mount point of procfs
     */
    public MachineFacts(Path sys, Path proc) {
        this.sys = sys;
        this.proc = proc;
    }

    /**
     * What the root file system is mounted from.
     *
     * @param fileSystem type
     * @param devices its devices
     */
    public record RootMount(String fileSystem, List<DeviceNumber> devices) {}

    /**
     * The facts.
     *
     * @param disks boot areas of the offered disks
     * @param root of the system that is protected, or null if that is not known
     * @param running whether that system is the one that runs here; if not, this machine tells nothing of how it starts
     * @param keys keys of the offered disks by kernel name
     */
    public MachineBoot read(
            List<MachineBoot.DiskBoot> disks, @Nullable RootMount root, boolean running, Map<String, String> keys) {
        MachineBoot.@Nullable RootStack stack = root == null ? null : stack(root, keys);
        if (!running) {
            return new MachineBoot(
                    MachineBoot.Kind.UNKNOWN, null, null, null, List.of(), List.copyOf(disks), stack, List.of());
        }
        EfiVariables variables = new EfiVariables(sys.resolve("firmware/efi/efivars"));
        Optional<HostFacts.Firmware> firmware = firmware();
        boolean uefi = firmware.filter(HostFacts.Firmware.UEFI::equals).isPresent();
        Optional<String> product = product();
        return new MachineBoot(
                kind(product),
                product.orElse(null),
                firmware.orElse(null),
                uefi ? variables.secureBoot().orElse(null) : null,
                uefi ? variables.entries() : List.of(),
                List.copyOf(disks),
                stack,
                RouteTable.read(proc));
    }

    private Optional<HostFacts.Firmware> firmware() {
        if (!Files.isDirectory(sys.resolve("firmware"))) {
            return Optional.empty();
        }
        return Optional.of(
                Files.isDirectory(sys.resolve("firmware/efi")) ? HostFacts.Firmware.UEFI : HostFacts.Firmware.BIOS);
    }

    private Optional<String> product() {
        String maker = BoundedFiles.line(sys.resolve("class/dmi/id/sys_vendor")).orElse("");
        String name =
                BoundedFiles.line(sys.resolve("class/dmi/id/product_name")).orElse("");
        String both = BoundedFiles.shown(maker + " " + name);
        return both.isEmpty() ? Optional.empty() : Optional.of(both);
    }

    private MachineBoot.Kind kind(Optional<String> product) {
        boolean hypervisor = BoundedFiles.lines(proc.resolve("cpuinfo"), 64 << 10).stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .filter(line -> (line + " ").contains(" hypervisor "))
                .isPresent();
        String name = product.orElse("").toLowerCase(Locale.ROOT);
        if (hypervisor || VIRTUAL.stream().anyMatch(name::contains)) {
            return MachineBoot.Kind.VIRTUAL;
        }
        return name.isEmpty() ? MachineBoot.Kind.UNKNOWN : MachineBoot.Kind.PHYSICAL;
    }

    private MachineBoot.@Nullable RootStack stack(RootMount root, Map<String, String> keys) {
        try {
            return RootLayers.of(sys, root.fileSystem(), root.devices(), keys);
        } catch (IOException e) {
            log.warn("what the root file system stands on is not known: {}", e.toString());
            return null;
        }
    }
}
