package org.understudy.server.recovery.internal;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.understudy.core.protocol.Consistency;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.kernel.HostId;
import org.understudy.server.kernel.PointId;
import org.understudy.server.protection.Manifest;

/** Facts and manifests as agents report them. */
final class TestFacts {

    static final HostFacts.BootFacts DEBIAN = boot(
            Set.of("virtio_blk", "virtio_pci", "ahci", "nvme", "ata_piix", "sd_mod"), Set.of("virtio_net", "e1000e"));

    private TestFacts() {}

    static HostFacts.BootFacts boot(Set<String> storage, Set<String> network) {
        return new HostFacts.BootFacts(true, "Debian GNU/Linux 12", "web01", storage, network, List.of(), null, null);
    }

    static HostFacts facts(HostFacts.BootFacts boot, List<String> devices, List<HostFacts.NetworkInterface> cards) {
        return new HostFacts(
                "web01",
                "0123456789abcdef",
                "Debian GNU/Linux 12",
                "6.1.0",
                512L << 20,
                2,
                HostFacts.Firmware.BIOS,
                devices.stream()
                        .map(device -> new HostFacts.Disk(
                                "serial-" + device.replace("/dev/", ""),
                                device,
                                null,
                                null,
                                1 << 20,
                                512,
                                "mbr",
                                List.of()))
                        .toList(),
                cards,
                boot);
    }

    static HostFacts debian() {
        return facts(DEBIAN, List.of("/dev/sda"), List.of(card("eth0", "52:54:00:12:34:56", "e1000e")));
    }

    static HostFacts.NetworkInterface card(String name, String mac, String driver) {
        return new HostFacts.NetworkInterface(name, mac, List.of("192.0.2.10/24"), driver);
    }

    static Manifest manifest(HostId host, PointId point, HostFacts facts) {
        return new Manifest(
                1,
                point.toString(),
                host.toString(),
                "web <01>",
                Instant.parse("2026-11-01T00:00:00Z"),
                "5f8c5b8e-7d0e-4c7a-9f6e-0d8a3f1b2c4d",
                Instant.parse("2026-11-20T08:00:00Z"),
                Consistency.values()[0],
                "",
                0,
                List.of(new Manifest.ManifestDisk(0, "serial-sda", 1 << 20, 65536, 0, 0, 0, 0, "00")),
                facts);
    }
}
