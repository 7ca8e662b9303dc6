package org.understudy.server.fleet.hosts;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.transaction.annotation.Transactional;
import org.understudy.core.problem.Problem;
import org.understudy.core.problem.ProblemCode;
import org.understudy.core.protocol.HostFacts;
import org.understudy.core.protocol.ProtocolCodec;
import org.understudy.server.kernel.HostId;

/** What enrolment, port and gateway need of the stored hosts: who is admitted, and what agents report. Thread-safe. */
@Component
public class HostRegister {

    private static final Logger log = LoggerFactory.getLogger(HostRegister.class);

    private final HostRows rows;
    private final Clock clock;

    public HostRegister(HostRows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    /** The host that this machine is now, if it is one. */
    @Transactional(readOnly = true)
    public Optional<HostId> ofMachine(String machineId) {
        return rows.findByMachineIdAndRetiredFalse(machineId).map(row -> new HostId(row.id));
    }

    /**
     * Stores that a host joined, or joined again with a new certificate; joins the caller's transaction.
     *
     * @param name for a new host; a known one keeps its name
     */
    @Transactional
    public void enrolled(HostId host, String name, String machineId, BigInteger serial) {
        HostRow row = rows.lock(host.value()).orElseGet(() -> new HostRow(host.value(), name, clock.instant()));
        row.machineId = machineId;
        row.certificateSerial = serial.toString(16);
        rows.save(row);
        rows.flush();
    }

    /** Why a certificate that this appliance issued is not accepted; empty if it is. */
    @Transactional
    public Optional<Problem> refusal(HostId host, BigInteger serial) {
        Optional<HostRow> found = rows.findById(host.value());
        if (found.isEmpty()) {
            return refusedBecause("host " + host + " is not known here");
        }
        HostRow row = found.get();
        if (row.retired) {
            return refusedBecause("host " + row.name + " was removed");
        }
        String number = serial.toString(16);
        if (row.certificateSerial == null) {
            return pin(host, number);
        }
        return row.certificateSerial.equals(number)
                ? Optional.empty()
                : refusedBecause("host " + row.name + " was enrolled again and has a newer one");
    }

    private Optional<Problem> pin(HostId host, String number) {
        HostRow row = rows.lock(host.value()).orElseThrow();
        if (row.certificateSerial == null) {
            log.info(
                    "Host {} came back after the catalogue was rebuilt; its certificate {} is now the only one accepted",
                    row.name,
                    number);
            row.certificateSerial = number;
        }
        return row.certificateSerial.equals(number)
                ? Optional.empty()
                : refusedBecause("host " + row.name + " has another one");
    }

    private static Optional<Problem> refusedBecause(String reason) {
        return Optional.of(Problem.of(ProblemCode.CERTIFICATE_REFUSED, "reason", reason));
    }

    @Transactional
    public void connected(HostId host, String agentVersion) {
        rows.lock(host.value()).ifPresent(row -> {
            row.agentVersion = agentVersion;
            row.lastSeen = clock.instant();
        });
    }

    @Transactional
    public void heard(HostId host, Instant at) {
        rows.setLastSeen(host.value(), at);
    }

    /** Stores facts that were checked. On the first report of a new host all its disks are selected. */
    @Transactional
    public void reported(HostId host, HostFacts facts) {
        rows.lock(host.value()).ifPresent(row -> {
            row.facts = ProtocolCodec.write(facts);
            if (row.machineId == null
                    && rows.findByMachineIdAndRetiredFalse(facts.machineId()).isEmpty()) {
                row.machineId = facts.machineId();
            }
            if (!row.disksChosen) {
                List<String> keys =
                        facts.disks().stream().map(HostFacts.Disk::key).toList();
                DiskNumbers.select(row, keys);
                row.disksChosen = !keys.isEmpty();
            }
        });
    }

    /** The host's name for messages, its id if it is not known. */
    @Transactional(readOnly = true)
    public String nameOf(HostId host) {
        return rows.findById(host.value()).map(row -> row.name).orElse(host.toString());
    }
}
