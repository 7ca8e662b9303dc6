package org.understudy.server.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.problem.ProblemException;
import org.understudy.server.hypervisor.MachineStatus.State;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.hypervisor.VirtualMachine.Firmware;
import org.understudy.server.hypervisor.VirtualMachine.Network;
import org.understudy.server.hypervisor.VirtualMachine.Nic;
import org.understudy.server.hypervisor.VirtualMachine.NicModel;
import org.understudy.server.kernel.ByteSize;

/** What every {@link Hypervisor} does. */
public abstract class HypervisorContract {

    private static final AtomicInteger NUMBERS = new AtomicInteger();
    protected static final MachineName UNKNOWN = new MachineName("us-never-defined");

    protected abstract Hypervisor hypervisor();

    /** A disk that a guest with virtio boots from; it answers HTTP. */
    protected abstract Path bootableDisk();

    /** A disk that nothing boots from. */
    protected abstract Path blankDisk();

    /** Makes the process of a running machine die. */
    protected abstract void crash(MachineName name);

    /** Makes somebody else's machine. */
    protected abstract void defineForeign(MachineName name);

    protected abstract boolean foreignExists(MachineName name);

    protected abstract void removeForeign(MachineName name);

    /** What the guest of {@link #bootableDisk} answers to {@code GET /}. */
    protected abstract String ask(InetAddress address) throws Exception;

    @AfterEach
    void removeMachines() {
        for (MachineStatus status : hypervisor().machines()) {
            hypervisor().remove(status.name());
        }
    }

    protected static MachineName newName() {
        return new MachineName("us-contract-" + NUMBERS.incrementAndGet());
    }

    protected static VirtualMachine machine(MachineName name, Path disk, String network) {
        String mac = String.format("52:54:00:aa:bb:%02x", NUMBERS.incrementAndGet() & 255);
        return new VirtualMachine(
                name,
                "web <01> & \"db\" 'ß' 服务器\n\u0007",
                1,
                ByteSize.ofMebibytes(128),
                Firmware.BIOS,
                DiskBus.VIRTIO,
                List.of(disk),
                List.of(new Nic(NicModel.VIRTIO, mac, new Network.Isolated(network))));
    }

    protected static void assertProblem(ProblemCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        e -> assertThat(e.problem().code()).as(e.getMessage()).isEqualTo(code));
    }

    private State state(MachineName name) {
        return hypervisor().machine(name).orElseThrow().state();
    }

    @Test
    void aMachineIsDefinedStartedStoppedAndRemoved() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "life"));
        assertThat(state(name)).isEqualTo(State.DEFINED);
        hypervisor().start(name);
        assertThat(state(name)).isEqualTo(State.RUNNING);
        assertThat(hypervisor().machines()).contains(new MachineStatus(name, State.RUNNING));
        hypervisor().stop(name);
        assertThat(state(name)).isEqualTo(State.DEFINED);
        hypervisor().remove(name);
        assertThat(hypervisor().machine(name)).isEmpty();
        assertThat(hypervisor().machines()).isEmpty();
    }

    @Test
    void everyOperationMayBeRepeated() {
        MachineName name = newName();
        VirtualMachine machine = machine(name, blankDisk(), "twice");
        hypervisor().define(machine);
        hypervisor().define(machine);
        hypervisor().start(name);
        hypervisor().start(name);
        hypervisor().define(machine);
        assertThat(state(name)).isEqualTo(State.RUNNING);
        hypervisor().stop(name);
        hypervisor().stop(name);
        hypervisor().shutDown(name, Duration.ofSeconds(1));
        hypervisor().remove(name);
        hypervisor().remove(name);
        assertThat(hypervisor().machine(name)).isEmpty();
    }

    @Test
    void aRunningMachineIsRemovedAtOnce() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "gone"));
        hypervisor().start(name);
        hypervisor().remove(name);
        assertThat(hypervisor().machine(name)).isEmpty();
    }

    @Test
    void anUnknownMachineIsNotFoundAndCanBeRemoved() {
        assertThat(hypervisor().machine(UNKNOWN)).isEmpty();
        hypervisor().remove(UNKNOWN);
        assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().start(UNKNOWN));
        assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().stop(UNKNOWN));
        assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().shutDown(UNKNOWN, Duration.ofSeconds(1)));
        assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().screenshot(UNKNOWN));
        assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().guestAddress(UNKNOWN));
        assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().onGuestNetwork(UNKNOWN, () -> "never"));
    }

    @Test
    void aMachineThatIsOffHasNoPictureAndNoAddress() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "off"));
        assertProblem(ProblemCode.CONFLICT, () -> hypervisor().screenshot(name));
        assertThat(hypervisor().guestAddress(name)).isEmpty();
    }

    @Test
    void aMachineWhoseDiskIsMissingDoesNotStart() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk().resolveSibling("no such disk.raw"), "diskless"));
        assertProblem(ProblemCode.VM_START_FAILED, () -> hypervisor().start(name));
        assertThat(state(name)).isIn(State.DEFINED, State.CRASHED);
    }

    @Test
    void moreMemoryThanThereIsIsRefused() {
        MachineName name = newName();
        VirtualMachine small = machine(name, blankDisk(), "big");
        long tooMuch = hypervisor().capacity().free().bytes() + (1L << 40);
        hypervisor()
                .define(new VirtualMachine(
                        name,
                        small.title(),
                        1,
                        new ByteSize(tooMuch >> 20 << 20),
                        small.firmware(),
                        small.diskBus(),
                        small.disks(),
                        small.nics()));
        assertProblem(ProblemCode.NOT_ENOUGH_MEMORY, () -> hypervisor().start(name));
    }

    @Test
    void fiveIdeDisksAreACapabilityThatIsMissing() {
        MachineName name = newName();
        VirtualMachine one = machine(name, blankDisk(), "ide");
        VirtualMachine five = new VirtualMachine(
                name,
                "five",
                1,
                one.memory(),
                Firmware.BIOS,
                DiskBus.IDE,
                List.of(blankDisk(), blankDisk(), blankDisk(), blankDisk(), blankDisk()),
                List.of());
        assertProblem(ProblemCode.CAPABILITY_MISSING, () -> hypervisor().define(five));
    }

    @Test
    void capacityTellsProcessorsAndFreeMemory() {
        Capacity capacity = hypervisor().capacity();
        assertThat(capacity.cpus()).isPositive();
        assertThat(capacity.free().bytes()).isPositive();
    }

    @Test
    void aMachineWhoseProcessDiesIsCrashedAndStartsAgain() {
        MachineName name = newName();
        hypervisor().define(machine(name, blankDisk(), "crash"));
        hypervisor().start(name);
        crash(name);
        await().atMost(Duration.ofSeconds(20)).until(() -> state(name) == State.CRASHED);
        hypervisor().start(name);
        assertThat(state(name)).isEqualTo(State.RUNNING);
    }

    @Test
    void machinesOfOthersAreNeitherShownNorTouched() {
        MachineName foreign = new MachineName("us-foreign");
        defineForeign(foreign);
        try {
            assertThat(hypervisor().machines()).isEmpty();
            assertThat(hypervisor().machine(foreign)).isEmpty();
            assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().start(foreign));
            assertProblem(ProblemCode.NOT_FOUND, () -> hypervisor().stop(foreign));
            assertProblem(ProblemCode.CONFLICT, () -> hypervisor().define(machine(foreign, blankDisk(), "foreign")));
            hypervisor().remove(foreign);
            assertThat(foreignExists(foreign)).isTrue();
        } finally {
            removeForeign(foreign);
        }
    }

    @Test
    void twoGuestsOnNetworksOfTheirOwnBootAnswerShowTheirScreenAndShutDown() throws Exception {
        MachineName first = newName();
        MachineName second = newName();
        hypervisor().define(machine(first, bootableDisk(), "one"));
        hypervisor().define(machine(second, bootableDisk(), "two"));
        hypervisor().start(first);
        hypervisor().start(second);
        for (MachineName name : List.of(first, second)) {
            InetAddress address = await().atMost(Duration.ofMinutes(3))
                    .pollInterval(Duration.ofMillis(250))
                    .until(() -> hypervisor().guestAddress(name), java.util.Optional::isPresent)
                    .orElseThrow();
            String answer = await().atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(250))
                    .ignoreException(java.net.ConnectException.class)
                    .ignoreException(java.net.SocketTimeoutException.class)
                    .ignoreException(java.net.NoRouteToHostException.class)
                    .until(() -> hypervisor().onGuestNetwork(name, () -> ask(address)), text -> !text.isEmpty());
            assertThat(answer).contains("hello");
            var picture = ImageIO.read(new ByteArrayInputStream(hypervisor().screenshot(name)));
            assertThat(colours(picture)).isGreaterThan(1);
        }
        assertThat(hypervisor().guestAddress(first)).isNotEqualTo(hypervisor().guestAddress(second));
        hypervisor().shutDown(first, Duration.ofMinutes(1));
        hypervisor().shutDown(second, Duration.ofMillis(1));
        assertThat(state(first)).isEqualTo(State.DEFINED);
        assertThat(state(second)).isEqualTo(State.DEFINED);
    }

    protected static long colours(java.awt.image.BufferedImage picture) {
        return java.util.stream.IntStream.range(0, picture.getWidth() * picture.getHeight())
                .map(i -> picture.getRGB(i % picture.getWidth(), i / picture.getWidth()))
                .distinct()
                .count();
    }
}
