package org.understudy.server.hypervisor.libvirt;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.libvirt.Domain;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.Acceleration;
import org.understudy.server.hypervisor.Capacity;
import org.understudy.server.hypervisor.Hypervisor;
import org.understudy.server.hypervisor.MachineName;
import org.understudy.server.hypervisor.MachineStatus;
import org.understudy.server.hypervisor.VirtualMachine;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.kernel.ByteSize;

/**
 * Machines by libvirt and QEMU. A domain is ours only if its name has our prefix and its metadata carry this appliance's
 * instance id; others are neither shown nor touched. Thread-safe: one lock serialises what makes and removes networks.
 */
final class LibvirtHypervisor implements Hypervisor {

    private static final Logger log = LoggerFactory.getLogger(LibvirtHypervisor.class);

    /** libvirt.org/html/libvirt-libvirt-domain.html: VIR_DOMAIN_UNDEFINE_{MANAGED_SAVE, SNAPSHOTS_METADATA, NVRAM}. */
    private static final int UNDEFINE_ALL = 1 | 2 | 4;

    private static final int ONLY_ACTIVE = 1;
    static final int DESCRIBE_INACTIVE = 2;
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(200);

    private final LibvirtCalls calls;
    private final Supplier<Acceleration> acceleration;
    private final Supplier<DomainXml> descriptions;
    private final GuestNetworks guestNetworks;
    private final DrillMachines drills;
    private final GuestReach reach;
    private final String instance;
    private final HostMemory memory;
    private final MachineLogs logs;
    private final ReentrantLock networksLock = new ReentrantLock();

    LibvirtHypervisor(
            LibvirtCalls calls,
            Supplier<Acceleration> acceleration,
            Supplier<DomainXml> descriptions,
            GuestNetworks guestNetworks,
            DrillMachines drills,
            GuestReach reach,
            String instance,
            HostMemory memory,
            MachineLogs logs) {
        this.calls = calls;
        this.acceleration = acceleration;
        this.descriptions = descriptions;
        this.guestNetworks = guestNetworks;
        this.drills = drills;
        this.reach = reach;
        this.instance = instance;
        this.memory = memory;
        this.logs = logs;
    }

    @Override
    public Acceleration acceleration() {
        return acceleration.get();
    }

    @Override
    public Capacity capacity() {
        return ask(libvirt -> {
            long given = 0;
            for (Domain domain : libvirt.listAllDomains(ONLY_ACTIVE)) {
                given += domain.getInfo().maxMem * 1024;
                domain.free();
            }
            return new Capacity(Math.min(libvirt.nodeInfo().cpus, memory.cpus()), memory.total(), memory.free(given));
        });
    }

    @Override
    public void define(VirtualMachine machine) {
        DomainXml description = descriptions.get();
        if (machine.firmware() == Firmware.UEFI && !Files.isReadable(description.uefiCode())) {
            throw Problem.of(
                            ProblemCode.CAPABILITY_MISSING,
                            "capability",
                            "UEFI guests without " + description.uefiCode() + " (Debian package ovmf)")
                    .asException();
        }
        String xml = description.describe(machine);
        List<String> networks = DomainDescription.parse(xml).networks();
        serialised(
                machine.name(),
                () -> calls.call(libvirt -> {
                    Domain present = find(libvirt, machine.name());
                    if (present != null && !ours(present)) {
                        throw Problem.of(
                                        ProblemCode.CONFLICT,
                                        "reason",
                                        "a machine " + machine.name() + " exists that this appliance did not make")
                                .asException();
                    }
                    for (String network : networks) {
                        guestNetworks.ensure(libvirt, network);
                    }
                    libvirt.domainDefineXML(xml).free();
                    return true;
                }));
    }

    @Override
    public void start(MachineName name) {
        boolean started = serialised(
                name,
                () -> calls.call(libvirt -> {
                    Domain domain = known(libvirt, name);
                    DomainDescription description = DomainDescription.parse(domain.getXMLDesc(DESCRIBE_INACTIVE));
                    if (domain.isActive() == 1) {
                        drills.letGo(libvirt, domain, description);
                        return false;
                    }
                    long needed = domain.getMaxMemory() * 1024;
                    checkMemory(libvirt, needed);
                    for (String network : description.networks()) {
                        guestNetworks.ensure(libvirt, network);
                    }
                    if (description.drillCards().isEmpty()) {
                        domain.create();
                    } else {
                        drills.start(libvirt, domain, description);
                    }
                    return true;
                }));
        log.debug("machine {}: {}", name, started ? "started" : "ran already");
    }

    private void checkMemory(LibvirtConnection libvirt, long needed) throws LibvirtException {
        long given = 0;
        for (Domain domain : libvirt.listAllDomains(ONLY_ACTIVE)) {
            given += domain.getInfo().maxMem * 1024;
        }
        ByteSize free = memory.free(given);
        if (needed > free.bytes()) {
            throw Problem.of(
                            ProblemCode.NOT_ENOUGH_MEMORY,
                            "needed",
                            new ByteSize(needed).toString(),
                            "available",
                            free.toString())
                    .asException();
        }
    }

    @Override
    public void shutDown(MachineName name, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        // A request that comes before the guest listens to its power button is lost, so it is repeated.
        while (System.nanoTime() - end < 0) {
            boolean off = ask(libvirt -> {
                Domain domain = known(libvirt, name);
                if (domain.isActive() == 0) {
                    return true;
                }
                requestPowerOff(domain);
                return false;
            });
            Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
            Duration pause = left.compareTo(ASK_AGAIN) < 0 ? left : ASK_AGAIN;
            if (off || Waiting.until(() -> isOff(name), pause, POLL)) {
                return;
            }
        }
        log.info("machine {} did not shut down within {} s and is ended", name, patience.toSeconds());
        stop(name);
    }

    private static void requestPowerOff(Domain domain) throws LibvirtException {
        try {
            domain.shutdown();
        } catch (LibvirtException e) {
            if (e.getError().getCode() != ErrorNumber.VIR_ERR_OPERATION_INVALID) {
                throw e;
            }
            log.debug("it went off in this moment: {}", e.getMessage());
        }
    }

    private boolean isOff(MachineName name) {
        return machine(name).map(found -> !active(found.state())).orElse(true);
    }

    private static boolean active(MachineStatus.State state) {
        return state == MachineStatus.State.RUNNING || state == MachineStatus.State.PAUSED;
    }

    @Override
    public void stop(MachineName name) {
        ask(libvirt -> {
            destroy(known(libvirt, name));
            return true;
        });
    }

    static void destroy(Domain domain) throws LibvirtException {
        try {
            if (domain.isActive() == 1) {
                domain.destroy();
            }
        } catch (LibvirtException e) {
            if (domain.isActive() == 1) {
                throw e;
            }
            log.debug("it ended in this moment: {}", e.getMessage());
        }
    }

    @Override
    public void remove(MachineName name) {
        boolean removed = serialised(
                name,
                () -> calls.call(libvirt -> {
                    Domain domain = find(libvirt, name);
                    if (domain == null || !ours(domain)) {
                        // A network may be left of a definition that was cut short.
                        guestNetworks.removeUnused(libvirt, guestNetworks.possibleLeftovers(libvirt));
                        return false;
                    }
                    DomainDescription description = DomainDescription.parse(domain.getXMLDesc(DESCRIBE_INACTIVE));
                    destroy(domain);
                    // The definition is the note of what was made for it, so it goes last.
                    drills.removeOf(libvirt, name.value(), description);
                    domain.undefine(UNDEFINE_ALL);
                    domain.free();
                    guestNetworks.removeUnused(libvirt, description.networks());
                    return true;
                }));
        if (removed) {
            logs.remove(name);
        }
    }

    @Override
    public List<MachineStatus> machines() {
        return ask(libvirt -> {
            List<MachineStatus> found = new ArrayList<>();
            for (Domain domain : libvirt.listAllDomains(0)) {
                String name = domain.getName();
                if (name.matches("us-[a-z0-9-]{1,40}") && ours(domain)) {
                    libvirt.state(name).ifPresent(state -> found.add(new MachineStatus(new MachineName(name), state)));
                }
                domain.free();
            }
            found.sort(Comparator.comparing(status -> status.name().value()));
            return List.copyOf(found);
        });
    }

    @Override
    public Optional<MachineStatus> machine(MachineName name) {
        return ask(libvirt -> {
            Domain domain = find(libvirt, name);
            return domain == null || !ours(domain)
                    ? Optional.<MachineStatus>empty()
                    : libvirt.state(name.value()).map(state -> new MachineStatus(name, state));
        });
    }

    @Override
    public byte[] screenshot(MachineName name) {
        byte[] picture = ask(libvirt -> {
            Domain domain = known(libvirt, name);
            if (domain.isActive() == 0) {
                throw notRunning(name);
            }
            Stream stream = libvirt.streamNew(0);
            domain.screenshot(stream, 0);
            return receive(stream);
        });
        try {
            return Screen.png(picture);
        } catch (IOException e) {
            throw Problem.of(ProblemCode.CAPABILITY_MISSING, "capability", "a picture of the screen of " + name)
                    .asException(e);
        }
    }

    private static byte[] receive(Stream stream) throws LibvirtException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        try (stream) {
            while (stream.read(buffer) >= 0) {
                bytes.write(buffer.array(), 0, buffer.position());
                buffer.clear();
            }
        } catch (IOException e) {
            if (e.getCause() instanceof LibvirtException refused) {
                throw refused;
            }
            throw LibvirtCalls.unavailable("the picture was cut short", e);
        }
        return bytes.toByteArray();
    }

    @Override
    public Optional<InetAddress> guestAddress(MachineName name) {
        AtomicReference<DomainDescription> running = new AtomicReference<>();
        Optional<InetAddress> leased = ask(libvirt -> {
            Domain domain = known(libvirt, name);
            if (domain.isActive() == 0) {
                return Optional.empty();
            }
            DomainDescription description = DomainDescription.parse(domain.getXMLDesc(0));
            running.set(description);
            return reach.leased(domain, description);
        });
        DomainDescription description = running.get();
        return leased.isPresent() || description == null ? leased : reach.inArpTable(name.value(), description);
    }

    @Override
    public <T> T onGuestNetwork(MachineName name, Callable<T> work) throws Exception {
        DomainDescription description =
                ask(libvirt -> DomainDescription.parse(known(libvirt, name).getXMLDesc(0)));
        return reach.namespace(description).run(name.value(), work);
    }

    /** Ends the private daemon if no machine runs; otherwise everything is left as it is. */
    void close(@Nullable PrivateLibvirtd daemon) {
        networksLock.lock();
        try {
            if (daemon != null && daemon.daemon().isPresent()) {
                if (ask(this::endNetworksIfIdle)) {
                    calls.close();
                    daemon.stop();
                } else {
                    log.info("machines run on while the server is down");
                }
            }
        } catch (ProblemException e) {
            log.warn("libvirt is left as it is: {}", e.getMessage());
        } finally {
            calls.close();
            networksLock.unlock();
        }
    }

    private boolean endNetworksIfIdle(LibvirtConnection libvirt) throws LibvirtException {
        if (libvirt.listAllDomains(ONLY_ACTIVE).length > 0) {
            return false;
        }
        for (String network : libvirt.listNetworks()) {
            libvirt.networkLookupByName(network).destroy();
        }
        // Machines that are off get theirs anew when they start.
        drills.removeNetworks();
        return true;
    }

    /** A call whose refusal means nothing in particular: libvirt could not do what it always can. */
    private <T> T ask(LibvirtCalls.Call<T> call) {
        try {
            return calls.call(call);
        } catch (LibvirtCalls.Refused e) {
            if (e.is(ErrorNumber.VIR_ERR_NO_DOMAIN)) {
                throw Problem.of(ProblemCode.NOT_FOUND, "what", "machine")
                        .withDetails(e.getMessage())
                        .asException(e);
            }
            throw LibvirtCalls.unavailable(e.getMessage(), e);
        }
    }

    private boolean ours(Domain domain) throws LibvirtException {
        return DomainDescription.parse(domain.getXMLDesc(DESCRIBE_INACTIVE))
                .instance()
                .filter(instance::equals)
                .isPresent();
    }

    private Domain known(LibvirtConnection libvirt, MachineName name) throws LibvirtException {
        Domain domain = find(libvirt, name);
        if (domain == null || !ours(domain)) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "machine " + name).asException();
        }
        return domain;
    }

    private static @Nullable Domain find(LibvirtConnection libvirt, MachineName name) throws LibvirtException {
        try {
            return libvirt.domainLookupByName(name.value());
        } catch (LibvirtException e) {
            if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_DOMAIN) {
                return null;
            }
            throw e;
        }
    }

    private static ProblemException notRunning(MachineName name) {
        return Problem.of(ProblemCode.CONFLICT, "reason", "machine " + name + " is not running")
                .asException();
    }

    /** Runs what concerns networks alone, and turns what libvirt refuses into a problem of the machine. */
    private <T> T serialised(MachineName name, Callable<T> work) {
        boolean locked = false;
        try {
            locked = networksLock.tryLock(5, TimeUnit.MINUTES);
            if (!locked) {
                throw Problem.of(ProblemCode.HYPERVISOR_UNAVAILABLE)
                        .withDetails("another machine is being made for minutes")
                        .asException();
            }
            return work.call();
        } catch (LibvirtCalls.Refused e) {
            if (e.is(ErrorNumber.VIR_ERR_CONFIG_UNSUPPORTED)) {
                throw new Problem(
                                ProblemCode.CAPABILITY_MISSING,
                                Map.of("capability", "the hardware of machine " + name),
                                e.getMessage())
                        .asException(e);
            }
            throw new Problem(ProblemCode.VM_START_FAILED, Map.of("machine", name.value()), e.getMessage())
                    .asException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.of(ProblemCode.CANCELLED, "what", "machine " + name).asException(e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            if (locked) {
                networksLock.unlock();
            }
        }
    }

    /** A file that is missing is no block device: the start of its machine says so. */
    static boolean isBlockDevice(Path path) {
        return Files.exists(path) && !Files.isRegularFile(path) && !Files.isDirectory(path);
    }
}
