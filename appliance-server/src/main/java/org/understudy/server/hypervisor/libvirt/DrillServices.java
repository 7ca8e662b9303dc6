package org.understudy.server.hypervisor.libvirt;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.core.command.Command;
import org.understudy.core.command.CommandRunner;

/**
 * Gives addresses to the guests of one drill that ask for one, from inside the drill's namespace, and answers names by asking
 * nobody: a query fails at once instead of letting the guest's boot wait. It is a daemon and outlives the server, as the
 * guests do. No router is announced. Source: dnsmasq(8). Callers serialise.
 *
 * @param directory of this network; holds leases and process id
 */
record DrillServices(CommandRunner commands, Path directory) {

    private static final Logger log = LoggerFactory.getLogger(DrillServices.class);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(5);

    void ensure(Path namespace, Subnet subnet) {
        if (process().isPresent()) {
            return;
        }
        commands.run(Command.of(
                        "nsenter",
                        "--net=" + namespace,
                        "--",
                        "dnsmasq",
                        "--conf-file=/dev/null",
                        "--interface=" + DrillNetwork.BRIDGE,
                        "--except-interface=lo",
                        "--bind-interfaces",
                        "--no-resolv",
                        "--no-hosts",
                        "--no-ping",
                        "--dhcp-authoritative",
                        "--dhcp-range=" + subnet.address(10) + "," + subnet.address(250) + ",255.255.255.0,12h",
                        "--dhcp-option=3",
                        "--dhcp-leasefile=" + leases(),
                        "--pid-file=" + directory.resolve("dnsmasq.pid")))
                .orThrow();
    }

    /** Ends the daemon if it runs. */
    void end() {
        process().ifPresent(daemon -> {
            daemon.destroy();
            if (!Waiting.until(() -> !daemon.isAlive(), EXIT_LIMIT, Duration.ofMillis(10))) {
                daemon.destroyForcibly();
            }
        });
    }

    /** The address that one of these cards was given; the first card counts first. */
    Optional<InetAddress> leased(List<String> macs) {
        try {
            return leased(Files.readString(leases()), macs);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            log.debug("the leases in {} cannot be read now: {}", directory, e.toString());
            return Optional.empty();
        }
    }

    /** Lines of expiry, MAC, address, name, client id (dnsmasq's {@code src/lease.c}); the last of a card counts. */
    static Optional<InetAddress> leased(String leases, List<String> macs) throws UnknownHostException {
        for (String mac : macs) {
            Optional<String> address = leases.lines()
                    .map(line -> line.split(" ", -1))
                    .filter(fields -> fields.length >= 4 && fields[1].equalsIgnoreCase(mac))
                    .map(fields -> fields[2])
                    .filter(text -> text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}"))
                    .reduce((earlier, later) -> later);
            if (address.isPresent()) {
                return Optional.of(InetAddress.getByName(address.get()));
            }
        }
        return Optional.empty();
    }

    private Path leases() {
        return directory.resolve("leases");
    }

    /** The daemon, if it runs and is this network's: a process id may have been given to another program since. */
    private Optional<ProcessHandle> process() {
        try {
            long pid = Long.parseLong(
                    Files.readString(directory.resolve("dnsmasq.pid")).strip());
            String line = Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
            return line.contains("--dhcp-leasefile=" + leases()) ? ProcessHandle.of(pid) : Optional.empty();
        } catch (NoSuchFileException | NumberFormatException e) {
            return Optional.empty();
        } catch (IOException e) {
            // It ended between the two reads: /proc answers ESRCH.
            log.debug("the services of {} have gone: {}", directory, e.toString());
            return Optional.empty();
        }
    }
}
