package org.understudy.server.recovery.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.core.problem.ProblemException;
import org.understudy.core.protocol.HostFacts;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.kernel.HostId;
import org.understudy.server.readiness.Forecast;
import org.understudy.server.readiness.GuestProfile;
import org.understudy.server.readiness.Outcome;
import org.understudy.server.recovery.Takeover.Mode;

/** The table of docs/design/takeover.md. */
class HardwareProfileTest {

    private static Set<String> words(@Nullable String text) {
        return text == null ? Set.of() : Arrays.stream(text.split(" ", -1)).collect(Collectors.toSet());
    }

    private static HardwareProfile choose(HostFacts facts) {
        return HardwareProfile.choose(
                facts, Forecast.of(facts, List.of()), Optional.empty(), Optional.empty(), Optional.empty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            virtio_blk virtio_pci ahci nvme ata_piix | /dev/sda     | VIRTIO | virtio_blk
            virtio_blk ahci                          | /dev/sda     | SATA   | ahci
            ahci ata_piix                            | /dev/vda     | SATA   | ahci
            nvme ata_piix                            | /dev/nvme0n1 | NVME   | nvme
            ata_piix                                 | /dev/sda     | IDE    | ata_piix
            mptspi                                   | /dev/sda     | SATA   | no driver that fits
            mptspi                                   | /dev/vda     | VIRTIO | host itself runs on virtio
                                                     | /dev/nvme0n1 | NVME   | not known
                                                     | /dev/hda     | IDE    | host itself runs on IDE
                                                     | /dev/loop0   | SATA   | most systems
            """)
    void theBusFollowsTheInitramfs(@Nullable String drivers, String device, DiskBus bus, String reason) {
        HardwareProfile profile =
                choose(TestFacts.facts(TestFacts.boot(words(drivers), Set.of()), List.of(device), List.of()));
        assertThat(profile.diskBus()).isEqualTo(bus);
        assertThat(profile.reason()).contains(reason);
    }

    @ParameterizedTest
    @CsvSource({"/dev/sda, SATA", "/dev/vda, VIRTIO", "/dev/nvme1n1, NVME", "/dev/hdc, IDE", "/dev/mapper/x, SATA"})
    void withoutAnySystemReadTheHostsOwnDisksDecide(String device, DiskBus bus) {
        HardwareProfile profile = choose(TestFacts.facts(HostFacts.BootFacts.unknown(), List.of(device), List.of()));
        assertThat(profile.diskBus()).isEqualTo(bus);
        assertThat(profile.reason()).contains("nothing is known of its drivers");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            virtio_net e1000e | r8169      | VIRTIO
            e1000e e1000      | virtio_net | E1000E
            e1000 vmxnet3     |            | E1000
            vmxnet3           |            | VMXNET3
            8139too           |            | RTL8139
            r8169             | e1000      | E1000
                              | vmxnet3    | VMXNET3
            r8169             | r8169      | E1000E
            """)
    void theCardFollowsTheNetworkDrivers(@Nullable String drivers, @Nullable String present, NicModel model) {
        HardwareProfile profile = choose(TestFacts.facts(
                TestFacts.boot(Set.of("ahci"), words(drivers)),
                List.of("/dev/sda"),
                present == null ? List.of() : List.of(TestFacts.card("eth0", "52:54:00:00:00:01", present))));
        assertThat(profile.nicModel()).isEqualTo(model);
    }

    @ParameterizedTest
    @CsvSource({"/dev/vda, VIRTIO", "/dev/hda, E1000", "/dev/sda, E1000E"})
    void withNothingKnownTheCardGoesWithTheDisk(String device, NicModel model) {
        assertThat(choose(TestFacts.facts(HostFacts.BootFacts.unknown(), List.of(device), List.of()))
                        .nicModel())
                .isEqualTo(model);
    }

    @Test
    void aRequestOverridesEverything() {
        HardwareProfile profile = HardwareProfile.choose(
                TestFacts.debian(),
                forecast(new Outcome.WillBoot()),
                Optional.of(DiskBus.IDE),
                Optional.of(NicModel.RTL8139),
                Optional.of(Firmware.UEFI));
        assertThat(profile)
                .isEqualTo(new HardwareProfile(
                        Firmware.UEFI,
                        DiskBus.IDE,
                        NicModel.RTL8139,
                        "UEFI as requested; disks on IDE (as requested); network cards RTL8139 (as requested)"));
    }

    private static Forecast forecast(Outcome outcome) {
        GuestProfile profile = new GuestProfile(GuestProfile.DiskBus.NVME, HostFacts.Firmware.UEFI);
        return new Forecast(profile, Map.of(profile, outcome), List.of());
    }

    @Test
    void aForecastThatIsSureDecidesDisksAndFirmware() {
        HardwareProfile profile = HardwareProfile.choose(
                TestFacts.debian(),
                forecast(new Outcome.WillBoot()),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());

        assertThat(profile.diskBus()).isEqualTo(DiskBus.NVME);
        assertThat(profile.firmware()).isEqualTo(Firmware.UEFI);
        assertThat(profile.reason()).contains("UEFI by the forecast", "the forecast says that it starts there");
    }

    @Test
    void aForecastForAnotherFirmwareThanRequestedAndOneThatIsNotSureDecideNothing() {
        HardwareProfile other = HardwareProfile.choose(
                TestFacts.debian(),
                forecast(new Outcome.WillBoot()),
                Optional.empty(),
                Optional.empty(),
                Optional.of(Firmware.BIOS));
        HardwareProfile unsure = HardwareProfile.choose(
                TestFacts.debian(),
                forecast(new Outcome.Unknown(List.of())),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());

        assertThat(other.diskBus()).isEqualTo(DiskBus.VIRTIO);
        assertThat(unsure.diskBus()).isEqualTo(DiskBus.VIRTIO);
        assertThat(unsure.firmware()).isEqualTo(Firmware.BIOS);
    }

    @Test
    void physicalCardsKeepTheirAddressesAndOthersAreLeftOut() {
        HostFacts facts = TestFacts.facts(
                TestFacts.DEBIAN,
                List.of("/dev/sda"),
                List.of(
                        TestFacts.card("br0", "52:54:00:00:00:01", "bridge"),
                        TestFacts.card("eth0", "00:1B:21:AA:BB:01", "e1000e"),
                        TestFacts.card("eth1", "00:1b:21:aa:bb:02", "e1000e"),
                        TestFacts.card("eth2", "00:1b:21:aa:bb:02", "e1000e"),
                        TestFacts.card("ib0", "01:00:5e:00:00:01", "ipoib"),
                        new HostFacts.NetworkInterface("veth9", "aa:bb:cc:dd:ee:ff", List.of(), null)));
        assertThat(MachinePlan.macs(facts, HostId.random())).containsExactly("00:1b:21:aa:bb:01", "00:1b:21:aa:bb:02");
    }

    @Test
    void aHostWithoutACardGetsOneWhoseAddressIsItsOwnForEver() {
        HostId host = HostId.random();
        HostFacts facts = TestFacts.facts(TestFacts.DEBIAN, List.of("/dev/sda"), List.of());
        assertThat(MachinePlan.macs(facts, host)).singleElement().asString().matches("02(:[0-9a-f]{2}){5}");
        assertThat(MachinePlan.macs(facts, host)).isEqualTo(MachinePlan.macs(facts, host));
        assertThat(MachinePlan.macs(facts, host)).isNotEqualTo(MachinePlan.macs(facts, HostId.random()));
    }

    private static Room.Supply supply(long free) {
        return new Room.Supply(free, free, 0, 0, 0);
    }

    private static Sizing size(long freeMib, long promisedMib, OptionalLong asked, Mode mode) {
        return Sizing.choose(
                TestFacts.debian(),
                OptionalInt.empty(),
                asked,
                mode,
                1,
                new Room(1, supply(freeMib - promisedMib << 20), supply(4), List.of()),
                takeover -> takeover.id().toString());
    }

    @Test
    void memoryIsTheHostsIfItFitsElseWhatIsFreeAndForADrillHalfOfThat() {
        assertThat(size(4096, 0, OptionalLong.empty(), Mode.TAKEOVER)).isEqualTo(new Sizing(1, 512L << 20, ""));
        assertThat(size(400, 0, OptionalLong.empty(), Mode.TAKEOVER).memoryBytes())
                .isEqualTo(400L << 20);
        assertThat(size(400, 0, OptionalLong.empty(), Mode.DRILL).memoryBytes()).isEqualTo(200L << 20);
        assertThat(size(150, 0, OptionalLong.empty(), Mode.DRILL).memoryBytes()).isEqualTo(128L << 20);
        assertThat(size(1000, 700, OptionalLong.empty(), Mode.TAKEOVER).memoryBytes())
                .isEqualTo(300L << 20);
        assertThat(size(300, 0, OptionalLong.of(200L << 20), Mode.DRILL).memoryBytes())
                .isEqualTo(200L << 20);
        assertThat(size(400, 0, OptionalLong.empty(), Mode.DRILL).reason()).contains("instead of the host's");
    }

    @ParameterizedTest
    @CsvSource({"100, 0, 0", "300, 200, 0", "300, 0, 301"})
    void tooLittleMemoryIsRefused(long freeMib, long promisedMib, long askedMib) {
        OptionalLong asked = askedMib == 0 ? OptionalLong.empty() : OptionalLong.of(askedMib << 20);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> size(freeMib, promisedMib, asked, Mode.TAKEOVER))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("no room in memory");
    }
}
