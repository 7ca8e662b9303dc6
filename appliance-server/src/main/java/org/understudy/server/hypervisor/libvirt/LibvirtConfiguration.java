package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.understudy.core.command.CommandRunner;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.hypervisor.HypervisorSettings;
import org.understudy.server.kernel.DataDirectory;

/** Puts the libvirt adapter together. */
@Configuration(proxyBeanMethods = false)
public class LibvirtConfiguration {

    @Bean(destroyMethod = "close")
    LibvirtAdapter libvirtAdapter(
            HypervisorSettings settings, DataDirectory data, CommandRunner commands, Clock clock) {
        return LibvirtAdapter.open(settings, data.resolve("libvirt"), commands, clock);
    }

    @Bean
    public Hypervisor hypervisor(LibvirtAdapter adapter) {
        return adapter.hypervisor();
    }

    /** The adapter and what it must end with. */
    record LibvirtAdapter(LibvirtHypervisor hypervisor, Optional<PrivateLibvirtd> daemon) implements AutoCloseable {

        private static final Logger log = LoggerFactory.getLogger(LibvirtAdapter.class);

        /** Returns at once; libvirt is started and the test guest is run in the background. */
        static LibvirtAdapter open(HypervisorSettings settings, Path directory, CommandRunner commands, Clock clock) {
            String instance = instance(directory);
            Optional<PrivateLibvirtd> daemon = settings.privateDaemon()
                    ? Optional.of(new PrivateLibvirtd(commands, directory, settings.libvirtd()))
                    : Optional.empty();
            Optional<ProductionLink> link = settings.bridge()
                    .flatMap(bridge ->
                            daemon.map(privately -> new ProductionLink(commands, bridge, privately.namespace())));
            NetworkNames names =
                    new NetworkNames(link.isPresent() ? Optional.of(ProductionLink.INNER_BRIDGE) : settings.bridge());
            DrillNetworks drills = new DrillNetworks(
                    commands,
                    directory.resolve("drills"),
                    instance,
                    settings.isolatedRange(),
                    daemon.map(PrivateLibvirtd::namespace));
            DrillMachines drillMachines = new DrillMachines(drills, instance);
            Supplier<Acceleration> acceleration = acceleration(settings, directory, commands, clock);
            LibvirtCalls calls = new LibvirtCalls(
                    () -> {
                        String uri = settings.libvirtUri();
                        if (daemon.isPresent()) {
                            uri = daemon.get().ensureRunning();
                            link.ifPresent(ProductionLink::ensure);
                        }
                        LibvirtConnection libvirt = new LibvirtConnection(uri);
                        drillMachines.reconcile(libvirt);
                        return libvirt;
                    },
                    settings.startLimit(),
                    settings.callLimit());
            LibvirtHypervisor hypervisor = new LibvirtHypervisor(
                    calls,
                    acceleration,
                    () -> new DomainXml(
                            acceleration.get(),
                            instance,
                            settings.machineType(),
                            settings.emulator(),
                            settings.uefiCode(),
                            settings.uefiVariables(),
                            names,
                            LibvirtHypervisor::isBlockDevice),
                    new GuestNetworks(settings.isolatedRange(), settings.privateDaemon()),
                    drillMachines,
                    new GuestReach(new NetworkNamespace(daemon.map(PrivateLibvirtd::namespaceFile)), drills),
                    instance,
                    new HostMemory(
                            // Machines of a daemon that we started are in our control group.
                            new LinuxFigures(Path.of("/proc"), daemon.map(privately -> Path.of("/sys/fs/cgroup"))),
                            settings.memoryReserve().toBytes()),
                    new MachineLogs(
                            settings.privateDaemon() ? Optional.of(directory.resolve("log/qemu")) : Optional.empty()));
            calls.warmUp();
            Thread.ofPlatform()
                    .daemon()
                    .name("acceleration-test")
                    .start(() -> log.info("how guests run: {}", acceleration.get()));
            return new LibvirtAdapter(hypervisor, daemon);
        }

        @Override
        public void close() {
            hypervisor.close(daemon.orElse(null));
        }

        private static Supplier<Acceleration> acceleration(
                HypervisorSettings settings, Path directory, CommandRunner commands, Clock clock) {
            AccelerationProbe probe =
                    new AccelerationProbe(commands, clock, settings.emulator(), directory, settings.testLimit());
            return switch (settings.acceleration()) {
                case AUTO -> probe::answer;
                case KVM -> () -> Acceleration.KVM;
                case EMULATION -> () -> Acceleration.EMULATION;
            };
        }

        /** The id that marks this appliance's machines; made once. */
        private static String instance(Path directory) {
            try {
                Files.createDirectories(directory);
                Path file = directory.resolve("instance-id");
                if (!Files.exists(file)) {
                    Files.writeString(file, UUID.randomUUID().toString());
                }
                return Files.readString(file).strip();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write to " + directory, e);
            }
        }
    }
}
