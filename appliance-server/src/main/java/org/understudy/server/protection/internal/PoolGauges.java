package org.understudy.server.protection.internal;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.understudy.server.storage.PoolUsage;
import org.understudy.server.storage.VolumeStore;

/** Pool usage as gauges. Measured by a task and remembered, so that a scrape starts no command. Thread-safe. */
@Component
public class PoolGauges {

    private final VolumeStore store;
    private volatile @Nullable PoolUsage last;

    PoolGauges(VolumeStore store, MeterRegistry meters) {
        this.store = store;
        gauge(meters, "total", usage -> usage.total().bytes());
        gauge(meters, "used", usage -> usage.used().bytes());
        gauge(meters, "free", usage -> usage.free().bytes());
    }

    /** Asks the pool, and remembers the answer for the gauges. */
    public PoolUsage measure() {
        PoolUsage usage = store.usage();
        last = usage;
        return usage;
    }

    private void gauge(MeterRegistry meters, String kind, ToDoubleFunction<PoolUsage> value) {
        Gauge.builder("understudy.pool", this, gauges -> gauges.value(value))
                .baseUnit("bytes")
                .tag("kind", kind)
                .register(meters);
    }

    private double value(ToDoubleFunction<PoolUsage> value) {
        PoolUsage usage = last;
        return usage == null ? Double.NaN : value.applyAsDouble(usage);
    }
}
