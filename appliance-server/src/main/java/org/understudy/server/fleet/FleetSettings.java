package org.understudy.server.fleet;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.understudy.server.kernel.Setting;

/**
 * Where agents reach the appliance and how their connections are kept.
 *
 * @param port port of enrolment and of the agents' connections; 0 takes any free one
 * @param listen address to listen on; {@code 0.0.0.0} means all
 * @param address name or address by which agents reach the appliance, shown in the enrolment command; empty: the address of
 *     this machine's first network interface
 * @param publicPort port in the enrolment command, where agents do not reach {@code port} directly: behind address translation
 *     or a relay; 0: the port that is listened on
 * @param pingInterval how often a connected agent is asked for a sign of life; without one for three times as long the
 *     connection is given up; from 1s to 2m, whole seconds
 * @param helloLimit how long a new connection may take to say which protocol it speaks; from 1s to 1m
 * @param agentPackages directory of the agent's packages ({@code ./understudy package agent} makes them) that hosts are given;
 *     empty: {@code agent-packages} in the data directory
 * @param runsOnRequest how many runs a host may ask for itself within 24 hours ({@code understudy-agent backup-now}); 0: none
 * @param digestFileLimit largest digest file that an agent may upload (32 bytes for each 64 KiB of the disk)
 */
@ConfigurationProperties("understudy.fleet")
public record FleetSettings(
        @DefaultValue("8444") int port,
        @DefaultValue("0.0.0.0") String listen,
        @DefaultValue("") String address,
        @DefaultValue("0") int publicPort,
        @DefaultValue("20s") Duration pingInterval,
        @DefaultValue("10s") Duration helloLimit,
        @DefaultValue("") String agentPackages,
        @DefaultValue("12") int runsOnRequest,
        @DefaultValue("64GB") DataSize digestFileLimit) {

    public FleetSettings {
        Setting.port("understudy.fleet.port", port);
        Setting.address("understudy.fleet.listen", listen);
        if (!address.matches("[A-Za-z0-9.:_-]*")) {
            throw Setting.wrong(
                    "understudy.fleet.address",
                    "\"" + address + "\" is not a host name or address",
                    "Write what agents should connect to, without a port, as in backup.example.org.");
        }
        if (publicPort < 0 || publicPort > 65535) {
            throw Setting.wrong(
                    "understudy.fleet.public-port",
                    publicPort + " is not a port",
                    "Write the port under which agents reach understudy.fleet.port, or 0 if they reach it directly.");
        }
        Setting.range("understudy.fleet.ping-interval", pingInterval, Duration.ofSeconds(1), Duration.ofMinutes(2));
        if (pingInterval.getNano() != 0) {
            throw Setting.wrong(
                    "understudy.fleet.ping-interval",
                    "it has a fraction of a second",
                    "Write whole seconds, as in 20s.");
        }
        Setting.range("understudy.fleet.hello-limit", helloLimit, Duration.ofSeconds(1), Duration.ofMinutes(1));
        Setting.range("understudy.fleet.runs-on-request", runsOnRequest, 0, 10_000);
        Setting.range("understudy.fleet.digest-file-limit", digestFileLimit.toMegabytes(), 1, 1L << 24);
    }
}
