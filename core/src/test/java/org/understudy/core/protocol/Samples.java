package org.understudy.core.protocol;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.understudy.core.problem.ProblemCode;

/** One message of each type, with every field set to something that is told apart. */
final class Samples {

    private static final String RUN = "0f8fad5b-d9cb-469f-a165-70867728950e";
    private static final String POINT = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    private static final String DISK = "wwn-0x5000c500a0b1c2d3";

    static final Map<String, AgentMessage> AGENT = agent();
    static final Map<String, ServerMessage> SERVER = server();
    static final Map<String, Record> DOCUMENTS = Map.of(
            "enrolment-request",
            new Enrolment.Request("token-1", "web 1 备份", "machine-1", "cHVibGljIGtleQ==", "c2lnbmF0dXJl"),
            "enrolment-response",
            new Enrolment.Response(
                    "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
                    "-----BEGIN CERTIFICATE-----\nagent\n-----END CERTIFICATE-----\n",
                    "-----BEGIN CERTIFICATE-----\nauthority\n-----END CERTIFICATE-----\n"));

    private Samples() {}

    private static Map<String, AgentMessage> agent() {
        Map<String, AgentMessage> samples = new LinkedHashMap<>();
        samples.put("hello", new AgentMessage.Hello(1, 2, "0.1.0", "Debian GNU/Linux 12", "web1", Set.of("freeze")));
        samples.put("hostDescription", new AgentMessage.HostDescription(11, facts()));
        samples.put(
                "runBegun",
                new AgentMessage.RunBegun(
                        12, RUN, List.of(new AgentMessage.DiskView(DISK, 21_474_836_480L, 3_221_225_472L))));
        samples.put("progress", new AgentMessage.Progress(RUN, 2, 100, 200, 50));
        samples.put(
                "transferFinished",
                new AgentMessage.TransferFinished(
                        13,
                        RUN,
                        Consistency.CRASH,
                        "/var was not frozen in time",
                        4999,
                        List.of(new AgentMessage.DiskTransfer(DISK, 1, 2, 3, 4, 5, 6, "ab".repeat(32)))));
        samples.put("runEnded", new AgentMessage.RunEnded(14, RUN));
        samples.put(
                "failed",
                new AgentMessage.Failed(
                        15, RUN, ProblemCode.DISK_READ_FAILED, Map.of("disk", DISK), "Input/output error"));
        samples.put("upgraded", new AgentMessage.Upgraded(17, "0.2.0"));
        samples.put("unsupported", new AgentMessage.Unsupported(16L, "dance"));
        return samples;
    }

    private static HostFacts facts() {
        HostFacts.Partition partition = new HostFacts.Partition(1, 1_048_576, 2_097_152, "ext4", "root", "uuid-1", "/");
        HostFacts.Disk disk = new HostFacts.Disk(
                DISK, "/dev/sda", "Model 1", "Serial 1", 21_474_836_480L, 512, "gpt", List.of(partition));
        HostFacts.NetworkInterface network =
                new HostFacts.NetworkInterface("eth0", "52:54:00:12:34:56", List.of("192.0.2.10/24"), "virtio_net");
        HostFacts.BootFacts boot = new HostFacts.BootFacts(
                true,
                "Debian GNU/Linux 12 (bookworm)",
                "web1",
                Set.of("virtio_blk"),
                Set.of("e1000"),
                List.of(new HostFacts.GuestInterface("eth0", "52:54:00:12:34:56", List.of())),
                installed(),
                machine());
        return new HostFacts(
                "web1",
                "machine-1",
                "Debian GNU/Linux 12",
                "6.1.0-28-amd64",
                4_294_967_296L,
                2,
                HostFacts.Firmware.UEFI,
                List.of(disk),
                List.of(network),
                boot);
    }

    private static InstalledBoot installed() {
        return new InstalledBoot(
                List.of(new InstalledBoot.Kernel(
                        "6.1.0-28-amd64",
                        "/boot/vmlinuz-6.1.0-28-amd64",
                        List.of("/boot/initrd.img-6.1.0-28-amd64"),
                        Set.of("sd_mod"),
                        Set.of("virtio_blk"),
                        Set.of("nvme"),
                        "UUID=uuid-1",
                        true,
                        "it is damaged")),
                Set.of("grub"),
                List.of("\\EFI\\BOOT\\BOOTX64.EFI"),
                List.of(new InstalledBoot.Mount("UUID=uuid-1", "/", "ext4", true)),
                List.of(new InstalledBoot.NetworkBinding("eth0", "netplan", true)));
    }

    private static MachineBoot machine() {
        return new MachineBoot(
                MachineBoot.Kind.PHYSICAL,
                "Maker Model 7",
                HostFacts.Firmware.UEFI,
                true,
                List.of(new MachineBoot.FirmwareEntry("debian", true, "\\EFI\\debian\\shimx64.efi", "guid-1")),
                List.of(new MachineBoot.DiskBoot(
                        DISK, MachineBoot.BootCode.GRUB, true, MachineBoot.BootCode.OTHER, true, true)),
                new MachineBoot.RootStack("ext4", List.of("lvm", "partition"), List.of(DISK), List.of("sdb")),
                List.of(new MachineBoot.Route("0.0.0.0/0", "192.0.2.1", "eth0")));
    }

    private static Map<String, ServerMessage> server() {
        Map<String, ServerMessage> samples = new LinkedHashMap<>();
        samples.put("welcome", new ServerMessage.Welcome(1, "3f2504e0-4f89-41d3-9a0c-0305e82c3301", 20));
        samples.put("refused", new ServerMessage.Refused(ProblemCode.PROTOCOL_VERSION, Map.of("agent", "7..8")));
        samples.put("describeHost", new ServerMessage.DescribeHost(21));
        samples.put("beginRun", new ServerMessage.BeginRun(22, RUN, List.of(DISK), 5000, true));
        samples.put(
                "transfer",
                new ServerMessage.Transfer(
                        23,
                        RUN,
                        new ServerMessage.DataTarget(
                                3261, "iqn.2026-11.org.understudy:run-1", "run-1", "one-run-secret"),
                        List.of(new ServerMessage.LunAssignment(DISK, 0, POINT, 65536)),
                        1_000_000));
        samples.put("limitRate", new ServerMessage.LimitRate(RUN, 500_000));
        samples.put("endRun", new ServerMessage.EndRun(24, RUN, POINT));
        samples.put("cancelRun", new ServerMessage.CancelRun(RUN));
        samples.put(
                "upgradeAgent",
                new ServerMessage.UpgradeAgent(
                        18,
                        List.of(new ServerMessage.PackageFile(
                                "deb", "amd64", "0.2.0", "understudy-agent_0.2.0_amd64.deb", 37_748_736, "00ff"))));
        samples.put("unsupported", new ServerMessage.Unsupported("dance"));
        return samples;
    }
}
