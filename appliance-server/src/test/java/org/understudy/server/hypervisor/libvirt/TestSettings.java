package org.understudy.server.hypervisor.libvirt;

import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.understudy.server.hypervisor.HypervisorSettings;

/** Settings as the application binds them. */
final class TestSettings {

    private TestSettings() {}

    static HypervisorSettings emulated() {
        return of(Map.of("understudy.hypervisor.acceleration", "emulation"));
    }

    static HypervisorSettings of(Map<String, String> properties) {
        return new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("understudy.hypervisor", HypervisorSettings.class);
    }
}
