package org.understudy.server.hypervisor;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings {@code understudy.hypervisor.*}.
 *
 * @param libvirtUri the libvirt to use, as {@code qemu:///system}; empty: the server starts one of its own under
 *     {@code <data>/libvirt}, in namespaces of its own (needs root)
 * @param acceleration {@code auto} starts a test guest with KVM once and remembers whether it ran; {@code kvm} and
 *     {@code emulation} decide without a test
 * @param takeoverBridge an existing bridge of the appliance that takeover machines are plugged into; empty: the libvirt network
 *     {@code us-production}, which nothing leaves
 * @param machineType QEMU's board: {@code auto} chooses {@code q35} or {@code pc} by the disk bus; else a type of the
 *     {@code q35} or {@code pc} family for every machine, as {@code pc-q35-7.2}
 * @param memoryReserve memory of the appliance that guests never get
 * @param isolatedRange IPv4 range out of which every isolated network takes a /24; from /8 to /24
 * @param uefiCode OVMF firmware for guests that start by UEFI (Debian package {@code ovmf})
 * @param uefiVariables OVMF's empty variable store; every machine gets a copy
 * @param emulator QEMU for x86 guests
 * @param libvirtd the daemon to start if {@code libvirtUri} is empty
 * @param startLimit longest wait for libvirt at its start, when it asks QEMU for its abilities
 * @param callLimit longest wait for one answer of libvirt
 * @param testLimit longest wait for the test guest of {@code auto}
 */
@Validated
@ConfigurationProperties("understudy.hypervisor")
public record HypervisorSettings(
        @DefaultValue("")
        @Pattern(regexp = "|[a-z+]+://.*", message = "must be empty or a libvirt URI such as qemu:///system")
        String libvirtUri,

        @DefaultValue("auto") @NotNull AccelerationChoice acceleration,

        @DefaultValue("")
        @Pattern(
                regexp = "|[A-Za-z0-9][A-Za-z0-9._-]{0,14}",
                message = "must be empty or the name of an existing bridge such as br0")
        String takeoverBridge,

        @DefaultValue("auto")
        @Pattern(
                regexp = "auto|q35|pc|pc-(q35|i440fx)-[0-9.]+",
                message = "must be auto, q35, pc, or a versioned type such as pc-q35-7.2")
        String machineType,

        @DefaultValue("512MB") @NotNull DataSize memoryReserve,

        @DefaultValue("10.231.0.0/16")
        @Pattern(
                regexp = "[0-9]{1,3}(\\.[0-9]{1,3}){3}/([89]|1[0-9]|2[0-4])",
                message = "must be an IPv4 range from /8 to /24 such as 10.231.0.0/16")
        String isolatedRange,

        @DefaultValue("/usr/share/OVMF/OVMF_CODE_4M.fd") @NotNull
        Path uefiCode,

        @DefaultValue("/usr/share/OVMF/OVMF_VARS_4M.fd") @NotNull
        Path uefiVariables,

        @DefaultValue("/usr/bin/qemu-system-x86_64") @NotNull
        Path emulator,

        @DefaultValue("/usr/sbin/libvirtd") @NotNull Path libvirtd,
        @DefaultValue("90s") @NotNull Duration startLimit,
        @DefaultValue("30s") @NotNull Duration callLimit,
        @DefaultValue("20s") @NotNull Duration testLimit) {

    /** Who decides between hardware and emulation. */
    public enum AccelerationChoice {
        AUTO,
        KVM,
        EMULATION
    }

    /** Whether the server runs a libvirtd of its own. */
    public boolean privateDaemon() {
        return libvirtUri.isEmpty();
    }

    public Optional<String> bridge() {
        return takeoverBridge.isEmpty() ? Optional.empty() : Optional.of(takeoverBridge);
    }
}
