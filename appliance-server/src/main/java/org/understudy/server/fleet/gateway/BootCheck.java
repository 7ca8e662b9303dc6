package org.understudy.server.fleet.gateway;

import java.util.Collection;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot;

/** Checks what agents report about the start of their host. */
final class BootCheck {

    private static final int MOST_KERNELS = 64;
    private static final int MOST_IMAGES = 16;
    private static final int MOST_DRIVERS = 4096;
    private static final int MOST = 256;
    /** All cards of a host times all that can configure them. */
    private static final int MOST_BINDINGS = 2048;

    private static final Pattern DRIVER = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    private BootCheck() {}

    static void installed(InstalledBoot boot) {
        Bounds.list("kernels", boot.kernels(), MOST_KERNELS);
        for (InstalledBoot.Kernel kernel : boot.kernels()) {
            Bounds.text("the version of a kernel", kernel.version(), Bounds.NAME);
            Bounds.optionalText("the file of a kernel", kernel.file(), Bounds.NAME);
            Bounds.texts("initial RAM disks", kernel.images(), MOST_IMAGES, Bounds.NAME);
            drivers(kernel.builtIn());
            drivers(kernel.inInitramfs());
            drivers(kernel.modules());
            Bounds.optionalText("the root of a kernel", kernel.root(), Bounds.NAME);
            Bounds.optionalText("why drivers are not known", kernel.unreadable(), Bounds.NAME);
        }
        Bounds.texts("boot loaders", boot.bootLoaders(), MOST, 64);
        if (boot.efiLoaders() != null) {
            Bounds.texts("EFI loaders", boot.efiLoaders(), MOST, Bounds.NAME);
        }
        Bounds.list("mounts", boot.mounts(), MOST);
        for (InstalledBoot.Mount mount : boot.mounts()) {
            Bounds.text("the source of a mount", mount.source(), Bounds.NAME);
            Bounds.text("the place of a mount", mount.mountPoint(), Bounds.NAME);
            Bounds.text("the type of a mount", mount.type(), Bounds.NAME);
        }
        Bounds.list("network bindings", boot.networks(), MOST_BINDINGS);
        for (InstalledBoot.NetworkBinding network : boot.networks()) {
            Bounds.text("the name of a configured interface", network.name(), Bounds.NAME);
            Bounds.text("what configures an interface", network.configuredBy(), 64);
        }
    }

    static void machine(MachineBoot boot) {
        Bounds.present("the kind of the machine", boot.kind());
        Bounds.optionalText("the product", boot.product(), Bounds.NAME);
        Bounds.list("boot entries", boot.entries(), MOST);
        for (MachineBoot.FirmwareEntry entry : boot.entries()) {
            Bounds.text("the name of a boot entry", entry.name(), Bounds.NAME);
            Bounds.optionalText("the path of a boot entry", entry.path(), Bounds.NAME);
            Bounds.optionalText("the partition of a boot entry", entry.partition(), 64);
        }
        Bounds.list("boot areas", boot.disks(), FactsCheck.MOST_DISKS);
        for (MachineBoot.DiskBoot disk : boot.disks()) {
            Bounds.diskKey(disk.disk());
            Bounds.present("the boot code of a disk", disk.code());
        }
        if (boot.root() != null) {
            Bounds.text("the file system of the root", boot.root().fileSystem(), Bounds.NAME);
            Bounds.texts("layers below the root", boot.root().layers(), MOST, Bounds.NAME);
            Bounds.list("disks of the root", boot.root().disks(), FactsCheck.MOST_DISKS);
            boot.root().disks().forEach(Bounds::diskKey);
            Bounds.texts("other devices of the root", boot.root().others(), MOST, Bounds.NAME);
        }
        Bounds.list("routes", boot.routes(), MOST);
        for (MachineBoot.Route route : boot.routes()) {
            Bounds.text("the destination of a route", route.destination(), 64);
            Bounds.text("the gateway of a route", route.gateway(), 64);
            Bounds.text("the interface of a route", route.networkInterface(), Bounds.NAME);
        }
    }

    private static void drivers(@Nullable Collection<String> drivers) {
        if (drivers != null) {
            Bounds.list("drivers", drivers, MOST_DRIVERS);
            drivers.forEach(driver -> Bounds.matches("a driver", driver, DRIVER));
        }
    }
}
