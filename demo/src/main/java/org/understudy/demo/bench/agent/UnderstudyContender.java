package org.understudy.demo.bench.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.understudy.demo.bench.CpuTime;
import org.understudy.demo.process.EmbeddedAppliance;
import tools.jackson.databind.JsonNode;

/** Our agent and the appliance that it sends to. Times are those of the run as the appliance stored them. */
final class UnderstudyContender implements Contender {

    private static final String TRACKED = "Only blocks written since the last point were read.";

    private final String name;
    private final EmbeddedAppliance appliance;
    private final SourceDisk source;
    private final EmbeddedAppliance.Enrolled host;
    private final Path pins;
    private final boolean tracked;

    private UnderstudyContender(
            String name,
            EmbeddedAppliance appliance,
            SourceDisk source,
            EmbeddedAppliance.Enrolled host,
            Path pins,
            boolean tracked) {
        this.name = name;
        this.appliance = appliance;
        this.source = source;
        this.host = host;
        this.pins = pins;
        this.tracked = tracked;
    }

    /**
     * The agent as it is, and the same one when it may not believe its tracking. It is one host, so both make points of one series.
     *
     * @param pins a directory in a bpffs
     */
    static List<UnderstudyContender> both(EmbeddedAppliance appliance, SourceDisk source, Path pins)
            throws InterruptedException {
        EmbeddedAppliance.Enrolled host =
                appliance.enrol("source", source.device(), List.of("--pins", pins.toString()));
        return List.of(
                new UnderstudyContender("tracked", appliance, source, host, pins, true),
                new UnderstudyContender("compared", appliance, source, host, pins, false));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Sample first() throws IOException, InterruptedException {
        return backUp();
    }

    @Override
    public Sample increment() throws IOException, InterruptedException {
        if (!tracked) {
            appliance.agent("tracker", "stop", source.device().toString(), "--pins", pins.toString());
        }
        Sample sample = backUp();
        JsonNode points = appliance.api().get("hosts/" + host.id() + "/points");
        String reason = points.get(0).get("consistencyReason").asString();
        if (reason.contains(TRACKED) != tracked) {
            throw new IllegalStateException("the increment \"" + name + "\" was none: " + reason);
        }
        return sample;
    }

    private Sample backUp() throws IOException, InterruptedException {
        long read = source.bytesRead();
        Duration cpu = cpu();
        JsonNode run = appliance.backUp(host.id());
        double seconds = Duration.between(
                                Instant.parse(run.get("requestedAt").asString()),
                                Instant.parse(run.get("endedAt").asString()))
                        .toNanos()
                / 1e9;
        return new Sample(
                seconds,
                cpu().minus(cpu).toNanos() / 1e9,
                source.bytesRead() - read,
                run.get("sentBytes").asLong());
    }

    private Duration cpu() throws IOException {
        return CpuTime.of(host.agent().pid()).plus(CpuTime.of(appliance.serverPid()));
    }
}
