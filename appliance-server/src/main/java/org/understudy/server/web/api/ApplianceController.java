package org.understudy.server.web.api;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.identity.ApplianceIdentity;
import org.understudy.server.storage.PoolUsage;
import org.understudy.server.storage.VolumeStore;

/** The appliance itself. */
@RestController
@RequestMapping("/api/v1/appliance")
class ApplianceController {

    private final ApplianceIdentity identity;
    private final Hypervisor hypervisor;
    private final VolumeStore store;

    ApplianceController(ApplianceIdentity identity, Hypervisor hypervisor, VolumeStore store) {
        this.identity = identity;
        this.hypervisor = hypervisor;
        this.store = store;
    }

    /**
     * @param fingerprint SHA-256 of the appliance's CA certificate, hexadecimal
     * @param acceleration {@code KVM} or {@code EMULATION}, as found by starting a guest
     */
    record ApplianceResource(String fingerprint, String acceleration, PoolResource pool) {}

    /** How full the pool is, in bytes. */
    record PoolResource(String kind, long totalBytes, long usedBytes, long freeBytes) {}

    @GetMapping
    ApplianceResource appliance() {
        PoolUsage usage = store.usage();
        return new ApplianceResource(
                identity.fingerprint(),
                hypervisor.acceleration().name(),
                new PoolResource(
                        usage.kind(),
                        usage.total().bytes(),
                        usage.used().bytes(),
                        usage.free().bytes()));
    }
}
