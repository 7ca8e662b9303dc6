package org.understudy.server.hypervisor;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Defines and runs virtual machines. Idempotent: defining an equal machine twice, stopping a stopped one, removing an unknown
 * one succeed. Failures are {@code ProblemException}s: {@code HYPERVISOR_UNAVAILABLE} (transient), {@code VM_START_FAILED},
 * {@code NOT_ENOUGH_MEMORY}, {@code NOT_FOUND}, {@code CAPABILITY_MISSING}, {@code CONFLICT} (the name belongs to somebody
 * else's machine, or the machine is not running where it must be). Machines of others are as good as unknown. Thread-safe.
 * Every adapter and the fake pass {@code HypervisorContract}.
 */
public interface Hypervisor {

    /** Whether guests run in hardware or are emulated. Found by starting a guest, not by asking; remembered. */
    Acceleration acceleration();

    /** What guests can be given now. */
    Capacity capacity();

    /** Makes the machine's network if needed and defines the machine; does not start it. */
    void define(VirtualMachine machine);

    /** Starts a defined machine; returns when the hypervisor runs it. */
    void start(MachineName name);

    /** Asks the guest to shut down, repeatedly, and ends it if it has not after {@code patience}. */
    void shutDown(MachineName name, Duration patience);

    /** Ends the machine at once. */
    void stop(MachineName name);

    /** Stops and forgets the machine, and its network if no other machine uses it. */
    void remove(MachineName name);

    /** All machines that this appliance defined (by prefix and metadata), running or not. */
    List<MachineStatus> machines();

    Optional<MachineStatus> machine(MachineName name);

    /** The screen of a running guest as PNG, whatever the hypervisor delivers. */
    byte[] screenshot(MachineName name);

    /** The guest's address if it can be told now (DHCP lease, else ARP); empty until then. */
    Optional<InetAddress> guestAddress(MachineName name);

    /**
     * Runs {@code work} on a thread that can reach the guest's network by plain sockets opened on that thread. Needed where
     * guests live in a network namespace of their own.
     */
    <T> T onGuestNetwork(MachineName name, Callable<T> work) throws Exception;
}
