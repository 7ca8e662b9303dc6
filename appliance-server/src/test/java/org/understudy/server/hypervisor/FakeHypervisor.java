package org.understudy.server.hypervisor;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.server.hypervisor.MachineStatus.State;
import org.understudy.server.hypervisor.VirtualMachine.DiskBus;
import org.understudy.server.kernel.ByteSize;

/**
 * Machines that only exist in memory. Survives the restart of whoever uses it, as libvirt does. Thread-safe.
 */
public final class FakeHypervisor implements Hypervisor {

    private static final ByteSize TOTAL = ByteSize.ofMebibytes(8192);

    private final Map<MachineName, VirtualMachine> defined = new HashMap<>();
    private final Map<MachineName, State> states = new HashMap<>();
    private final Set<MachineName> foreign = new HashSet<>();
    private final List<String> calls = new ArrayList<>();
    private Optional<InetAddress> address = Optional.of(InetAddress.getLoopbackAddress());

    @Override
    public Acceleration acceleration() {
        return Acceleration.EMULATION;
    }

    @Override
    public synchronized Capacity capacity() {
        long given = states.entrySet().stream()
                .filter(entry -> entry.getValue() == State.RUNNING || entry.getValue() == State.PAUSED)
                .mapToLong(entry -> known(entry.getKey()).memory().bytes())
                .sum();
        return new Capacity(4, TOTAL, new ByteSize(Math.max(0, TOTAL.bytes() - given)));
    }

    @Override
    public void define(VirtualMachine machine) {
        operation("define", () -> {
            if (machine.diskBus() == DiskBus.IDE && machine.disks().size() > 4) {
                throw Problem.of(ProblemCode.CAPABILITY_MISSING, "capability", "five IDE disks")
                        .asException();
            }
            if (foreign.contains(machine.name())) {
                throw Problem.of(ProblemCode.CONFLICT, "reason", "not ours").asException();
            }
            defined.put(machine.name(), machine);
            states.putIfAbsent(machine.name(), State.DEFINED);
        });
    }

    @Override
    public void start(MachineName name) {
        operation("start", () -> {
            VirtualMachine machine = known(name);
            if (states.get(name) == State.RUNNING) {
                return;
            }
            if (machine.memory().compareTo(capacity().free()) > 0) {
                throw Problem.of(ProblemCode.NOT_ENOUGH_MEMORY, "needed", "much", "available", "less")
                        .asException();
            }
            if (!machine.disks().stream().allMatch(Files::exists)) {
                throw Problem.of(ProblemCode.VM_START_FAILED, "machine", name.value())
                        .asException();
            }
            states.put(name, State.RUNNING);
        });
    }

    @Override
    public void shutDown(MachineName name, Duration patience) {
        operation("shutDown", () -> off(name));
    }

    @Override
    public void stop(MachineName name) {
        operation("stop", () -> off(name));
    }

    private void off(MachineName name) {
        known(name);
        if (states.get(name) != State.CRASHED) {
            states.put(name, State.DEFINED);
        }
    }

    @Override
    public void remove(MachineName name) {
        operation("remove", () -> {
            defined.remove(name);
            states.remove(name);
        });
    }

    @Override
    public synchronized List<MachineStatus> machines() {
        return states.entrySet().stream()
                .map(entry -> new MachineStatus(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(status -> status.name().value()))
                .toList();
    }

    @Override
    public synchronized Optional<MachineStatus> machine(MachineName name) {
        return Optional.ofNullable(states.get(name)).map(state -> new MachineStatus(name, state));
    }

    @Override
    public synchronized byte[] screenshot(MachineName name) {
        known(name);
        if (states.get(name) != State.RUNNING) {
            throw Problem.of(ProblemCode.CONFLICT, "reason", "not running").asException();
        }
        BufferedImage picture = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(3, 3, 0xffffff);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return png.toByteArray();
    }

    @Override
    public synchronized Optional<InetAddress> guestAddress(MachineName name) {
        known(name);
        if (states.get(name) != State.RUNNING) {
            return Optional.empty();
        }
        return address.map(base -> numbered(base, name));
    }

    /** Every guest has an address of its own within 127.0.0.0/8. */
    private InetAddress numbered(InetAddress base, MachineName name) {
        try {
            byte[] bytes = base.getAddress();
            bytes[3] = (byte) (1
                    + (states.keySet().stream()
                            .sorted(Comparator.comparing(MachineName::value))
                            .toList()
                            .indexOf(name)));
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public <T> T onGuestNetwork(MachineName name, Callable<T> work) throws Exception {
        synchronized (this) {
            known(name);
        }
        return work.call();
    }

    public synchronized void noAddress() {
        address = Optional.empty();
    }

    /** The process of the machine dies. */
    public synchronized void crash(MachineName name) {
        known(name);
        states.put(name, State.CRASHED);
    }

    /** The guest powers itself off. */
    public synchronized void powerOff(MachineName name) {
        known(name);
        states.put(name, State.DEFINED);
    }

    public synchronized void makeForeign(MachineName name) {
        foreign.add(name);
    }

    public synchronized boolean isForeign(MachineName name) {
        return foreign.contains(name);
    }

    public synchronized void removeForeign(MachineName name) {
        foreign.remove(name);
    }

    public synchronized VirtualMachine definition(MachineName name) {
        return known(name);
    }

    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    private synchronized void operation(String operation, Runnable work) {
        calls.add(operation);
        work.run();
    }

    private VirtualMachine known(MachineName name) {
        VirtualMachine machine = defined.get(name);
        if (machine == null) {
            throw Problem.of(ProblemCode.NOT_FOUND, "what", "machine " + name).asException();
        }
        return machine;
    }
}
