package org.understudy.server.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.validation.Validation;
import jakarta.validation.Validator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;
import org.understudy.server.hypervisor.HypervisorSettings.AccelerationChoice;

class HypervisorSettingsTest {

    private static final Validator VALIDATOR =
            Validation.buildDefaultValidatorFactory().getValidator();

    private static HypervisorSettings bind(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("understudy.hypervisor", HypervisorSettings.class);
    }

    @Test
    void withoutAnySettingItIsAPrivateDaemonThatTestsItsAcceleration() {
        HypervisorSettings settings = bind(Map.of());
        assertThat(VALIDATOR.validate(settings)).isEmpty();
        assertThat(settings)
                .isEqualTo(new HypervisorSettings(
                        "",
                        AccelerationChoice.AUTO,
                        "",
                        "auto",
                        DataSize.ofMegabytes(512),
                        "10.231.0.0/16",
                        Path.of("/usr/share/OVMF/OVMF_CODE_4M.fd"),
                        Path.of("/usr/share/OVMF/OVMF_VARS_4M.fd"),
                        Path.of("/usr/bin/qemu-system-x86_64"),
                        Path.of("/usr/sbin/libvirtd"),
                        Duration.ofSeconds(90),
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(20)));
        assertThat(settings.privateDaemon()).isTrue();
        assertThat(settings.bridge()).isEmpty();
    }

    @Test
    void everySettingIsBound() {
        HypervisorSettings settings = bind(Map.ofEntries(
                Map.entry("understudy.hypervisor.libvirt-uri", "qemu:///system"),
                Map.entry("understudy.hypervisor.acceleration", "kvm"),
                Map.entry("understudy.hypervisor.takeover-bridge", "br0"),
                Map.entry("understudy.hypervisor.machine-type", "pc-q35-7.2"),
                Map.entry("understudy.hypervisor.memory-reserve", "2GB"),
                Map.entry("understudy.hypervisor.isolated-range", "172.20.0.0/14"),
                Map.entry("understudy.hypervisor.uefi-code", "/a"),
                Map.entry("understudy.hypervisor.uefi-variables", "/b"),
                Map.entry("understudy.hypervisor.emulator", "/c"),
                Map.entry("understudy.hypervisor.libvirtd", "/d"),
                Map.entry("understudy.hypervisor.start-limit", "1s"),
                Map.entry("understudy.hypervisor.call-limit", "2s"),
                Map.entry("understudy.hypervisor.test-limit", "3s")));
        assertThat(VALIDATOR.validate(settings)).isEmpty();
        assertThat(settings)
                .isEqualTo(new HypervisorSettings(
                        "qemu:///system",
                        AccelerationChoice.KVM,
                        "br0",
                        "pc-q35-7.2",
                        DataSize.ofGigabytes(2),
                        "172.20.0.0/14",
                        Path.of("/a"),
                        Path.of("/b"),
                        Path.of("/c"),
                        Path.of("/d"),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3)));
    }

    @ParameterizedTest
    @CsvSource({
        "libvirt-uri, localhost, libvirt URI",
        "takeover-bridge, br0; rm -rf, existing bridge",
        "takeover-bridge, a-name-that-is-too-long, existing bridge",
        "machine-type, virt, machine-type|q35",
        "isolated-range, 10.0.0.0/30, IPv4 range",
        "isolated-range, everything, IPv4 range"
    })
    void aWrongValueIsNamedWithWhatToWrite(String name, String value, String hint) {
        HypervisorSettings settings = bind(Map.of("understudy.hypervisor." + name, value));
        assertThat(VALIDATOR.validate(settings))
                .singleElement()
                .satisfies(fault -> assertThat(fault.getMessage()).matches("(?s).*(" + hint + ").*"));
    }
}
