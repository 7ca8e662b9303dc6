package org.understudy.server.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.InstalledBoot;
import org.understudy.core.protocol.MachineBoot.BootCode;
import org.understudy.core.protocol.MachineBoot.DiskBoot;
import org.understudy.server.readiness.Finding.Code;
import org.understudy.server.readiness.GuestProfile.DiskBus;

/** The rules of docs/design/boot-readiness.md. */
class ForecastTest {

    private static final HostFacts.Firmware BIOS = HostFacts.Firmware.BIOS;
    private static final HostFacts.Firmware UEFI = HostFacts.Firmware.UEFI;

    private static void assertNo(Forecast forecast, Code... codes) {
        assertThat(forecast.outcome()).isInstanceOf(Outcome.WillNotBoot.class);
        assertThat(forecast.outcome().findings()).extracting(Finding::code).contains(codes);
    }

    private static void assertAfter(Forecast forecast, Code... codes) {
        assertThat(forecast.outcome()).isInstanceOf(Outcome.WillBootAfter.class);
        assertThat(forecast.outcome().findings()).extracting(Finding::code).containsExactly(codes);
    }

    private static void assertUnknown(Forecast forecast, Code... codes) {
        assertThat(forecast.outcome()).isInstanceOf(Outcome.Unknown.class);
        assertThat(forecast.outcome().findings()).extracting(Finding::code).containsExactly(codes);
    }

    private static Set<String> words(@Nullable String text) {
        return text == null ? Set.of() : Arrays.stream(text.split(" ", -1)).collect(Collectors.toSet());
    }

    @Test
    void aHostWithEveryDriverStartsOnVirtioWithItsOwnFirmware() {
        Forecast forecast = new Host().forecast();

        assertThat(forecast.best()).isEqualTo(new GuestProfile(DiskBus.VIRTIO_BLK, BIOS));
        assertThat(forecast.outcome()).isEqualTo(new Outcome.WillBoot());
        assertThat(forecast.outcomes()).hasSize(10);
        assertThat(forecast.outcome(new GuestProfile(DiskBus.VIRTIO_SCSI, BIOS)))
                .isEqualTo(new Outcome.WillBoot());
        assertThat(forecast.outcome(new GuestProfile(DiskBus.SATA, UEFI))).isInstanceOf(Outcome.WillNotBoot.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            virtio_blk virtio_pci sd_mod              | VIRTIO_BLK
            virtio_blk ahci sd_mod                    | SATA
            ahci sd_mod ata_piix                      | SATA
            nvme ata_piix sd_mod                      | NVME
            ata_piix sd_mod                           | IDE
            """)
    void theBusIsTheFirstThatTheInitramfsHasAllDriversOf(String drivers, DiskBus bus) {
        Host host = new Host();
        host.initramfs = words(drivers);

        Forecast forecast = host.forecast();

        assertThat(forecast.best().bus()).isEqualTo(bus);
        assertThat(forecast.outcome()).isEqualTo(new Outcome.WillBoot());
    }

    @Test
    void driversInTheKernelCountLikeThoseInTheInitramfs() {
        Host host = new Host();
        host.builtIn = Set.of("virtio_pci");
        host.initramfs = Set.of("virtio_blk");

        assertThat(host.forecast().outcome()).isEqualTo(new Outcome.WillBoot());
    }

    @Test
    void anInitramfsOfTheOldMachineIsRebuiltIfTheModulesAreThere() {
        Host host = new Host();
        host.initramfs = Set.of("mptspi", "sd_mod");
        assertAfter(host.forecast(), Code.REBUILD_INITRAMFS);
        assertThat(host.forecast().outcome().findings().get(0).text(Locale.ENGLISH))
                .isEqualTo("Rebuild the initramfs of kernel 6.1.0-28-amd64 with virtio_blk, virtio_pci.");

        host.modules = Set.of("mptspi");
        assertNo(host.forecast(), Code.NO_DRIVER);
    }

    @Test
    void whatCouldNotBeReadIsUnknownAndNotGuessed() {
        Host host = new Host();
        host.initramfs = null;
        assertUnknown(host.forecast(), Code.INITRAMFS_UNREADABLE);
        host.builtIn = Set.of("nvme");
        assertThat(host.forecast().best().bus()).isEqualTo(DiskBus.NVME);
        assertThat(host.forecast().outcome()).isEqualTo(new Outcome.WillBoot());

        Host other = new Host();
        other.initramfs = Set.of();
        other.builtIn = null;
        assertUnknown(other.forecast(), Code.BUILT_IN_UNKNOWN);
        other.builtIn = Set.of();
        other.modules = null;
        assertUnknown(other.forecast(), Code.MODULES_UNKNOWN);
        other = new Host();
        other.kernelFile = null;
        assertUnknown(other.forecast(), Code.KERNEL_FILE_NOT_FOUND);
    }

    @Test
    void theKernelThatRunsDecidesBesideTheFirstOfTheMenuAndOthersDoNot() {
        Host host = new Host();
        host.more.add(kernel("5.10.0-1", Set.of()));
        assertThat(host.forecast().outcome()).isEqualTo(new Outcome.WillBoot());

        host.more.add(kernel(Host.KERNEL, Set.of("nvme")));
        assertThat(host.forecast().best().bus()).isEqualTo(DiskBus.NVME);
    }

    private static InstalledBoot.Kernel kernel(String version, Set<String> drivers) {
        return new InstalledBoot.Kernel(
                version, "/boot/x", List.of(), Set.of(), drivers, Set.of(), "UUID=a-1", false, null);
    }

    @Test
    void aBiosNeedsWholeBootCodeOnItsFirstDisk() {
        Host host = new Host();
        host.areas.set(0, new DiskBoot("wwn-a", BootCode.GRUB, false, null, false, false));
        assertNo(host.forecast(), Code.GRUB_CORE_MISSING);

        host.areas.set(0, new DiskBoot("wwn-a", BootCode.NONE, false, null, false, false));
        assertNo(host.forecast(), Code.NO_BOOT_CODE);

        host.areas.set(0, new DiskBoot("wwn-a", BootCode.OTHER, false, null, false, false));
        assertUnknown(host.forecast(), Code.BOOT_CODE_UNKNOWN);

        host.areas.set(0, new DiskBoot("wwn-a", BootCode.CHAIN, false, BootCode.SYSLINUX, false, false));
        assertThat(host.forecast().outcome()).isEqualTo(new Outcome.WillBoot());

        host.areas.set(0, new DiskBoot("wwn-a", BootCode.CHAIN, false, null, false, false));
        host.areas.add(new DiskBoot("wwn-b", BootCode.GRUB, true, null, false, false));
        assertNo(host.forecast("wwn-a"), Code.NO_BOOT_CODE);
        assertAfter(host.forecast("wwn-a", "wwn-b"), Code.BOOT_DISK_FIRST);
    }

    @Test
    void aUefiMachineNeedsTheFallbackLoaderSinceItsEntriesAreLost() {
        assertThat(new Host().uefi("\\EFI\\BOOT\\BOOTX64.EFI").forecast().best())
                .isEqualTo(new GuestProfile(DiskBus.VIRTIO_BLK, UEFI));
        assertThat(new Host().uefi("\\EFI\\BOOT\\BOOTX64.EFI").forecast().outcome())
                .isEqualTo(new Outcome.WillBoot());
        assertAfter(
                new Host()
                        .uefi("\\EFI\\DEBIAN\\GRUBX64.EFI", "\\EFI\\DEBIAN\\SHIMX64.EFI")
                        .forecast(),
                Code.EFI_FALLBACK);
        assertNo(new Host().uefi("\\EFI\\TOOLS\\MEMTEST.EFI").forecast(), Code.NO_EFI_LOADER);

        Host unmounted = new Host().uefi();
        unmounted.efiLoaders = null;
        assertUnknown(unmounted.forecast(), Code.EFI_PARTITION_NOT_READ);
    }

    @Test
    void aHostThatStartsByBothKeepsItsOwnFirmwareUnlessTheOtherPromisesMore() {
        Host host = new Host().uefi("\\EFI\\DEBIAN\\GRUBX64.EFI");
        host.areas.set(0, new DiskBoot("wwn-a", BootCode.GRUB, true, null, true, true));

        assertThat(host.forecast().best()).isEqualTo(new GuestProfile(DiskBus.VIRTIO_BLK, BIOS));
        host.efiLoaders = List.of("\\EFI\\BOOT\\BOOTX64.EFI");
        assertThat(host.forecast().best()).isEqualTo(new GuestProfile(DiskBus.VIRTIO_BLK, UEFI));
    }

    @ParameterizedTest
    @CsvSource({
        "UUID=a-1, VIRTIO_BLK, WillBoot",
        "/dev/mapper/vg-root, VIRTIO_BLK, WillBoot",
        "/dev/disk/by-uuid/a-1, VIRTIO_BLK, WillBoot",
        "/dev/sda1, SATA, WillBoot",
        "/dev/sdb1, VIRTIO_BLK, WillBootAfter",
        "/dev/disk/by-id/ata-x, VIRTIO_BLK, WillBootAfter",
        "/dev/disk/by-path/pci-x, VIRTIO_BLK, WillBootAfter",
        "/dev/nvme0n1p1, VIRTIO_BLK, WillBootAfter",
        "/dev/mmcblk0p2, VIRTIO_BLK, WillBootAfter"
    })
    void aRootByAnyNameThatChangesIsNamedAnew(String root, DiskBus bus, String outcome) {
        Host host = new Host();
        host.root = root;

        Forecast forecast = host.forecast();

        assertThat(forecast.best().bus()).isEqualTo(bus);
        assertThat(forecast.outcome().getClass().getSimpleName()).isEqualTo(outcome);
    }

    @Test
    void aDiskThatMovesUpBecauseAnotherIsLeftOutChangesItsName() {
        Host host = new Host();
        host.device = "/dev/sdc";
        host.root = "/dev/sdc1";

        assertThat(host.forecast("wwn-a").outcome(new GuestProfile(DiskBus.SATA, BIOS)))
                .isInstanceOf(Outcome.WillBootAfter.class);
    }

    @Test
    void mountsThatTheStartWaitsForMustBeThere() {
        Host host = new Host();
        host.mounts.add(new InstalledBoot.Mount("UUID=b-1", "/srv", "ext4", true));
        assertAfter(host.forecast("wwn-a"), Code.MOUNT_NOT_PROTECTED);
        host.mounts.set(0, new InstalledBoot.Mount("UUID=b-1", "/srv", "ext4", false));
        assertThat(host.forecast("wwn-a").outcome()).isEqualTo(new Outcome.WillBoot());

        host.mounts.set(0, new InstalledBoot.Mount("/dev/sda5", "/home", "ext4", true));
        host.initramfs = Set.of("virtio_blk", "virtio_pci");
        host.modules = Set.of();
        assertAfter(host.forecast("wwn-a"), Code.MOUNT_BY_PATH);
        host.mounts.set(0, new InstalledBoot.Mount("/dev/sda5", "none", "swap", true));
        assertThat(host.forecast("wwn-a").outcome()).isEqualTo(new Outcome.WillBoot());
    }

    @Test
    void aRootThatIsNotWhollyProtectedDoesNotStart() {
        Host host = new Host();
        host.rootDisks = List.of("wwn-a", "wwn-b");
        assertNo(host.forecast("wwn-a"), Code.ROOT_NOT_PROTECTED);
        assertThat(host.forecast("wwn-a", "wwn-b").outcome()).isEqualTo(new Outcome.WillBoot());

        host.rootOthers = List.of("nbd0");
        assertNo(host.forecast("wwn-a", "wwn-b"), Code.ROOT_ELSEWHERE);
    }

    @Test
    void anEncryptedRootAsksForItsPassphrase() {
        Host host = new Host();
        host.layers = List.of("lvm", "luks", "partition", "disk");

        assertAfter(host.forecast(), Code.PASSPHRASE);
    }

    @Test
    void aReasonAgainstOutweighsWhatIsNotKnown() {
        Host host = new Host();
        host.initramfs = null;
        host.rootOthers = List.of("nbd0");

        assertNo(host.forecast(), Code.ROOT_ELSEWHERE);
    }

    @Test
    void factsOfAnOldAgentAreUnknown() {
        HostFacts.BootFacts old = new HostFacts.BootFacts(true, "x", "y", Host.ALL, Set.of(), List.of(), null, null);
        assertUnknown(Forecast.of(new Host().facts(old), List.of()), Code.NO_FACTS);
        assertUnknown(Forecast.of(new Host().facts(HostFacts.BootFacts.unknown()), List.of()), Code.NO_SYSTEM);
    }

    @Test
    void cautionsDoNotChangeTheOutcome() {
        Host host = new Host();
        host.cards = Set.of("igb");
        host.secureBoot = true;
        host.networks.add(new InstalledBoot.NetworkBinding("eno1", "netplan", false));
        host.networks.add(new InstalledBoot.NetworkBinding("eno1", "netplan", true));
        host.networks.add(new InstalledBoot.NetworkBinding("br0", "netplan", false));
        host.networks.add(new InstalledBoot.NetworkBinding("eth0", "ifupdown", false));

        assertThat(host.forecast().outcome()).isEqualTo(new Outcome.WillBoot());
        assertThat(host.forecast().cautions())
                .extracting(Finding::code)
                .containsExactly(Code.NETWORK_DRIVER, Code.NETWORK_NAME, Code.NETWORK_NAME, Code.SECURE_BOOT);
        host.stableNames = true;
        assertThat(host.forecast().cautions())
                .extracting(Finding::code)
                .containsExactly(Code.NETWORK_DRIVER, Code.NETWORK_NAME, Code.SECURE_BOOT);
    }

    @ParameterizedTest
    @EnumSource(Code.class)
    void everyFindingHasASentenceInBothLanguages(Code code) {
        Finding finding = Finding.of(code);

        assertThat(finding.text(Locale.ENGLISH)).matches("[A-Z{].*[.]").doesNotContain("'");
        assertThat(finding.text(Locale.SIMPLIFIED_CHINESE)).endsWith("。").isNotEqualTo(finding.text(Locale.ENGLISH));
        assertThat(placeholders(finding.text(Locale.SIMPLIFIED_CHINESE)))
                .isEqualTo(placeholders(finding.text(Locale.ENGLISH)));
    }

    private static Set<String> placeholders(String text) {
        return java.util.regex.Pattern.compile("\\{(\\w+)}")
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
    }
}
